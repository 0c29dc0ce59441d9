namespace SmartCity.Simulators.Chips.I2c;

/// <summary>A simulated ADS1115, register by register (SBAS444D, sections 9.4 to 9.6): single shots with their time, the differential and the
/// single-ended inputs, full scales and the ends of each.</summary>
/// <param name="volts">Volts at an input (0 … 3) against ground.</param>
/// <param name="time">Clock of its conversions.</param>
internal sealed class SimAds1115(Func<int, double> volts, TimeProvider time) : SimI2cChip
{
    private const ushort AfterReset = 0x8583;
    private static readonly double[] Scales = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256];
    private static readonly int[] Rates = [8, 16, 32, 64, 128, 250, 475, 860];
    private static readonly (int Positive, int Negative)[] Inputs = [(0, 1), (0, 3), (1, 3), (2, 3), (0, -1), (1, -1), (2, -1), (3, -1)];

    private ushort _config = AfterReset;
    private ushort _low = 0x8000;
    private ushort _high = 0x7FFF;
    private short _conversion;
    private int _pointer;
    private long? _started;

    /// <inheritdoc/>
    public override void BrownOut() => (_config, _low, _high, _conversion, _pointer, _started) = (AfterReset, 0x8000, 0x7FFF, 0, 0, null);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Settle();
        if (bytes.Length == 0)
        {
            return;
        }

        _pointer = bytes[0] & 3;
        if (bytes.Length < 3)
        {
            return;
        }

        var value = (ushort)((bytes[1] << 8) | bytes[2]);
        switch (_pointer)
        {
            case 1:
                _config = (ushort)(value | 0x8000);
                if ((value & 0x8000) != 0 || (value & 0x0100) == 0)
                {
                    _config &= 0x7FFF;
                    _started = time.GetTimestamp();
                }

                break;
            case 2:
                _low = value;
                break;
            case 3:
                _high = value;
                break;
        }
    }

    /// <inheritdoc/>
    public override void Read(Span<byte> into)
    {
        Settle();
        var value = _pointer switch { 0 => (ushort)_conversion, 1 => _config, 2 => _low, _ => _high };
        for (var i = 0; i < into.Length; i++)
        {
            into[i] = (byte)(i % 2 == 0 ? value >> 8 : value);
        }
    }

    private void Settle()
    {
        if (_started is not { } started || time.GetElapsedTime(started) < TimeSpan.FromSeconds(1.0 / Rates[(_config >> 5) & 7]))
        {
            return;
        }

        // Continuous mode converts again and again; the value is then always fresh.
        _started = (_config & 0x0100) != 0 ? null : started;
        _config |= 0x8000;
        if (Stuck)
        {
            return;
        }

        var (positive, negative) = Inputs[(_config >> 12) & 7];
        var difference = volts(positive) - (negative < 0 ? 0 : volts(negative));
        _conversion = (short)Math.Clamp(Math.Round(difference / Scales[(_config >> 9) & 7] * 32_768), short.MinValue, short.MaxValue);
    }
}
