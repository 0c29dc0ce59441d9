using System.Globalization;
using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>Full scale of a conversion, as bits 11 … 9 of the configuration (SBAS444D, table 8).</summary>
internal enum Ads1115Scale
{
    /// <summary>±6.144 V. No input may be above the supply by more than 0.3 V whatever the scale (table 3, note 1).</summary>
    Volts6144 = 0,

    /// <summary>±4.096 V.</summary>
    Volts4096 = 1,

    /// <summary>±2.048 V.</summary>
    Volts2048 = 2,

    /// <summary>±1.024 V.</summary>
    Volts1024 = 3,

    /// <summary>±0.512 V.</summary>
    Volts0512 = 4,

    /// <summary>±0.256 V.</summary>
    Volts0256 = 5,
}

/// <summary>Conversions a second, as bits 7 … 5 of the configuration (SBAS444D, table 8).</summary>
internal enum Ads1115Rate
{
    /// <summary>128: 7.8 ms.</summary>
    PerSecond128 = 4,

    /// <summary>860: 1.2 ms.</summary>
    PerSecond860 = 7,
}

/// <summary>One conversion.</summary>
/// <param name="Raw">As the chip gave it, two's complement.</param>
/// <param name="Volts">At the pin.</param>
internal readonly record struct Ads1115Reading(short Raw, double Volts)
{
    /// <summary>The converter stands at the end of its scale: the voltage is this or more.</summary>
    public bool Saturated => Raw is short.MaxValue or short.MinValue;
}

/// <summary>
/// TI ADS1115, converter of 16 bits and four channels (SBAS444D). Single shots against ground: every conversion writes the whole
/// configuration, so nothing is remembered in the chip between two, and reads it back after the result, so that a result of a chip
/// that lost its configuration meanwhile is not believed. Register calls of 16 bits only: it also works on adapters that know SMBus only.
/// </summary>
/// <param name="board">Where it is opened.</param>
/// <param name="place">Where it sits.</param>
/// <param name="time">Clock of conversion times.</param>
internal sealed class Ads1115(Board board, I2cPlace place, TimeProvider time) : SharedChip(board, place)
{
    /// <summary>Channels against ground.</summary>
    public const int Channels = 4;

    // Registers: section 9.6.1, table 5.
    private const byte RegisterConversion = 0;
    private const byte RegisterConfig = 1;

    // Configuration: section 9.6.3, table 8.
    private const ushort StartOrReady = 0x8000;
    private const ushort SingleShot = 0x0100;
    private const ushort ComparatorOff = 0x0003;
    private const ushort AfterReset = 0x8583;

    /// <summary>Looks whether a conversion is done, 1 ms apart, after its longest time is over.</summary>
    private const int Looks = 10;

    private static readonly double[] FullScale = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256];

    /// <summary>Addresses by what the pin ADDR is tied to: ground, supply, SDA, SCL (table 4).</summary>
    public static ReadOnlySpan<int> Addresses => [0x48, 0x49, 0x4A, 0x4B];

    /// <inheritdoc/>
    public override string Name => "ADS1115";

    /// <summary>The finest scale that reaches so many volts; the coarsest when none does.</summary>
    public static Ads1115Scale ScaleFor(double volts)
    {
        var index = Array.FindLastIndex(FullScale, f => f >= volts);
        return (Ads1115Scale)Math.Max(0, index);
    }

    /// <summary>The shared converter of a place.</summary>
    /// <exception cref="DriverException">Another type of chip is configured there.</exception>
    public static Ads1115 Take(DriverContext context, I2cPlace place) =>
        Take(context.Board, place, (board, p) => new Ads1115(board, p, context.Time));

    /// <summary>Opens the chip anew and converts once to see that it is one.</summary>
    /// <exception cref="DriverException">It is none.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask StartAsync(CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            Close();
            await ConvertAloneAsync(0, Ads1115Scale.Volts6144, Ads1115Rate.PerSecond860, cancel);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Converts once.</summary>
    /// <param name="channel">0 … 3, against ground.</param>
    /// <param name="scale">Full scale.</param>
    /// <param name="rate">Conversions a second: slower is quieter.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="DriverException">It did not convert, or lost its configuration.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask<Ads1115Reading> ConvertAsync(int channel, Ads1115Scale scale, Ads1115Rate rate, CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            return await ConvertAloneAsync(channel, scale, rate, cancel);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Converts fast, again and again on one turn: who needs two equal conversions for an alarm does not wait for others in between.</summary>
    /// <param name="channel">0 … 3, against ground.</param>
    /// <param name="scale">Full scale.</param>
    /// <param name="most">Conversions at most; few, for others wait.</param>
    /// <param name="again">Looks at a conversion and says whether there has to be another.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="DriverException">It did not convert, or lost its configuration.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask ConvertWhileAsync(
        int channel, Ads1115Scale scale, int most, Func<Ads1115Reading, bool> again, CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            for (var i = 0; i < most && again(await ConvertAloneAsync(channel, scale, Ads1115Rate.PerSecond860, cancel)); i++)
            {
            }
        }
        finally
        {
            Turn.Release();
        }
    }

    private async ValueTask<Ads1115Reading> ConvertAloneAsync(int channel, Ads1115Scale scale, Ads1115Rate rate, CancellationToken cancel)
    {
        var config = (ushort)(((4 + channel) << 12) | ((int)scale << 9) | SingleShot | ((int)rate << 5) | ComparatorOff);
        Device.WriteRegister16(RegisterConfig, (ushort)(config | StartOrReady));

        // The clock of the chip may be 10 % slow (table 7.5, data rate variation); waking up takes 25 µs (section 9.4.2.1).
        var longest = (1.1 * 1_000 / (rate == Ads1115Rate.PerSecond860 ? 860 : 128)) + 0.025;
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(longest)), time, cancel);
        await ReadyAsync(config, cancel);
        var raw = (short)Device.ReadRegister16(RegisterConversion);
        Check(config, Device.ReadRegister16(RegisterConfig));
        return new Ads1115Reading(raw, raw * FullScale[(int)scale] / 32_768);
    }

    private async ValueTask ReadyAsync(ushort config, CancellationToken cancel)
    {
        for (var look = 0; look < Looks; look++)
        {
            var read = Device.ReadRegister16(RegisterConfig);
            if ((read & StartOrReady) != 0)
            {
                Check(config, read);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), time, cancel);
        }

        throw new DriverException(DeviceFault.Frame, $"{Name} at {Place}: it does not finish a conversion: the chip or its wiring is broken");
    }

    private void Check(ushort config, ushort read)
    {
        if ((read & ~StartOrReady) == config)
        {
            return;
        }

        throw read == AfterReset
            ? new DriverException(DeviceFault.Reset, $"{Name} at {Place}: it lost its configuration: its supply broke down")
            : new DriverException(
                DeviceFault.WrongChip,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Name} at {Place}: wrote configuration 0x{config:x4}, read 0x{read:x4}: another chip is there, or another program uses it"));
    }
}
