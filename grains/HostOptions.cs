namespace SmartCity.Grains;

/// <summary>Limits of a host, each with its default and why.</summary>
public sealed record HostOptions
{
    /// <summary>How often the grains that changed are saved and the cursor moves: what a restart has to read again at most.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The same in bytes of log, for busy times: 256 MiB are read again in about a second. At 32 MiB a thousand devices at full press were saved five times a
    /// second (docs/decisions/rules-at-scale.md).
    /// </summary>
    public long SnapshotBytes { get; init; } = 256 << 20;

    /// <summary>Bytes of log that are read again at most, however many devices changed; a restart needs a few seconds for these. An eighth of the log's budget at most.</summary>
    public long MaximumSnapshotBytes { get; init; } = 512 << 20;

    /// <summary>
    /// Devices that are worth one interval and those bytes. Saving one costs the book what the rules need for some thirty readings (3 kB of log), so where more
    /// have changed it is done as much more rarely, and stays a small part of the work however large the city is.
    /// </summary>
    public int SnapshotDevices { get; init; } = 10_000;

    /// <summary>So many times more rarely at most: eight minutes.</summary>
    public int MaximumRarer { get; init; } = 16;

    /// <summary>Grains a transaction of a checkpoint: keeps the book's writer free for alerts (some milliseconds each).</summary>
    public int SnapshotChunk { get; init; } = 500;

    /// <summary>Devices nobody registered that a host remembers; beyond it the one heard longest ago is forgotten.</summary>
    public int MaximumUnregistered { get; init; } = 1024;

    /// <summary>Alert changes a tick says at most; the rest follows in the next one. A whole city going silent is spread over some seconds.</summary>
    public int MaximumChangesPerTick { get; init; } = 500;

    /// <summary>Words of officers (acknowledge, reset) that may wait for the next tick.</summary>
    public int MaximumRequests { get; init; } = 1024;

    /// <summary>
    /// Changes and words to zones that may wait while a shared book is away; with as many the host stands, and the log keeps the rest. A minute of the worst
    /// hour: more nobody reads as provisional.
    /// </summary>
    public int MaximumPending { get; init; } = 10_000;

    /// <summary>Late alerts whose end has not been read yet; a dead server's log has few, and beyond this the newest is not told.</summary>
    public int MaximumEpisodes { get; init; } = 10_000;

    /// <summary>The city's offset from UTC, for hourly means.</summary>
    public TimeSpan UtcOffset { get; init; } = TimeSpan.FromHours(7);

    /// <summary>Is a checkpoint due, so many bytes of log and so long after the last one, with so many devices changed?</summary>
    internal bool IsDue(long bytes, TimeSpan elapsed, int devices)
    {
        var rarer = Math.Clamp((double)devices / SnapshotDevices, 1, MaximumRarer);
        return bytes >= Math.Min(SnapshotBytes * rarer, MaximumSnapshotBytes) || elapsed / rarer >= SnapshotInterval;
    }

    /// <summary>Told what an operator should know: a snapshot that cannot be read. Called by the host's caller, rarely.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>What a host has counted since it was made. Read from any thread.</summary>
public sealed class HostCounters
{
    private long _lines;
    private long _skipped;
    private long _badLines;
    private long _unknownKinds;
    private long _wrongLane;
    private long _changes;
    private long _evicted;
    private long _unreadable;
    private long _rebound;
    private long _refusedRequests;
    private long _foreign;
    private long _late;
    private long _moved;

    /// <summary>Lines applied.</summary>
    public long Lines => Volatile.Read(ref _lines);

    /// <summary>Lines skipped after a restart because their grain already had them.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Lines of the log that were no canonical lines: never, unless intake is wrong.</summary>
    public long BadLines => Volatile.Read(ref _badLines);

    /// <summary>Lines whose kind is not in the catalogue (any more).</summary>
    public long UnknownKinds => Volatile.Read(ref _unknownKinds);

    /// <summary>Lines of a kind of the other lane.</summary>
    public long WrongLane => Volatile.Read(ref _wrongLane);

    /// <summary>Alert changes said.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>Unregistered devices forgotten to make room.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>Snapshots that could not be read; their grains began anew.</summary>
    public long Unreadable => Volatile.Read(ref _unreadable);

    /// <summary>Devices that came back as another kind and began anew.</summary>
    public long Rebound => Volatile.Read(ref _rebound);

    /// <summary>Words of officers refused because too many waited, or about no open alert of a zone.</summary>
    public long RefusedRequests => Volatile.Read(ref _refusedRequests);

    /// <summary>Lines of devices that are another server's to judge: on the alarm lane left to it, on the other judged as history.</summary>
    public long Foreign => Volatile.Read(ref _foreign);

    /// <summary>Changes of alerts that were over before they were heard of, given to the book as history.</summary>
    public long Late => Volatile.Read(ref _late);

    /// <summary>Commits that were made anew because another server was first.</summary>
    public long Moved => Volatile.Read(ref _moved);

    // One thread applies; only refused requests may come from several.
    internal void CountLine() => Volatile.Write(ref _lines, _lines + 1);

    internal void CountSkipped() => Volatile.Write(ref _skipped, _skipped + 1);

    internal void CountBadLine() => Volatile.Write(ref _badLines, _badLines + 1);

    internal void CountUnknownKind() => Volatile.Write(ref _unknownKinds, _unknownKinds + 1);

    internal void CountWrongLane() => Volatile.Write(ref _wrongLane, _wrongLane + 1);

    internal void CountChanges(int count) => Volatile.Write(ref _changes, _changes + count);

    internal void CountEvicted() => Volatile.Write(ref _evicted, _evicted + 1);

    internal void CountUnreadable() => Volatile.Write(ref _unreadable, _unreadable + 1);

    internal void CountRebound() => Volatile.Write(ref _rebound, _rebound + 1);

    internal void CountForeign() => Volatile.Write(ref _foreign, _foreign + 1);

    internal void CountLate(int count) => Volatile.Write(ref _late, _late + count);

    internal void CountMoved() => Volatile.Write(ref _moved, _moved + 1);

    internal void CountRefusedRequest() => Interlocked.Increment(ref _refusedRequests);
}
