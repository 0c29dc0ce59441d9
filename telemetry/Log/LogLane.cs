namespace SmartCity.Telemetry;

/// <summary>
/// One lane of a log. Appends go into a memory ring under one short lock; a committer writes what is there and flushes it, and
/// while it does so the next batch gathers. Every member may be called from any thread.
/// </summary>
public sealed partial class LogLane
{
    // As many connections as are at all likely to press at once; the objects are small.
    private const int SpareWaits = 1024;

    private readonly Lock _gate = new();
    private readonly LogRing _ring;
    private readonly WaiterQueue _waiters;
    private readonly PublishBuffer _publish;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly Guid _logId;
    private readonly long _budget;
    private readonly bool _acknowledgeOnCommit;
    private Pause _pause;
    private readonly List<RoomWait> _waits = [];
    private readonly Stack<RoomWait> _spareWaits = new();
    private long _appended;
    private long _committed;

    internal LogLane(Lane lane, Guid logId, string directory, LogOptions options, TimeProvider time, LogCommitter committer, AlarmReserve? reserve)
    {
        var alarm = lane == Lane.Alarm;
        var memory = alarm ? options.AlarmMemoryBytes : options.MemoryBytes;
        Lane = lane;
        MaximumPublishBytes = PublishLimit(memory);
        _logId = logId;
        _options = options;
        _time = time;
        _committer = committer;
        _reserve = reserve;
        _directory = directory;
        _segmentBytes = alarm ? options.AlarmSegmentBytes : options.SegmentBytes;
        _budget = alarm ? options.AlarmBudgetBytes : options.BudgetBytes;
        _acknowledgeOnCommit = !alarm || options.AlarmAcknowledgeOnCommit;
        _drive = new DriveInfo(directory);
        var recovered = new Recovery(directory, logId, lane, options.Disk).Run();
        _appended = _committed = recovered.End;
        _segments = new SegmentList(recovered.Segments, recovered.Segments.Count > 0 ? recovered.Segments[0].Base : recovered.End);
        _hold = _segments.First;
        _ring = new LogRing(memory, MaximumPublishBytes, recovered.End);
        _publish = new PublishBuffer(this, _ring);
        _waiters = new WaiterQueue(options.WaiterCapacity, NoteFault);
        _waiters.Acknowledge(recovered.End);
        TornBytes = recovered.Torn;
        _timer = time.CreateTimer(static lane => ((LogLane)lane!).Schedule(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _paceBytes = alarm ? 0 : options.PaceBytes;
        _paceTimer = time.CreateTimer(static lane => ((LogLane)lane!).LookAtPace(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    [Flags]
    private enum Pause
    {
        None = 0,
        Memory = 1,
        Readers = 2,
        Budget = 4,
        DiskFree = 8,
        DiskError = 16,
        Closed = 32,
    }

    /// <summary>Which lane this is.</summary>
    public Lane Lane { get; }

    /// <summary>The most bytes that one publish (its payloads, sources and 32 bytes a frame) may have.</summary>
    public int MaximumPublishBytes { get; }

    /// <summary>The position behind the last frame appended.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>The position up to which frames are on disk. Readers see these and no others.</summary>
    public long Committed => Volatile.Read(ref _committed);

    /// <summary>The position up to which publishes are acknowledged.</summary>
    public long Acknowledged => _waiters.UpTo;

    /// <summary>The oldest position still kept.</summary>
    public long First => _segments.First;

    /// <summary>Bytes that the slowest reader has not dealt with; they count against the budget.</summary>
    public long BacklogBytes => Appended - Volatile.Read(ref _hold);

    /// <summary>Why appends have to wait at the moment; the gravest reason when there are several.</summary>
    public PauseReason Paused => Reason(_pause);

    /// <summary>A cursor at the end of what is committed: for a reader that wants only what comes from now on.</summary>
    public LogCursor End => new(_logId, Lane, Committed);

    /// <summary>
    /// Appends one frame, copying it. False when there is no room now: wait for <see cref="RoomAsync"/> and try again; nothing was
    /// kept of the frame or the waiter.
    /// </summary>
    /// <param name="flags">What is known about the payload.</param>
    /// <param name="receivedAt">Nanoseconds since 1970.</param>
    /// <param name="source">The gateway, at most <see cref="Identifier.MaximumLength"/> bytes.</param>
    /// <param name="payload">Canonical lines, or a quarantine record.</param>
    /// <param name="waiter">Called when the frame is acknowledged; null when nobody waits.</param>
    /// <param name="token">Passed to the waiter.</param>
    /// <param name="position">The position behind the frame.</param>
    /// <exception cref="ArgumentOutOfRangeException">The frame is longer than <see cref="MaximumPublishBytes"/>, or the source too long.</exception>
    public bool TryAppend(
        FrameFlags flags, long receivedAt, ReadOnlySpan<byte> source, ReadOnlySpan<byte> payload, ILogWaiter? waiter, long token, out long position)
    {
        var size = Frame.Size(source.Length, payload.Length);
        CheckSize(source.Length, size);
        lock (_gate)
        {
            _publish.ThrowIfOpen();
            position = _appended;
            if (!HasRoom(size))
            {
                return false;
            }

            _ring.Claim(position + size);
            var frame = _ring.At(position, size);
            Frame.WriteHead(frame, size, flags, receivedAt, source);
            payload.CopyTo(frame[(Frame.HeaderBytes + source.Length)..]);
            Frame.Seal(frame, position, moreFollow: false);
            _ring.Fold(position, size);
            position += size;
            Publish(position, waiter, token);
        }

        Schedule();
        return true;
    }

    /// <summary>
    /// Begins a publish of up to <paramref name="maximumFrames"/> frames, to be written straight into the log's memory. False when
    /// there is no room now. The lane is locked until the append is disposed: write, do not wait.
    /// </summary>
    /// <param name="maximumPayload">The most bytes the payloads together will have.</param>
    /// <param name="maximumFrames">The most frames there will be.</param>
    /// <param name="append">The publish; dispose it in every case.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaximumPublishBytes"/> would be needed.</exception>
    public bool TryBegin(int maximumPayload, int maximumFrames, out LogAppend append)
    {
        var size = LogAppend.Bound(maximumPayload, maximumFrames);
        CheckSize(0, size);
        append = default;
        _gate.Enter();
        var begun = false;
        try
        {
            _publish.ThrowIfOpen();
            if (HasRoom(size))
            {
                _ring.Claim(_appended + size);
                append = _publish.Begin(_appended, size);
                begun = true;
            }

            return begun;
        }
        finally
        {
            if (!begun)
            {
                _gate.Exit();
            }
        }
    }

    /// <summary>Completes when appends may go on; at once when they may. Never completes by itself while a reader or the disk stands still.</summary>
    /// <exception cref="ObjectDisposedException">The log was closed.</exception>
    public ValueTask RoomAsync(CancellationToken cancel = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf((_pause & Pause.Closed) != 0, this);
            if (_pause == Pause.None)
            {
                return ValueTask.CompletedTask;
            }

            var wait = _spareWaits.TryPop(out var spare) ? spare : new RoomWait(this);
            _waits.Add(wait);
            return wait.Begin(cancel);
        }
    }

    /// <summary>A wait is over and was heard of. One that was cancelled still stands among the others.</summary>
    internal void TakeBack(RoomWait wait, bool cancelled)
    {
        lock (_gate)
        {
            if (cancelled)
            {
                _waits.Remove(wait);
            }

            if (_spareWaits.Count < SpareWaits)
            {
                _spareWaits.Push(wait);
            }
        }
    }

    /// <summary>Says that everything below <paramref name="position"/> is dealt with; for the lane that is not acknowledged by commits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">That is not committed yet.</exception>
    public void AcknowledgeUpTo(long position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Committed);
        _waiters.Acknowledge(position);
        UpdateRoom();
    }

    /// <summary>The most bytes of a publish for a ring of this size.</summary>
    internal static int PublishLimit(int memoryBytes) => Math.Min(memoryBytes / 4, 4 << 20);

    internal void EndAppend(long? end, ILogWaiter? waiter, long token)
    {
        if (end is not { } position)
        {
            _gate.Exit();
            return;
        }

        Publish(position, waiter, token);
        _gate.Exit();
        Schedule();
        if (waiter is not null && position <= Acknowledged)
        {
            // Nothing new was appended, so no commit will come to call the waiter.
            _waiters.Acknowledge(position);
        }
    }

    private static PauseReason Reason(Pause pause) => pause switch
    {
        Pause.None => PauseReason.None,
        >= Pause.Closed => PauseReason.Closed,
        >= Pause.DiskError => PauseReason.DiskError,
        >= Pause.DiskFree => PauseReason.DiskFree,
        >= Pause.Budget => PauseReason.Budget,
        >= Pause.Readers => PauseReason.Readers,
        _ => PauseReason.Memory,
    };

    private void CheckSize(int source, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source, Identifier.MaximumLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaximumPublishBytes);
    }

    private void Publish(long position, ILogWaiter? waiter, long token)
    {
        if (waiter is not null)
        {
            // Before the position can be committed, and with it acknowledged.
            _waiters.Add(waiter, token, position);
        }

        Volatile.Write(ref _appended, position);
    }

    /// <summary>Under the gate: whether <paramref name="size"/> more bytes may be appended; sets the reason when not.</summary>
    private bool HasRoom(int size)
    {
        if (_pause != Pause.None)
        {
            return false;
        }

        var end = _appended + size;
        if (end - Committed > _ring.Size || _waiters.IsFull)
        {
            _pause |= Pause.Memory;
        }
        else if (!DropsOldest && end - Volatile.Read(ref _hold) > _budget)
        {
            _pause |= Pause.Budget;
            Note(LogNoticeKind.Paused, "Appends wait: readers are behind by the disk budget.");
        }
        else if (_paceBytes > 0)
        {
            IsAhead();
        }

        return _pause == Pause.None;
    }

    /// <summary>Takes back the pauses that have lost their reason. Room has to be ample before appends go on, so that they do not stop again with the next publish.</summary>
    private void UpdateRoom()
    {
        lock (_gate)
        {
            if ((_pause & Pause.Memory) != 0 && _ring.Size - (_appended - Committed) >= MaximumPublishBytes && _waiters.HasRoom)
            {
                _pause &= ~Pause.Memory;
            }

            if ((_pause & Pause.Budget) != 0 && BacklogBytes <= _budget - (_budget / 8) - MaximumPublishBytes)
            {
                _pause &= ~Pause.Budget;
                Note(LogNoticeKind.Resumed, "Appends go on: readers have caught up with the disk budget.");
            }

            GiveRoom();
        }
    }

    /// <summary>Under the gate: lets those go on who wait for room, if there is no reason left to wait.</summary>
    private void GiveRoom()
    {
        if (_pause == Pause.None)
        {
            EndWaits(null);
        }
    }

    /// <summary>Under the gate.</summary>
    private void EndWaits(Exception? error)
    {
        foreach (var wait in _waits)
        {
            wait.End(error);
        }

        _waits.Clear();
    }

    private void SetPause(Pause pause, bool on)
    {
        lock (_gate)
        {
            _pause = on ? _pause | pause : _pause & ~pause;
        }

        if (!on)
        {
            UpdateRoom();
        }
    }

    private void Note(LogNoticeKind kind, string text, Exception? error = null)
    {
        try
        {
            _options.Notice?.Invoke(new LogNotice(kind, Lane, text, error));
        }
#pragma warning disable CA1031 // A listener that throws must not stop the log.
        catch (Exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _faults);
        }
    }

    private void NoteFault(Exception error)
    {
        Interlocked.Increment(ref _faults);
        Note(LogNoticeKind.Fault, "A waiter threw: " + error.Message, error);
    }
}
