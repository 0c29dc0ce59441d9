namespace SmartCity.Telemetry;

/// <summary>Every limit of a log, with its default. Both lanes live in one directory and share nothing else.</summary>
public sealed record LogOptions
{
    /// <summary>Smallest ring: a small gateway's. A publish may be a quarter of it.</summary>
    public const int MinimumMemoryBytes = 64 * 1024;

    /// <summary>Where the log lives; made when absent. One process at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>Size at which the telemetry lane begins a new file. Default 64 MiB: a reader frees disk in these steps.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Memory ring of the telemetry lane, a power of two. Default 32 MiB: several seconds of 100,000 readings/s, so that a reader that lags a little never touches the disk. Pages are used as they fill.</summary>
    public int MemoryBytes { get; init; } = 32 << 20;

    /// <summary>Unread bytes of the telemetry lane at which appends wait (<see cref="PauseReason.Budget"/>). Default 8 GiB.</summary>
    public long BudgetBytes { get; init; } = 8L << 30;

    /// <summary>The telemetry lane waits (<see cref="PauseReason.DiskFree"/>) while the disk has less free space than this. Default 256 MiB; 0 switches it off. Keep it above <see cref="ReserveBytes"/>.</summary>
    public long MinimumFreeBytes { get; init; } = 256L << 20;

    /// <summary>Size of the alarm lane's files, taken from the disk when a file is made. Default 4 MiB.</summary>
    public long AlarmSegmentBytes { get; init; } = 4L << 20;

    /// <summary>Memory ring of the alarm lane, a power of two. Default 4 MiB.</summary>
    public int AlarmMemoryBytes { get; init; } = 4 << 20;

    /// <summary>Unread bytes of the alarm lane at which appends wait. Default 256 MiB.</summary>
    public long AlarmBudgetBytes { get; init; } = 256L << 20;

    /// <summary>Disk held by a file that is given up when the disk is full, so that alarms still find room. Default 16 MiB; 0 for none.</summary>
    public long ReserveBytes { get; init; } = 16L << 20;

    /// <summary>Whether alarms are acknowledged once they are on disk (a gateway's own log) rather than by <see cref="LogLane.AcknowledgeUpTo"/> (the server's). Default false.</summary>
    public bool AlarmAcknowledgeOnCommit { get; init; }

    /// <summary>Publishes of a lane that may wait for their acknowledgement at the same time. Default 65,536.</summary>
    public int WaiterCapacity { get; init; } = 65_536;

    /// <summary>
    /// Whether the telemetry lane takes the disk of a whole file when it makes it, and its length with it: a commit then flushes bytes and no longer
    /// the file's length (57 µs of CPU a commit instead of 78, 99 instead of 402 for 256 KiB). Not done on a disk that is short of space. Default
    /// false: on a gateway's small disk every byte counts.
    /// </summary>
    public bool Preallocate { get; init; }

    /// <summary>
    /// Committed bytes of telemetry that a reader may be behind before appends slow down to its pace (<see cref="PauseReason.Readers"/>), so that it
    /// reads from memory and nothing is judged minutes late. A reader that stands still (a store that is away) holds nobody up: for it there is
    /// <see cref="BudgetBytes"/>. Default 0: never.
    /// </summary>
    public long PaceBytes { get; init; }

    /// <summary>How often a failed disk is tried again, and a full one looked at. Default 1 s.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Readers by name that must all have been opened before anything is deleted. Without it, the first reader to be opened could free what a second one has not seen.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];

    /// <summary>What the telemetry lane does when <see cref="BudgetBytes"/> or <see cref="MinimumFreeBytes"/> is reached, or the disk is full. Alarms always wait.</summary>
    public LogOverflow Overflow { get; init; }

    /// <summary>Told of frames that are given up (<see cref="LogOverflow.DropOldest"/>), on the log's threads: it must be quick.</summary>
    public Action<LogDropped>? Dropped { get; init; }

    /// <summary>Threads that write and flush. Null gives each lane a thread of its own, so that alarms never wait for telemetry's flush; many small logs in one process share one.</summary>
    public LogCommitter? Committer { get; init; }

    /// <summary>Told of everything an operator should know: healed tails, pauses, disk errors. Called on the log's threads: it must be quick.</summary>
    public Action<LogNotice>? Notice { get; init; }

    /// <summary>The file system; tests put a failing one here.</summary>
    internal LogDisk Disk { get; init; } = LogDisk.Real;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Directory);
        Ring(MemoryBytes, nameof(MemoryBytes));
        Ring(AlarmMemoryBytes, nameof(AlarmMemoryBytes));
        AtLeast(SegmentBytes, LogLane.PublishLimit(MemoryBytes) * 2L, nameof(SegmentBytes));
        AtLeast(AlarmSegmentBytes, LogLane.PublishLimit(AlarmMemoryBytes) * 2L, nameof(AlarmSegmentBytes));
        AtLeast(BudgetBytes, MemoryBytes, nameof(BudgetBytes));
        AtLeast(BudgetBytes, Overflow == LogOverflow.DropOldest ? 2 * SegmentBytes : 0, nameof(BudgetBytes));
        AtLeast(AlarmBudgetBytes, AlarmMemoryBytes, nameof(AlarmBudgetBytes));
        AtLeast(WaiterCapacity, 16, nameof(WaiterCapacity));
        AtLeast(RetryInterval.Ticks, TimeSpan.TicksPerMillisecond, nameof(RetryInterval));
        AtLeast(MinimumFreeBytes, 0, nameof(MinimumFreeBytes));
        AtLeast(ReserveBytes, 0, nameof(ReserveBytes));
        AtLeast(PaceBytes, 0, nameof(PaceBytes));
    }

    private static void Ring(int bytes, string name)
    {
        AtLeast(bytes, MinimumMemoryBytes, name);
        if (!int.IsPow2(bytes))
        {
            throw new ArgumentException($"{name} must be a power of two.", name);
        }
    }

    private static void AtLeast(long value, long least, string name)
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} must be at least {least}."));
        }
    }
}

/// <summary>What a <see cref="LogNotice"/> is about.</summary>
public enum LogNoticeKind : byte
{
    /// <summary>A torn tail was cut off at opening: it had never been acknowledged.</summary>
    Healed,

    /// <summary>Appends have to wait.</summary>
    Paused,

    /// <summary>Appends go on.</summary>
    Resumed,

    /// <summary>The disk refused something.</summary>
    DiskError,

    /// <summary>The alarm lane's reserve was given up, or taken again.</summary>
    Reserve,

    /// <summary>Code called by the log threw.</summary>
    Fault,
}

/// <summary>Something an operator should know.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Lane">The lane.</param>
/// <param name="Text">A sentence.</param>
/// <param name="Error">The exception behind it.</param>
public sealed record LogNotice(LogNoticeKind Kind, Lane Lane, string Text, Exception? Error = null);
