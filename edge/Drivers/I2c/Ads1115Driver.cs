using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>What measures by one channel of an ADS1115. Settings: <c>bus</c>, <c>address</c> (0x48 … 0x4b), <c>channel</c> (0 … 3).</summary>
internal abstract class Ads1115Driver : Driver
{
    /// <summary>Conversions of 7.8 ms that make one measurement of a slow signal: 125 ms together, six periods of 50 Hz, whose hum cancels. Not
    /// one conversion as long, for others wait for their turn on the same chip, a fire loop among them.</summary>
    private const int Slices = 16;

    private readonly DriverContext _context;
    private readonly string _what;
    private Ads1115? _chip;

    /// <summary>Makes it.</summary>
    /// <param name="what">What hangs on the channel, for people.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="context">Board and clock.</param>
    protected Ads1115Driver(string what, PartSettings settings, DriverContext context)
    {
        _what = what;
        _context = context;
        Place = I2cPlace.Read(settings, Ads1115.Addresses);
        Channel = settings.Whole("channel", 0, Ads1115.Channels - 1, 0);
    }

    /// <inheritdoc/>
    public override string Where => $"{_what} at ADS1115 {Place} channel {Channel}";

    /// <summary>Where the converter sits.</summary>
    protected I2cPlace Place { get; }

    /// <summary>Channel against ground.</summary>
    protected int Channel { get; }

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel) => (_chip ??= Ads1115.Take(_context, Place)).StartAsync(cancel);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _chip?.Give();
        _chip = null;
        return base.DisposeAsync();
    }

    /// <summary>Fast conversions on one turn, until one of them is enough.</summary>
    protected ValueTask ConvertWhileAsync(Ads1115Scale scale, int most, Func<Ads1115Reading, bool> again, CancellationToken cancel) =>
        Chip.ConvertWhileAsync(Channel, scale, most, again, cancel);

    /// <summary>The mean of a slow signal.</summary>
    /// <returns>Volts at the pin, their raw sum, and whether any conversion stood at the end of the scale.</returns>
    protected async ValueTask<(double Volts, int Raw, bool Saturated)> MeanAsync(Ads1115Scale scale, CancellationToken cancel)
    {
        var (volts, raw, saturated) = (0.0, 0, false);
        for (var i = 0; i < Slices; i++)
        {
            var reading = await Chip.ConvertAsync(Channel, scale, Ads1115Rate.PerSecond128, cancel);
            volts += reading.Volts;
            raw += reading.Raw;
            saturated |= reading.Saturated;
        }

        return (volts / Slices, raw, saturated);
    }

    /// <summary>A fault of this part.</summary>
    protected DriverException Fault(DeviceFault fault, string what) => new(fault, $"{Where}: {what}");

    private Ads1115 Chip => _chip ?? throw Fault(DeviceFault.Unavailable, "it was not started");
}
