namespace SmartCity.Simulators.Chips.I2c;

/// <summary>A simulated BH1750, instruction by instruction (BH1750FVI technical note, pages 4, 5 and 11): one-time measurements, measuring time
/// register, result that power-up and the reset instruction clear. Typical sensitivity.</summary>
/// <param name="lux">Illuminance.</param>
/// <param name="time">Clock of its measurements.</param>
internal sealed class SimBh1750(Func<double> lux, TimeProvider time) : SimI2cChip
{
    private const int DefaultTime = 69;
    private int _measuringTime = DefaultTime;
    private bool _powered;
    private ushort _result;
    private long? _started;

    /// <inheritdoc/>
    public override void BrownOut() => (_measuringTime, _powered, _result, _started) = (DefaultTime, false, 0, null);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        // One instruction a transfer (page 10).
        if (bytes is not [var instruction, ..])
        {
            return;
        }

        Settle();
        switch (instruction)
        {
            case 0x00:
                (_powered, _started) = (false, null);
                break;
            case 0x01:
                _powered = true;
                break;
            case 0x07 when _powered && !Stuck:
                _result = 0;
                break;
            case 0x20:
                (_powered, _started) = (true, time.GetTimestamp());
                break;
            case >= 0x40 and <= 0x47:
                _measuringTime = (_measuringTime & 0x1F) | ((instruction & 0x07) << 5);
                break;
            case >= 0x60 and <= 0x7F:
                _measuringTime = (_measuringTime & 0xE0) | (instruction & 0x1F);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Read(Span<byte> into)
    {
        Settle();
        for (var i = 0; i < into.Length; i++)
        {
            into[i] = (byte)(i % 2 == 0 ? _result >> 8 : _result);
        }
    }

    private void Settle()
    {
        var typical = TimeSpan.FromMilliseconds(120.0 * _measuringTime / DefaultTime);
        if (_started is not { } started || time.GetElapsedTime(started) < typical)
        {
            return;
        }

        (_started, _powered) = (null, false); // one-time: asleep afterwards
        if (!Stuck)
        {
            _result = (ushort)Math.Clamp(Math.Round(lux() * 1.2 * _measuringTime / DefaultTime), 0, 65_535);
        }
    }
}
