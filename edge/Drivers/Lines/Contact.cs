using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>
/// A dry contact on a GPIO line: a call point, a cover, a door. Each change is a measurement of its own with the kernel's stamp, also
/// one that has returned before anybody looked; between changes the level of now is measured.
/// </summary>
internal sealed class Contact : Driver
{
    /// <summary>The boolean metrics of the kinds that a contact can be.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["pressed", "cover_open", "door_open", "pole_door_open", "online", "recording", "tampered", "tilted", "siren_on"];

    private readonly DriverContext _context;
    private readonly GpioSettings _settings;
    private readonly string _metric;
    private readonly EdgeLatch _latch = new();
    private readonly Func<bool> _read;
    private GpioLine? _line;
    private long _last;

    /// <summary>Reads the settings.</summary>
    public Contact(PartSettings settings, DriverContext context)
    {
        _context = context;
        _settings = InputLine.Of(settings, TimeSpan.FromMilliseconds(20));
        _metric = settings.Text("metric", "pressed");
        if (_metric.Length > 63 || !_metric.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_'))
        {
            settings.Fault("metric", $"'{_metric}' is no name of a metric (a-z 0-9 _), as {string.Join(", ", Names)}");
        }

        _read = () => _line!.Read();
    }

    /// <inheritdoc/>
    public override string Where => $"contact {_metric} at {_settings.Chip} line {_settings.Line}";

    /// <summary>Changes that could not be reported one by one: more than 64 between two measurements, or dropped by the kernel.</summary>
    public override long LostEvents => _latch.Lost;

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        _line = _context.Board.OpenGpio(_settings);
        _latch.Open(_line.Read());
        _line.Watch(OnEdge);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        if (_line is null)
        {
            throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");
        }

        var left = _latch.Take(_read, out var edge);
        var now = _context.Time.GetTimestamp();

        // Stamps of one contact never go back: a change may be told just after its level was read.
        _last = Math.Max(_last + 1, Math.Min(now, edge.Timestamp == 0 ? now : edge.Timestamp));
        into.Add(_metric, edge.Level ? 1 : 0);
        into.At = _last;
        if (left > 0)
        {
            Attention?.Invoke(now);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    private void OnEdge(GpioEdge edge)
    {
        if (_latch.Add(edge))
        {
            Attention?.Invoke(edge.Timestamp);
        }
    }

    private void Close()
    {
        _line?.Dispose();
        _line = null;
    }
}
