using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Outputs;

/// <summary>
/// A relay, siren or lamp on a GPIO line: on above 0 %. It is off (or as <c>initial</c> says) from the moment the line is opened until it
/// is told, and after a fault what it was told last. Feedback is the line read back.
/// </summary>
internal sealed class Relay : OutputDriver
{
    private readonly DriverContext _context;
    private readonly GpioSettings _settings;
    private GpioLine? _line;
    private bool _target;

    /// <summary>Reads the settings.</summary>
    public Relay(PartSettings settings, DriverContext context)
    {
        _context = context;

        // Electrically the same thing twice: activeLow says how the board is wired, invert what the contact does (normally closed).
        var low = settings.Flag("activeLow", otherwise: false) ^ settings.Flag("invert", otherwise: false);
        _target = settings.OneOf("initial", "off", "off", "on") == "on";
        _settings = new GpioSettings(settings.Text("chip", "gpiochip0"), settings.Whole("line", 0, 511), GpioDirection.Output) { ActiveLow = low };
    }

    /// <inheritdoc/>
    public override string Where => $"relay at {_settings.Chip} line {_settings.Line}";

    /// <inheritdoc/>
    public override bool Dims => false;

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        _line = _context.Board.OpenGpio(_settings with { Initial = _target });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask SetAsync(double percent, CancellationToken cancel)
    {
        Levels.Check(percent);
        var line = Open();
        _target = percent > 0;
        line.Write(_target);
        return line.Read() == _target
            ? ValueTask.CompletedTask
            : throw new DriverException(
                DeviceFault.Stuck, $"{Where} does not follow: the line reads back {(_target ? "off" : "on")}; look for a short on it");
    }

    /// <inheritdoc/>
    public override ValueTask<double> FeedbackAsync(CancellationToken cancel) => new(Open().Read() ? 100 : 0);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    private GpioLine Open() => _line ?? throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");

    private void Close()
    {
        _line?.Dispose();
        _line = null;
    }
}
