using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Outputs;

/// <summary>
/// A relay, siren or lamp on a GPIO line: on above 0 %. It is off (or as <c>initial</c> says) from the moment the line is opened until it
/// is told, and after a fault what it was told last. One that has a directory to remember in (a lamp's has, a siren's has not) is what it was told
/// last also after a restart of the program, so that no street goes dark while its lamps wait for their places. Feedback is the line read back.
/// </summary>
internal sealed class Relay : OutputDriver
{
    private readonly DriverContext _context;
    private readonly GpioSettings _settings;
    private readonly string? _memory;
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
        _memory = context.State is { } state ? Path.Combine(state, $"relay-{Path.GetFileName(_settings.Chip)}-{_settings.Line}.level") : null;
        _target = Remembered() ?? _target;
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
        if (percent > 0 != _target)
        {
            _target = percent > 0;
            Remember();
        }

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

    private bool? Remembered()
    {
        try
        {
            return _memory is not null && File.Exists(_memory) ? File.ReadAllText(_memory) switch { "on" => true, "off" => false, _ => null } : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Not forced to the disk: a relay that lost its power is off whatever the file says. One that cannot be written costs a lamp some seconds at a restart.
    private void Remember()
    {
        if (_memory is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_memory)!);
            File.WriteAllText(_memory, _target ? "on" : "off");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As before there was a memory.
        }
    }

    private GpioLine Open() => _line ?? throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");

    private void Close()
    {
        _line?.Dispose();
        _line = null;
    }
}
