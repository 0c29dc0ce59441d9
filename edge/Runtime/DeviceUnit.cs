using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Runtime;

/// <summary>
/// A device at work. Its parts are measured in their rhythm, merged into one reading, and logged by change and by interval; faults are
/// reported and tried again. Everything happens on the unit's turn: one at a time, on whichever thread has cause (a timer, a kernel
/// event, a call that ended). A unit at rest is a timer and some arrays: no thread, no task.
/// </summary>
internal sealed class DeviceUnit : IThreadPoolWorkItem, IAsyncDisposable
{
    /// <summary>A part that asks again and again is served this often in one turn; then other work of the process comes first.</summary>
    private const int StepsPerTurn = 32;

    /// <summary>Alarm devices are looked at more often than they report: heat that rises 10 °C a minute (fire.md) needs several looks in one.</summary>
    private static readonly TimeSpan AlarmPoll = TimeSpan.FromSeconds(10);

    /// <summary>Devices that report out of step do so for the first time within this, whatever their interval.</summary>
    private static readonly TimeSpan FirstReports = TimeSpan.FromSeconds(20);

    /// <summary>How long a stopping unit waits for a call that was cancelled.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly UnitServices _services;
    private readonly TimeProvider _time;
    private readonly List<UnitPart> _parts = [];
    private readonly UnitReport _report;
    private readonly long _interval;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private TaskCompletionSource<IReadOnlyList<PartResult>>? _test;
    private long _reportAt;
    private long _againAt = Stamps.Never;
    private long _armed = Stamps.Never;
    private int _kicks;
    private bool _roundOpen;
    private bool _testing;
    private volatile bool _stopping;

    /// <summary>A unit that is not started yet.</summary>
    /// <param name="config">The device.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="sensors">What measures, in the order of the configuration, each with the names that its metrics get.</param>
    /// <param name="services">What the units of a gateway share.</param>
    public DeviceUnit(
        DeviceConfig config, DeviceKind kind, IEnumerable<(Driver Driver, IReadOnlyDictionary<string, string> Names)> sensors, UnitServices services)
    {
        Config = config;
        Kind = kind;
        _services = services;
        _time = services.Time;
        var interval = config.Interval ?? kind.Interval;
        _interval = Math.Max(1, Stamps.Of(_time, interval));
        _report = new UnitReport(config, kind, services);
        foreach (var (driver, names) in sensors)
        {
            AddPart(driver, names);
        }
    }

    /// <summary>Its configuration.</summary>
    public DeviceConfig Config { get; }

    /// <summary>Its identifier.</summary>
    public string Id => Config.Id;

    /// <summary>Its kind.</summary>
    public DeviceKind Kind { get; }

    /// <summary>What is wrong with it; <see cref="DeviceFault.None"/> while all of its parts measure.</summary>
    public DeviceFault Fault => _report.Fault;

    /// <summary>The same in words, a sentence a faulty part; null when nothing is wrong.</summary>
    public string? FaultWords => _report.Words;

    /// <summary>Stamp of its last measurement; null before the first.</summary>
    public long? MeasuredAt => _report.MeasuredAt;

    /// <summary>Whether anything measures here; a device without sensors only appears in the gateway's state.</summary>
    public bool HasParts => _parts.Count > 0;

    /// <summary>Stamp by which it should have had its turn; <see cref="Stamps.Never"/> when it waits for nothing.</summary>
    public long Expected => Volatile.Read(ref _armed);

    /// <summary>The newest value of each metric that was ever measured.</summary>
    public IReadOnlyList<LastValue> Values() => _report.Last();

    /// <summary>The newest value of one metric; null when it was never measured. Any thread.</summary>
    public LastValue? Last(string metric) => _report.Last(metric);

    /// <summary>Adds a part of the gateway's own making (a siren's or a lamp's state). Before the start.</summary>
    public void AddPart(Driver driver, IReadOnlyDictionary<string, string>? names = null)
    {
        var interval = Config.Interval ?? Kind.Interval;
        var rhythm = Kind.Lane == Lane.Alarm && interval > AlarmPoll ? AlarmPoll : interval;
        var poll = Config.Poll ?? driver.Rhythm ?? rhythm;
        var part = new UnitPart(driver, names ?? EmptyNames, poll, interval, _time, Kick);
        driver.Attention = stamp =>
        {
            part.Attend(stamp);
            Post();
        };
        _parts.Add(part);
    }

    /// <summary>Begins to measure: everything at once, then by the rhythm.</summary>
    public void Start()
    {
        if (_parts.Count == 0)
        {
            return;
        }

        var now = _time.GetTimestamp();
        var phase = _services.Spread && Kind.Lane != Lane.Alarm ? (long)(Math.Min(_interval, Stamps.Of(_time, FirstReports)) * Phase(Id)) : 0;
        _reportAt = now + phase;
        foreach (var part in _parts)
        {
            part.Begin(_reportAt);
        }

        _timer = _time.CreateTimer(static state => ((DeviceUnit)state!).Kick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Kick();
    }

    /// <summary>Starts every part again and measures; completes with what each of them said, at the latest when its patience is over.</summary>
    public Task<IReadOnlyList<PartResult>> SelfTestAsync(CancellationToken cancel)
    {
        TaskCompletionSource<IReadOnlyList<PartResult>> test;
        lock (_gate)
        {
            if (_stopping || _timer is null)
            {
                return Task.FromResult<IReadOnlyList<PartResult>>([]);
            }

            test = _test ??= new TaskCompletionSource<IReadOnlyList<PartResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        Post();
        return test.Task.WaitAsync(cancel);
    }

    /// <summary>Has every part measure now, out of its rhythm, and the device report: something was done to it.</summary>
    public void MeasureSoon()
    {
        var now = _time.GetTimestamp();
        foreach (var part in _parts)
        {
            part.Attend(now);
        }

        Post();
    }

    /// <summary>Has the parts that measure one of these metrics measure now, and those that have not measured yet: a serial line of many devices has no time for the others.</summary>
    public void MeasureSoon(params ReadOnlySpan<string> metrics)
    {
        var wanted = 0UL;
        foreach (var metric in metrics)
        {
            var index = Kind.IndexOf(metric);
            wanted |= index < 0 ? 0 : 1UL << index;
        }

        var now = _time.GetTimestamp();
        foreach (var part in _parts)
        {
            var measured = part.Metrics;
            if (measured == 0 || (measured & wanted) != 0)
            {
                part.Attend(now);
            }
        }

        Post();
    }

    /// <summary>Has the unit take its turn on another thread.</summary>
    public void Post()
    {
        if (Interlocked.Increment(ref _kicks) == 1)
        {
            _services.Post(this, Kind.Lane == Telemetry.Lane.Alarm);
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => Turns();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        if (_timer is null)
        {
            _stopped.TrySetResult();
        }
        else
        {
            Kick();
        }

        await _stopped.Task;
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        foreach (var part in _parts)
        {
            await part.StopAsync(StopPatience);
        }

        _test?.TrySetCanceled(CancellationToken.None);
    }

    private static readonly Dictionary<string, string> EmptyNames = new(StringComparer.Ordinal);

    /// <summary>A place in the interval, 0 … 1, that is always the same for a device (FNV-1a of its identifier).</summary>
    private static double Phase(string id)
    {
        var hash = 2_166_136_261u;
        foreach (var c in id)
        {
            hash = (hash ^ c) * 16_777_619u;
        }

        return hash / (double)uint.MaxValue;
    }

    private void Kick()
    {
        if (Interlocked.Increment(ref _kicks) == 1)
        {
            Turns();
        }
    }

    private void Turns()
    {
        var kicks = Volatile.Read(ref _kicks);
        while (true)
        {
            GuardedTurn();
            var left = Interlocked.Add(ref _kicks, -kicks);
            if (left == 0)
            {
                return;
            }

            kicks = left;
        }
    }

    /// <summary>A fault in this program must not end a device: it is told, and the device goes on.</summary>
    private void GuardedTurn()
    {
        try
        {
            Turn();
        }
        catch (Exception e)
        {
            _services.Notice?.Invoke($"{Id}: {e}");
            _timer?.Change(UnitPart.FirstRetry, Timeout.InfiniteTimeSpan);
        }
    }

    private void Turn()
    {
        if (_stopping)
        {
            _stopped.TrySetResult();
            return;
        }

        var now = _time.GetTimestamp();
        Volatile.Write(ref _armed, now);
        BeginTest(now);
        if (now >= Math.Min(_reportAt, _againAt))
        {
            OpenRound(now);
        }

        foreach (var part in _parts)
        {
            StepPart(part);
        }

        now = _time.GetTimestamp();
        var complete = _roundOpen && !_parts.Exists(static p => p.InRound);
        _report.SetFault(_parts);
        if (!_report.Flush(complete, _roundOpen, now))
        {
            // The log had no room: what changed is measured again before long.
            _againAt = now + Stamps.Of(_time, UnitReport.NoRoomPause);
        }

        _roundOpen &= !complete;
        EndTest();
        Arm(now);
    }

    private void OpenRound(long now)
    {
        if (_roundOpen)
        {
            // A part has kept the last round waiting for an interval: what the others measured goes out now.
            _report.SetFault(_parts);
            _report.Flush(complete: true, roundOpen: true, now);
        }

        _reportAt = Stamps.Next(_reportAt, _interval, now);
        _againAt = Stamps.Never;
        _roundOpen = true;
        foreach (var part in _parts)
        {
            part.InRound = part.Want(now);
        }
    }

    private void StepPart(UnitPart part)
    {
        for (var i = 0; i < StepsPerTurn; i++)
        {
            switch (part.Step(_time.GetTimestamp()))
            {
                case PartStep.Nothing:
                    return;
                case PartStep.Measured:
                    _report.Take(part);
                    break;
                default:
                    break;
            }
        }

        Post();
    }

    private void BeginTest(long now)
    {
        if (_testing || Volatile.Read(ref _test) is null)
        {
            return;
        }

        _testing = true;
        foreach (var part in _parts)
        {
            part.Test(now);
        }
    }

    private void EndTest()
    {
        if (!_testing || _parts.Exists(static p => p.InTest))
        {
            return;
        }

        TaskCompletionSource<IReadOnlyList<PartResult>>? test;
        lock (_gate)
        {
            test = _test;
            _test = null;
            _testing = false;
        }

        test?.TrySetResult([.. _parts.Select(p => new PartResult(p.Driver.Where, p.Fault, p.Words))]);
    }

    private void Arm(long now)
    {
        var due = Math.Min(_reportAt, _againAt);
        foreach (var part in _parts)
        {
            due = Math.Min(due, part.Due);
        }

        Volatile.Write(ref _armed, due);
        _timer?.Change(Stamps.Until(_time, now, due), Timeout.InfiniteTimeSpan);
    }
}
