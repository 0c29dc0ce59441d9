using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// ROHM BH1750FVI: illuminance 0 … 54,612 lx, with less sensitivity up to 121,557 lx, which direct sun needs (BH1750FVI technical note
/// 11046EDT01, pages 2, 5, 11 and 12). One-time measurements of high resolution; each begins by clearing the result, so that an old one is never
/// taken for a new one. The chip has no type number and no checksum. A plain I²C adapter is needed. Settings: <c>bus</c>,
/// <c>address</c> (0x23, 0x5c), <c>factor</c> (of a window in front of it), <c>stuckAfter</c>.
/// </summary>
internal sealed class Bh1750 : I2cSensor
{
    // Instructions: page 5.
    private const byte PowerOn = 0x01;
    private const byte ClearResult = 0x07; // only taken while powered on
    private const byte OneTimeHighResolution = 0x20;
    private const byte TimeHigh = 0x40; // 01000 and bits 7 … 5 of the measuring time register
    private const byte TimeLow = 0x60; // 011 and bits 4 … 0

    private const int DefaultTime = 69; // page 11
    private const int ShortestTime = 31;
    private const double Longest = 180; // ms at the default time, page 2
    private const double CountsPerLux = 1.2; // page 2, at the default time
    private const int Full = 0xFFFF;

    private readonly StuckWatch _stuck;
    private readonly double _factor;

    /// <summary>Makes it from its settings.</summary>
    public Bh1750(PartSettings settings, DriverContext context)
        : base("BH1750", I2cPlace.Read(settings, 0x23, 0x5C), context)
    {
        _factor = settings.Number("factor", 0.1, 100, 1);

        // A whole night may be exactly 0, but every day has a dawn.
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(24), context.Time);
    }

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Reopen();
        Command(PowerOn);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var time = DefaultTime;
        var raw = await ConvertAsync(time, cancel);
        if (raw == 0)
        {
            // 0 is also what a chip gives that was reset in the middle (page 7): darkness has to be seen twice.
            raw = await ConvertAsync(time, cancel);
        }
        else if (raw == Full)
        {
            time = ShortestTime;
            raw = await ConvertAsync(time, cancel);

            // The same light cannot give less than that share of full scale, unless the chip lost the shorter time or was reset.
            if (raw < Full * ShortestTime / DefaultTime * 3 / 4)
            {
                throw Fault(DeviceFault.Reset, "full light, and less than half of it at once after: its supply broke down or the light flickered");
            }
        }

        if (raw == Full)
        {
            throw Fault(DeviceFault.Range, "it is saturated: more than 121,557 lx, or its window is gone");
        }

        _stuck.Check(Where, (uint)raw);
        var lux = raw / CountsPerLux * DefaultTime / time * _factor;
        into.Add("illuminance_lux", lux);
    }

    private async Task<int> ConvertAsync(int time, CancellationToken cancel)
    {
        Command(PowerOn);
        Command((byte)(TimeHigh | (time >> 5)));
        Command((byte)(TimeLow | (time & 0x1F)));
        Command(ClearResult);
        Command(OneTimeHighResolution);
        await WaitAsync(Longest * time / DefaultTime, cancel);
        return Result();
    }

    private int Result()
    {
        Span<byte> bytes = stackalloc byte[2];
        Device.Read(bytes);
        return (bytes[0] << 8) | bytes[1];
    }

    private void Command(byte instruction) => Device.Write([instruction]);
}
