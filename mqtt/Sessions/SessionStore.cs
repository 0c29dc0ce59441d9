using Microsoft.Data.Sqlite;

namespace SmartCity.Mqtt;

/// <summary>Limits of <see cref="SessionStore"/>.</summary>
public sealed record SessionStoreOptions
{
    /// <summary>Bytes that may wait to be written before publishers have to (<see cref="SessionStore.RoomAsync"/>); at twice this they are refused.</summary>
    public long MaximumPendingBytes { get; init; } = 16L << 20;

    /// <summary>Most bytes written in one transaction, so that a commit stays short.</summary>
    public long MaximumBatchBytes { get; init; } = 4L << 20;

    /// <summary>First pause after a failed write; doubles up to <see cref="MaximumRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause between attempts to write.</summary>
    public TimeSpan MaximumRetryDelay { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// What has to survive the process: kept sessions with their subscriptions, messages and identifiers, and retained messages. One SQLite
/// file (WAL, synchronous=FULL), one thread that writes it. Changes are written in the order given; those that come while a commit runs
/// share the next one. A write that fails is tried again until it succeeds: nothing is acknowledged that is not on disk.
/// </summary>
public sealed class SessionStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _work = new(initialState: false);
    private readonly ManualResetEventSlim _stop = new();
    private readonly SessionStoreOptions _options;
    private readonly StoreDatabase _database;
    private readonly Thread _thread;
    private readonly Queue<Unit> _pending = [];
    private TaskCompletionSource? _room;
    private long _pendingBytes;
    private long _commits;
    private long _faults;
    private bool _stopping;

    private SessionStore(StoreDatabase database, SessionStoreOptions options)
    {
        _database = database;
        _options = options;
        Contents = database.Load();
        _thread = new Thread(Run) { IsBackground = true, Name = "mqtt session store" };
        _thread.Start();
    }

    /// <summary>A write failed (it will be tried again), or a callback threw. Raised on the store's thread.</summary>
    public event Action<Exception>? Faulted;

    /// <summary>Transactions committed.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Failed attempts to write.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>Bytes waiting to be written.</summary>
    public long PendingBytes => Interlocked.Read(ref _pendingBytes);

    /// <summary>What was in the store when it was opened; taken once, by the broker.</summary>
    internal StoreContents? Contents { get; private set; }

    /// <summary>Runs before each attempt to write: where a test lets the disk fail. Null otherwise.</summary>
    internal Action? BeforeWrite { get; set; }

    /// <summary>Whether publishes are still taken.</summary>
    internal bool HasRoom => PendingBytes < 2 * _options.MaximumPendingBytes;

    /// <summary>Opens or makes the store. It belongs to one process: a second one is refused.</summary>
    /// <param name="path">The file; its directory has to exist.</param>
    /// <param name="options">Limits, or null for the defaults.</param>
    /// <returns>The store.</returns>
    /// <exception cref="SqliteException">The file cannot be opened, is no SQLite file, or another process has it.</exception>
    /// <exception cref="InvalidDataException">The file was written by a later version of this program.</exception>
    public static SessionStore Open(string path, SessionStoreOptions? options = null) =>
        new(StoreDatabase.Open(path), options ?? new SessionStoreOptions());

    /// <summary>Completes when publishers may go on; at once in ordinary times.</summary>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>A task that holds a publisher back while the disk is behind.</returns>
    public ValueTask RoomAsync(CancellationToken cancel)
    {
        if (PendingBytes < _options.MaximumPendingBytes)
        {
            return ValueTask.CompletedTask;
        }

        lock (_gate)
        {
            if (_pendingBytes < _options.MaximumPendingBytes)
            {
                return ValueTask.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task.WaitAsync(cancel));
        }
    }

    /// <summary>Writes what is pending, if the disk lets it, and closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
        }

        _stop.Set();
        _work.Set();
        _thread.Join();
        _database.Dispose();
        _work.Dispose();
        _stop.Dispose();
    }

    internal StoreContents? TakeContents()
    {
        var contents = Contents;
        Contents = null;
        return contents;
    }

    /// <summary>Queues changes that are written together or not at all; after <see cref="Dispose"/> they are not written and not reported.</summary>
    /// <param name="operations">In order; may be empty, to hear when everything before is durable.</param>
    /// <param name="whenDurable">Called on the store's thread once they are on disk; must be quick.</param>
    internal void Submit(IReadOnlyList<StoreOperation> operations, Action? whenDurable)
    {
        long size = 64;
        for (var i = 0; i < operations.Count; i++)
        {
            size += operations[i].Size;
        }

        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _pending.Enqueue(new Unit(operations, whenDurable, size));
            _pendingBytes += size;
            _work.Set();
        }
    }

    private void Run()
    {
        List<Unit> batch = [];
        while (true)
        {
            if (!Take(batch))
            {
                if (_stop.IsSet)
                {
                    return;
                }

                _work.WaitOne();
                continue;
            }

            if (!Write(batch))
            {
                return;                                               // stopping, and the disk still refuses: what was not durable was not acknowledged
            }

            foreach (var unit in batch)
            {
                Tell(unit.WhenDurable);
            }

            Release(batch);
        }
    }

    private bool Take(List<Unit> batch)
    {
        batch.Clear();
        long bytes = 0;
        lock (_gate)
        {
            while (bytes < _options.MaximumBatchBytes && _pending.TryDequeue(out var unit))
            {
                batch.Add(unit);
                bytes += unit.Size;
            }
        }

        return batch.Count > 0;
    }

    private bool Write(List<Unit> batch)
    {
        var pause = _options.RetryDelay;
        while (true)
        {
            try
            {
                BeforeWrite?.Invoke();
                _database.Write(batch.SelectMany(unit => unit.Operations));
                Interlocked.Increment(ref _commits);
                return true;
            }
            catch (SqliteException fault)
            {
                Interlocked.Increment(ref _faults);
                Faulted?.Invoke(fault);
            }

            if (_stop.Wait(pause))
            {
                return false;
            }

            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _options.MaximumRetryDelay.Ticks));
        }
    }

    private void Tell(Action? whenDurable)
    {
        try
        {
            whenDurable?.Invoke();
        }
#pragma warning disable CA1031 // one caller's mistake must not stop everyone's acknowledgements
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Faulted?.Invoke(fault);
        }
    }

    private void Release(List<Unit> batch)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            foreach (var unit in batch)
            {
                _pendingBytes -= unit.Size;
            }

            if (_pendingBytes < _options.MaximumPendingBytes)
            {
                (room, _room) = (_room, null);
            }
        }

        room?.SetResult();
    }

    private readonly record struct Unit(IReadOnlyList<StoreOperation> Operations, Action? WhenDurable, long Size);
}
