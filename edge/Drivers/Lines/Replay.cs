using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>
/// A file of readings in place of a sensor. Each row is measured when its seconds have passed since the start, and asks for attention
/// then; a measurement in between has no values. A bad row is told, with line and column, as a fault when its turn comes, and passed
/// over. A restart after such a fault goes on where it was.
/// </summary>
internal sealed class Replay : Driver
{
    /// <summary>A file that repeats takes a second at least: an empty one must not keep a processor busy.</summary>
    private static readonly TimeSpan ShortestRound = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly string _path;
    private readonly bool _repeat;
    private readonly ITimer _timer;
    private ReplayFile? _file;
    private ReplayRow _row;
    private bool _pending;
    private bool _ended;
    private long _begun;

    /// <summary>Reads the settings, and looks at the file's head.</summary>
    public Replay(PartSettings settings, DriverContext context)
    {
        _time = context.Time;
        _path = settings.Text("file");
        _repeat = settings.Flag("repeat", otherwise: false);
        _timer = _time.CreateTimer(_ => Attention?.Invoke(_time.GetTimestamp()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (_path.Length == 0)
        {
            return;
        }

        try
        {
            using var file = new ReplayFile(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            settings.Fault("file", e.Message);
        }
    }

    /// <inheritdoc/>
    public override string Where => $"replay of {_path}";

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        if (_file is null && !_pending && !_ended)
        {
            Begin();
        }

        Arm();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var now = _time.GetTimestamp();
        if (!_pending || Due > now)
        {
            Arm();
            return ValueTask.CompletedTask;
        }

        if (_file is null)
        {
            Begin();
        }
        else
        {
            var (row, due) = (_row, Due);
            if (row.Fault is null)
            {
                for (var i = 0; i < _file.Values.Length; i++)
                {
                    if (double.IsFinite(_file.Values[i]))
                    {
                        into.Add(_file.Metrics[i], _file.Values[i]);
                    }
                }

                into.At = due;
                into.Report = true;
            }

            Next();
            if (row.Fault is not null)
            {
                Arm();
                throw new DriverException(DeviceFault.Frame, $"{_path}:{row.Line}: not a reading: {row.Fault}");
            }
        }

        Arm();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _file?.Dispose();
        _file = null;
        await base.DisposeAsync();
    }

    private long Due => _begun + (long)(_row.Seconds * _time.TimestampFrequency);

    private void Begin()
    {
        try
        {
            _file = new ReplayFile(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new DriverException(DeviceFault.Unavailable, e.Message, e);
        }

        _begun = _time.GetTimestamp();
        Next();
        if (_file is null)
        {
            throw new DriverException(DeviceFault.Frame, $"{_path}: there is no reading in it");
        }
    }

    /// <summary>Goes to the next row; at the end to the next round, which is a row of its own until its time has come.</summary>
    private void Next()
    {
        _pending = _file!.TryRead(out var row);
        if (_pending)
        {
            _row = row;
            return;
        }

        _file.Dispose();
        _file = null;
        _ended = !_repeat;
        _pending = _repeat;
        _row = new ReplayRow(0, Math.Max(_row.Seconds, ShortestRound.TotalSeconds), null);
    }

    private void Arm()
    {
        if (_pending)
        {
            // Whole milliseconds upwards, as timers count; a row further away than a timer reaches is looked at in between.
            var wait = Math.Ceiling(_time.GetElapsedTime(_time.GetTimestamp(), Due).TotalMilliseconds);
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(wait, 0, LongestWait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        }
    }
}
