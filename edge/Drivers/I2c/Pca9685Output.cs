using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// One output of a PCA9685 as a lamp's dimming input (through a converter of PWM to 0 … 10 V). Settings: <c>bus</c>, <c>address</c> (0x40 … 0x77
/// without 0x70, at which all these chips answer after power-up), <c>channel</c> (0 … 15), <c>frequency</c> in Hz (24 … 1526, default 1000) and
/// <c>invert</c>, both for the whole chip.
/// </summary>
internal sealed class Pca9685Output : OutputDriver
{
    private const int AllCall = 0x70; // section 7.1.1

    private static readonly int[] AllAddresses = [.. Enumerable.Range(0x40, 0x77 - 0x40 + 1).Where(a => a != AllCall)];

    private readonly DriverContext _context;
    private readonly I2cPlace _place;
    private readonly int _channel;
    private readonly double _frequency;
    private readonly bool _inverted;
    private Pca9685? _chip;

    /// <summary>Makes it from its settings.</summary>
    public Pca9685Output(PartSettings settings, DriverContext context)
    {
        _context = context;
        _place = I2cPlace.Read(settings, AllAddresses);
        _channel = settings.Whole("channel", 0, Pca9685.Channels - 1);
        _frequency = settings.Number("frequency", 24, 1_526, 1_000);
        _inverted = settings.Flag("invert", otherwise: false);
    }

    /// <summary>Its entry in the catalogue.</summary>
    public static DriverEntry Entry { get; } =
        new("pca9685", "i2c", [], "Output of a PCA9685: a lamp's dimming input", static (s, c) => new Pca9685Output(s, c))
        {
            // All that its pins allow would claim every other chip on the bus; boards come with A5 … A3 low.
            Addresses = [.. Enumerable.Range(0x40, 8)],
            Settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["bus"] = "number of the bus, default 1",
                ["address"] = "0x40 … 0x77, not 0x70; default 0x40",
                ["channel"] = "0 … 15",
                ["frequency"] = "Hz of the whole chip, 24 … 1526, default 1000",
                ["invert"] = "outputs of the whole chip turned round, default false",
            },
        };

    /// <inheritdoc/>
    public override string Where => $"PCA9685 {_place} output {_channel}";

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel) =>
        (_chip ??= Pca9685.Take(_context, _place)).StartAsync(_frequency, _inverted, cancel);

    /// <inheritdoc/>
    /// <remarks>A chip that lost its settings is set up first, with every lamp on it as it was told.</remarks>
    public override async ValueTask SetAsync(double percent, CancellationToken cancel)
    {
        if (!(percent is >= 0 and <= 100))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "a level is 0 … 100 %");
        }

        await Chip.SetAsync(_channel, (int)Math.Round(percent / 100 * Pca9685.Steps), cancel);
    }

    /// <inheritdoc/>
    /// <remarks>A chip that lost its settings drives its pins low: that is 0 %, or 100 % where the lamp is wired inverted.</remarks>
    public override async ValueTask<double> FeedbackAsync(CancellationToken cancel) =>
        await Chip.GetAsync(_channel, cancel) is { } steps ? steps * 100.0 / Pca9685.Steps : _inverted ? 100 : 0;

    /// <summary>Looks after the chip: when it lost its settings, every lamp on it is set as it was told, and the fault is told once.</summary>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        if (await Chip.RestoreAsync(cancel))
        {
            throw new DriverException(DeviceFault.Reset, $"{Where}: it lost its settings: its supply broke down; it is set up again");
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        // The lamp stays as it is.
        _chip?.Give();
        _chip = null;
        return base.DisposeAsync();
    }

    private Pca9685 Chip => _chip ?? throw new DriverException(DeviceFault.Unavailable, $"{Where}: it was not started");
}
