using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>
/// A tipping-bucket rain gauge on a GPIO line. <c>rain_total_mm</c> is the rain since reset, kept over restarts; <c>rain_mm_h</c> is
/// what fell in the last ten minutes as a rate, in the first ten what fell since the start, and nothing in the first one. The total is
/// written at most once a minute and at the end: a power cut costs no more than one minute's rain, and a card is not worn out.
/// </summary>
internal sealed class RainGauge : Driver
{
    private static readonly TimeSpan WritePause = TimeSpan.FromMinutes(1);

    private readonly DriverContext _context;
    private readonly GpioSettings _settings;
    private readonly double _mm;
    private readonly string? _path;
    private readonly RainTotal _total;
    private readonly TipCounter _counter;
    private readonly TipWindow _window;
    private readonly Lock _gate = new();
    private readonly Lock _file = new();
    private readonly ITimer _writer;
    private GpioLine? _line;
    private bool _loaded;
    private bool _dirty;
    private bool _armed;
    private bool _closed;
    private long? _written;
    private long _watched;

    /// <summary>Reads the settings.</summary>
    public RainGauge(PartSettings settings, DriverContext context)
    {
        _context = context;
        _settings = InputLine.Of(settings, TimeSpan.FromMilliseconds(50));
        _mm = settings.Number("mm", 0.01, 10);
        var gap = settings.Time("gap", TipWindow.ShortestGap, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200));
        _counter = new TipCounter(gap, context.Time);
        _window = new TipWindow(context.Time);
        _path = context.State is { } state ? Path.Combine(state, $"rain-{Path.GetFileName(_settings.Chip)}-{_settings.Line}.total") : null;
        _total = new RainTotal(_path);
        _writer = context.Time.CreateTimer(_ => Write(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public override string Where => $"rain gauge at {_settings.Chip} line {_settings.Line}";

    /// <summary>Tips that the kernel had dropped and that were counted all the same.</summary>
    public override long LostEvents => _counter.Lost;

    /// <summary>Writes of the total that the disk refused; each is tried again a minute later.</summary>
    public long Refused { get; private set; }

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        var whole = _loaded || _total.Load();
        _loaded = true;
        _line = _context.Board.OpenGpio(_settings);
        lock (_gate)
        {
            _counter.Open(_line.Read());
            _window.Clear();
            _watched = _context.Time.GetTimestamp();
        }

        _line.Watch(OnEdge);
        return whole
            ? ValueTask.CompletedTask
            : throw new DriverException(DeviceFault.Reset, $"{Where}: {_path} was not readable and is now {_path}.broken; the total begins at 0");
    }

    /// <inheritdoc/>
    public override ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        if (_line is null)
        {
            throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");
        }

        lock (_gate)
        {
            var now = _context.Time.GetTimestamp();
            var tips = _window.Count(now);
            var watched = _context.Time.GetElapsedTime(_watched, now);
            watched = watched > TipWindow.Length ? TipWindow.Length : watched;
            into.Add("rain_total_mm", _total.Millimetres);
            if (watched >= TimeSpan.FromMinutes(1))
            {
                into.Add("rain_mm_h", Math.Round(tips * _mm / watched.TotalHours, 3));
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Close();
        await _writer.DisposeAsync();
        lock (_gate)
        {
            _closed = true;
        }

        Write();
        await base.DisposeAsync();
    }

    private void OnEdge(GpioEdge edge)
    {
        lock (_gate)
        {
            var tips = _counter.Take(edge);
            if (tips == 0)
            {
                return;
            }

            _total.Add(tips * _mm);
            for (var i = 0; i < tips; i++)
            {
                _window.Add(edge.Timestamp);
            }

            _dirty = true;
            Arm();
        }

        Attention?.Invoke(edge.Timestamp);
    }

    /// <summary>Has the total written a minute after the last time, at once when that is longer ago.</summary>
    private void Arm()
    {
        if (_path is null || _armed || _closed)
        {
            return;
        }

        _armed = true;
        var wait = _written is { } last ? WritePause - _context.Time.GetElapsedTime(last) : TimeSpan.Zero;
        _writer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Write()
    {
        if (_path is null)
        {
            return;
        }

        lock (_file)
        {
            double millimetres;
            lock (_gate)
            {
                _armed = false;
                if (!_dirty)
                {
                    return;
                }

                _dirty = false;
                _written = _context.Time.GetTimestamp();
                millimetres = _total.Millimetres;
            }

            try
            {
                RainTotal.Save(_path, millimetres);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                lock (_gate)
                {
                    Refused++;
                    _dirty = true;
                    Arm();
                }
            }
        }
    }

    private void Close()
    {
        _line?.Dispose();
        _line = null;
    }
}
