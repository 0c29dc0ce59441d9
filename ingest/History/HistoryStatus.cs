using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>Whether points flow into the store.</summary>
internal enum HistoryHealth
{
    /// <summary>Nothing was handed over yet.</summary>
    Starting,

    /// <summary>The store took the last batch.</summary>
    Running,

    /// <summary>The store refuses or does not answer; the reader waits and tries again for ever.</summary>
    Stopped,
}

/// <summary>How one lane's history reader fares.</summary>
/// <param name="Health">Whether points flow.</param>
/// <param name="Since">Since when it is so.</param>
/// <param name="Reason">Why it stopped, in words.</param>
/// <param name="Fix">What a person can do about it.</param>
/// <param name="NextTry">When it tries again.</param>
/// <param name="Attempts">Tries in vain so far.</param>
internal sealed record HistoryState(
    HistoryHealth Health, DateTimeOffset Since, string? Reason = null, string? Fix = null, DateTimeOffset? NextTry = null, int Attempts = 0);

/// <summary>State and counters of one lane's history reader; read by health, metrics and the status page.</summary>
/// <param name="store">Which store.</param>
/// <param name="lane">The lane that is carried into it.</param>
/// <param name="time">The clock.</param>
internal sealed class HistoryStatus(string store, LogLane lane, TimeProvider time)
{
    private long _lines;
    private long _batches;
    private long _bytes;
    private long _rejected;
    private long _retries;
    private long _skipped;
    private long _position;
    private long _unwritten;
    private HistoryState _state = new(HistoryHealth.Starting, time.GetUtcNow());

    /// <summary>Raised after every change of state or finished batch, on the reader's thread: handlers must be quick.</summary>
    public event Action? Changed;

    /// <summary>Which store.</summary>
    public string Store { get; } = store;

    /// <summary>The state now.</summary>
    public HistoryState State => Volatile.Read(ref _state);

    /// <summary>Lines the store took (a replay counts again).</summary>
    public long Lines => Volatile.Read(ref _lines);

    /// <summary>Batches acknowledged.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Bytes of text acknowledged, before compression.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Lines the store refused for good; they are in the quarantine.</summary>
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>Batches handed over again.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary>Lines with nothing this store can hold (only text, for a store of numbers).</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Bytes of log the store has not taken yet: now, not when it last took some.</summary>
    public long Lag => Math.Max(0, lane.Committed - Math.Max(Position, lane.First));

    /// <summary>Up to where the lane is in the store (or was found to hold nothing for it).</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Bytes of log below <see cref="Position"/> that the store answers from memory and has not on disk yet: the log keeps them, and a start after a kill reads them again.</summary>
    public long Unwritten => Volatile.Read(ref _unwritten);

    /// <summary>The reader begins here: what stands before it was taken in an earlier life.</summary>
    internal void Opened(long position) => Volatile.Write(ref _position, position);

    internal void Wrote(HistoryWritten written, int bytes, int skipped, long position, long unwritten = 0)
    {
        Volatile.Write(ref _unwritten, unwritten);
        Interlocked.Add(ref _lines, written.Written);
        Interlocked.Add(ref _batches, bytes > 0 ? 1 : 0);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _rejected, written.Rejected);
        Interlocked.Add(ref _skipped, skipped);
        Volatile.Write(ref _position, position); // behind the counts: who sees no lag sees them whole
        if (State.Health != HistoryHealth.Running)
        {
            Volatile.Write(ref _state, new HistoryState(HistoryHealth.Running, time.GetUtcNow()));
        }

        Changed?.Invoke();
    }

    internal void Stopped(string reason, string fix, TimeSpan delay)
    {
        Interlocked.Increment(ref _retries);
        var now = time.GetUtcNow();
        var was = State;
        var since = was.Health == HistoryHealth.Stopped ? was.Since : now;
        Volatile.Write(ref _state, new HistoryState(HistoryHealth.Stopped, since, reason, fix, now + delay, was.Attempts + 1));
        Changed?.Invoke();
    }
}
