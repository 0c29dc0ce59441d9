using System.Collections.Concurrent;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>
/// All grains of one lane in this process. One caller at a time applies batches, commits and ticks; <see cref="Look"/>,
/// <see cref="Acknowledge"/> and <see cref="Reset"/> may be called from any thread.
/// <para>
/// A batch changes the devices' states where they are, and zones and circuits as copies; it is never taken back. <see cref="CommitAsync"/> puts what was
/// said and the snapshots of those who said it into the book in one transaction, and nothing more is applied before that has happened: a process that
/// ends before reads the same again, from the log, into the states of the book. Grains that said nothing are saved from time to time (a checkpoint),
/// and only when all of them are saved does the cursor move; so a restart reads on from the cursor, each grain skips what its own
/// snapshot holds, and everything said again is known by (alert, cause).
/// </para>
/// </summary>
public sealed partial class EmbeddedHost : IGrainHost
{
    private readonly KindCatalog _kinds;
    private readonly IDeviceDirectory _directory;
    private IReadOnlyList<DeviceInfo> _expected = [];
    private readonly IGrainBook _book;
    private readonly TimeProvider _time;
    private readonly HostOptions _options;
    private readonly GrainTable _grains = new();
    private readonly Dictionary<DeviceKind, KindWork> _works = [];
    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly ChangeSink _sink = new();
    private readonly List<DeviceGrain> _saying = [];
    private readonly List<DeviceGrain> _dirty = [];
    private readonly List<ZoneGrain> _touchedZones = [];
    private readonly List<AlertChange> _changes = [];
    private readonly List<Forgotten> _forgotten = [];
    private readonly double[] _values = new double[DeviceKind.MaximumMetrics];

    private LogCursor? _position;
    private DeviceGrain? _last;
    private object? _registry;
    private int _generation = 1;
    private long _batch = 1;
    private long _lastReceived;
    private long _listeningSince;
    private int _waiting;
    private bool _mustSave;
    private bool _failed;

    /// <summary>A host without grains; <see cref="LoadAsync"/> gives it those of the book.</summary>
    /// <param name="lane">Whose frames it takes.</param>
    /// <param name="kinds">The kinds of devices.</param>
    /// <param name="directory">The registry.</param>
    /// <param name="book">Where it is kept.</param>
    /// <param name="time">The clock of ticks.</param>
    /// <param name="options">Limits.</param>
    /// <param name="sessions">Who holds which gateway, where several servers share the book; null: this one is alone.</param>
    public EmbeddedHost(
        Lane lane, KindCatalog kinds, IDeviceDirectory directory, IGrainBook book, TimeProvider time, HostOptions? options = null, IGrainSessions? sessions = null)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        Lane = lane;
        _kinds = kinds;
        _directory = directory;
        _book = book;
        _time = time;
        _options = options ?? new HostOptions();
        _sessions = sessions;
        _checkpointTime = time.GetTimestamp();
        foreach (var kind in kinds.All)
        {
            _works[kind] = new KindWork(kind);
        }
    }

    /// <summary>Whose frames it takes.</summary>
    public Lane Lane { get; }

    /// <summary>
    /// Where a restart would read on: open the reader here (at the log's beginning when null), and advance it to here after each
    /// commit, never further.
    /// </summary>
    public LogCursor? Cursor { get; private set; }

    /// <summary>Behind the last frame applied; on the alarm lane, what may be acknowledged once <see cref="CommitAsync"/> has returned.</summary>
    public LogCursor? Position => _position;

    /// <summary>What it has counted.</summary>
    public HostCounters Counters { get; } = new();

    /// <summary>Devices that have reported.</summary>
    public int Devices => _grains.Count - _grains.Unheard;

    /// <inheritdoc/>
    public Action<IReadOnlyList<AlertChange>>? Committed { get; set; }

    /// <summary>Applies all frames of a batch. Follow it with <see cref="CommitAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">The last commit failed and has not been repeated.</exception>
    public void Apply(LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Stand();
        var log = batch.Start;
        foreach (var frame in batch)
        {
            Take(log with { Position = frame.End }, frame.Flags, frame.ReceivedAt, frame.Payload, frame.Source);
        }
    }

    /// <summary>Applies one frame.</summary>
    /// <param name="end">The position just behind it.</param>
    /// <param name="flags">What intake found out about it.</param>
    /// <param name="receivedAt">When it came, Unix ns.</param>
    /// <param name="payload">Canonical lines.</param>
    /// <param name="source">The gateway it came through.</param>
    /// <exception cref="InvalidOperationException">The last commit failed and has not been repeated (<see cref="MayApply"/>).</exception>
    public void ApplyFrame(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> source = default)
    {
        Stand();
        Take(end, flags, receivedAt, payload, source);
    }

    /// <summary>What a batch brings beyond the limit is taken: it has been read.</summary>
    private void Stand()
    {
        if (_failed && !MayApply)
        {
            throw new InvalidOperationException("the last commit failed; repeat CommitAsync before applying more");
        }
    }

    private void Take(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> source)
    {
        TakeRequests(); // what an officer ended before this frame is over: the first alarm after it is a new one
        _position = end;
        _lastReceived = Math.Max(_lastReceived, receivedAt);
        if ((flags & FrameFlags.Rejected) != 0)
        {
            return; // quarantine's business
        }

        if (IsShared)
        {
            HearFrom(source);
        }

        LookAtVersion();
        var faults = FaultsOf(flags);
        var lines = new LoggedLines(payload);
        while (lines.Read())
        {
            ApplyLine(ref lines, end, receivedAt, faults);
        }
    }

    /// <summary>
    /// Makes what was applied durable where it must be, and installs it. When it throws nothing is installed; call it again with
    /// nothing applied in between.
    /// </summary>
    public ValueTask CommitAsync(CancellationToken cancel)
    {
        TakeRequests();
        if (_changes.Count == 0 && !_mustSave && !_mustRedo)
        {
            Install();
            if (_refusing.Count > 0)
            {
                TellRefused();
            }

            return CheckpointDue() ? new ValueTask(CheckpointStepAsync(cancel)) : ValueTask.CompletedTask;
        }

        return new ValueTask(CommitChangesAsync(cancel));
    }

    /// <summary>
    /// Judges what only time can, and commits it. Call it about once a second.
    /// </summary>
    /// <param name="caughtUp">The reader has read all there is. Without it nothing is judged silent and no hold ends by the clock.</param>
    /// <param name="cancel">Cancels the commit.</param>
    public ValueTask TickAsync(bool caughtUp, CancellationToken cancel)
    {
        if (_failed && !MayApply)
        {
            return CommitAsync(cancel);
        }

        TakeRequests();
        var now = Now();
        if (!caughtUp)
        {
            _listeningSince = 0;
            TickZones(_lastReceived);
            return CommitAsync(cancel);
        }

        _listeningSince = _listeningSince == 0 ? now : _listeningSince;
        TickZones(now);
        if (IsShared && !_failed)
        {
            DropForeign();
        }

        TickDevices(new TickView(now, CaughtUp: true, _listeningSince));
        return CommitAsync(cancel);
    }

    /// <summary>What is known of a device; null when it has never been heard. Any thread.</summary>
    public DeviceView? Look(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _grains.TryFind(device, out var grain) && grain.IsHeard ? grain.Look() : null;
    }

    /// <summary>When a device's newest reading was measured and when one last came, Unix ns; null when it has never been heard. Any thread; allocates nothing.</summary>
    public (long Measured, long Received)? Heard(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _grains.TryFind(device, out var grain) && grain.IsHeard ? grain.Heard() : null;
    }

    /// <summary>The newest value of a device's metric and when it was measured, Unix ns; null when it has sent none. Any thread; allocates nothing.</summary>
    public (double Value, long MeasuredAt)? Newest(string device, string metric)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _grains.TryFind(device, out var grain) && grain.IsHeard ? grain.Newest(metric) : null;
    }

    /// <summary>
    /// An officer acknowledged an alert: a zone in pre-alarm must know, or it becomes a fire. Taken at the next tick or commit. Any
    /// thread. Safe to repeat. After a restart say it again for every acknowledged pre-alarm that is still open in the book, between
    /// <see cref="LoadAsync"/> and the first batch: the process may have died before it was taken.
    /// </summary>
    /// <param name="alertId">The alert; one that is no zone's open pre-alarm is counted and ignored.</param>
    /// <param name="atNs">When, Unix ns.</param>
    /// <returns>False when too many wait already; say it again.</returns>
    public bool Acknowledge(string alertId, long atNs) => Enqueue(new Request(ZoneSignalKind.Acknowledged, alertId, atNs));

    /// <summary>
    /// An officer reset, resolved or closed a fire or pre-alarm: what its zone saw until now counts no more, so that the next alarm
    /// raises a new alert. Taken at the next tick or commit. Any thread.
    /// </summary>
    /// <param name="alertId">The alert; one that is no zone's open alert is counted and ignored.</param>
    /// <param name="atNs">When, Unix ns.</param>
    /// <returns>False when too many wait already; say it again.</returns>
    public bool Reset(string alertId, long atNs) => Enqueue(new Request(ZoneSignalKind.Reset, alertId, atNs));

    private static ReadingFaults FaultsOf(FrameFlags flags)
    {
        var faults = ReadingFaults.None;
        faults |= (flags & FrameFlags.ArrivalTime) != 0 ? ReadingFaults.ArrivalTime : 0;
        faults |= (flags & FrameFlags.ClockFault) != 0 ? ReadingFaults.Clock : 0;
        faults |= (flags & FrameFlags.RangeFault) != 0 ? ReadingFaults.Range : 0;
        faults |= (flags & FrameFlags.Unregistered) != 0 ? ReadingFaults.Unregistered : 0;
        return faults;
    }

    private bool Enqueue(Request request)
    {
        ArgumentNullException.ThrowIfNull(request.Alert);
        if (Interlocked.Increment(ref _waiting) > _options.MaximumRequests)
        {
            Interlocked.Decrement(ref _waiting);
            Counters.CountRefusedRequest();
            return false;
        }

        _requests.Enqueue(request);
        return true;
    }

    private long Now() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>A row that is to be deleted, as long as what it is of is ours: by another holder it may have been written anew.</summary>
    private readonly record struct Forgotten(GrainSnapshot Row, GatewayHold? Hold);

    private readonly record struct Request(ZoneSignalKind Kind, string Alert, long At);
}
