using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Simulators.Chips.I2c;

/// <summary>
/// A simulated BME280, register by register (BST-BME280-DS002, sections 3.3, 5.3 and 5.4): forced mode with its measuring time, skipped
/// measurements, reset. The raw values are found by turning the compensation round.
/// </summary>
/// <param name="celsius">Temperature, −40 … 85 °C.</param>
/// <param name="percent">Relative humidity.</param>
/// <param name="hectopascal">Pressure, 300 … 1,100 hPa.</param>
/// <param name="time">Clock of its measurements.</param>
internal sealed class SimBme280(Func<double> celsius, Func<double> percent, Func<double> hectopascal, TimeProvider time) : SimI2cChip
{
    /// <summary>The calibration that every such chip here has: temperature and pressure as in the worked example of Bosch's BMP280
    /// datasheet (section 3.12), humidity as of a chip on a desk.</summary>
    public static readonly Bme280Calibration Calibration = new(
        27_504, 26_435, -1_000, 36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000, 75, 370, 0, 313, 50, 30);

    private const int Skipped20 = 0x80000;
    private const int Skipped16 = 0x8000;
    private readonly byte[] _registers = Fresh(0x60);
    private byte _pointer;
    private long? _started;
    private int _humidityInForce;

    /// <summary>What the chip says it is: 0x60, or a BMP280's 0x58.</summary>
    public byte ChipId
    {
        get => _registers[0xD0];
        set => _registers[0xD0] = value;
    }

    /// <summary>The bytes of a calibration from 0x88 and from 0xE1 on (table 16).</summary>
    public static (byte[] First, byte[] Second) Encode(Bme280Calibration c)
    {
        byte[] first =
        [
            .. Pair(c.T1), .. Pair(c.T2), .. Pair(c.T3), .. Pair(c.P1), .. Pair(c.P2), .. Pair(c.P3), .. Pair(c.P4), .. Pair(c.P5),
            .. Pair(c.P6), .. Pair(c.P7), .. Pair(c.P8), .. Pair(c.P9), 0, c.H1,
        ];
        byte[] second =
        [
            .. Pair(c.H2), c.H3, (byte)(c.H4 >> 4), (byte)((c.H4 & 0x0F) | ((c.H5 & 0x0F) << 4)), (byte)(c.H5 >> 4), (byte)c.H6,
        ];
        return (first, second);
    }

    /// <inheritdoc/>
    public override void BrownOut()
    {
        Fresh(ChipId).CopyTo(_registers, 0);
        _started = null;
        _humidityInForce = 0;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Settle();
        if (bytes.Length == 0)
        {
            return;
        }

        _pointer = bytes[0];

        // Pairs of register and value follow; writing does not count up (section 6.2.1).
        for (var i = 0; i + 1 < bytes.Length; i += 2)
        {
            Set(bytes[i], bytes[i + 1]);
        }
    }

    /// <inheritdoc/>
    public override void Read(Span<byte> into)
    {
        Settle();
        for (var i = 0; i < into.Length; i++)
        {
            into[i] = _registers[(byte)(_pointer + i)];
        }
    }

    private static byte[] Pair(int value) => [(byte)value, (byte)(value >> 8)];

    private static byte[] Fresh(byte id)
    {
        var registers = new byte[256];
        var (first, second) = Encode(Calibration);
        first.CopyTo(registers, 0x88);
        second.CopyTo(registers, 0xE1);
        registers[0xD0] = id;
        registers[0xF7] = registers[0xFA] = registers[0xFD] = 0x80; // reset state, table 18
        return registers;
    }

    private void Set(byte register, byte value)
    {
        switch (register)
        {
            case 0xE0 when value == 0xB6:
                BrownOut();
                break;
            case 0xF2:
                _registers[0xF2] = (byte)(value & 0x07);
                break;
            case 0xF4:
                _registers[0xF4] = value;
                _humidityInForce = _registers[0xF2]; // takes effect with this register (section 5.4.3)
                if ((value & 0x03) != 0)
                {
                    _started = time.GetTimestamp();
                    _registers[0xF3] |= 0x08;
                }

                break;
            case 0xF5:
                _registers[0xF5] = (byte)(value & 0xFD);
                break;
        }
    }

    /// <summary>Ends a measurement whose time is over: typical time by section 9.1, taken at the current physical values.</summary>
    private void Settle()
    {
        var (t, p, h) = (Times(_registers[0xF4] >> 5), Times((_registers[0xF4] >> 2) & 7), Times(_humidityInForce));
        var typical = 1 + (2 * t) + (p > 0 ? (2 * p) + 0.5 : 0) + (h > 0 ? (2 * h) + 0.5 : 0);
        if (_started is not { } started || time.GetElapsedTime(started) < TimeSpan.FromMilliseconds(typical))
        {
            return;
        }

        _started = null;
        _registers[0xF3] &= 0xF7;
        _registers[0xF4] &= 0xFC; // back to sleep by itself (section 3.3.3)
        if (Stuck)
        {
            return;
        }

        var temperature = RawTemperature(celsius());
        Calibration.Temperature(temperature, out var fine);
        Put20(0xF7, p > 0 ? RawPressure(hectopascal() * 100, fine) : Skipped20);
        Put20(0xFA, t > 0 ? temperature : Skipped20);
        var humidity = h > 0 ? RawHumidity(percent(), fine) : Skipped16;
        (_registers[0xFD], _registers[0xFE]) = ((byte)(humidity >> 8), (byte)humidity);
    }

    private static int Times(int code) => code == 0 ? 0 : 1 << (Math.Min(code, 5) - 1);

    private void Put20(byte register, int value) =>
        (_registers[register], _registers[register + 1], _registers[register + 2]) = ((byte)(value >> 12), (byte)(value >> 4), (byte)(value << 4));

    private static int RawTemperature(double celsius) => Find(1 << 20, raw => Calibration.Temperature(raw, out _) / 100.0 >= celsius);

    private static int RawPressure(double pascal, int fine) => Find(1 << 20, raw => Calibration.Pressure(raw, fine) / 256.0 <= pascal);

    private static int RawHumidity(double percent, int fine) => Find(1 << 16, raw => Calibration.Humidity(raw, fine) / 1024.0 >= percent);

    /// <summary>The smallest raw value that is far enough, off the ends and off the value that says skipped.</summary>
    private static int Find(int count, Func<int, bool> reached)
    {
        var (low, high) = (1, count - 2);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (reached(middle))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low == count / 2 ? low + 1 : low;
    }
}
