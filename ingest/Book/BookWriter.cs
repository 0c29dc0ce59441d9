using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.Book;

/// <summary>Which queue a write stands in. Alarms go before everything else that waits.</summary>
internal enum WritePriority
{
    /// <summary>People, registry, snapshots.</summary>
    Normal,

    /// <summary>A commit of the alarm lane: a gateway waits for its PUBACK.</summary>
    Alarm,
}

/// <summary>
/// The only one who writes: a thread of its own, so that a sync to disk blocks no thread of the pool, with two bounded
/// queues. Each write is one <c>BEGIN IMMEDIATE … COMMIT</c>.
/// </summary>
internal sealed class BookWriter : IAsyncDisposable
{
    // SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the disk refused to grow the shared-memory index of the write-ahead log.
    private const int Full = 13;
    private const int SharedMemorySize = 4874;

    private readonly SqlSession _sql;
    private readonly BookOptions _options;
    private readonly Channel<Job> _alarms;
    private readonly Channel<Job> _others;
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _seenVersion;
    private long _commits;
    private long _reserveReleases;

    public BookWriter(SqlSession sql, BookOptions options)
    {
        _sql = sql;
        _options = options;
        _alarms = Channel.CreateBounded<Job>(options.QueuedWrites);
        _others = Channel.CreateBounded<Job>(options.QueuedWrites);
        _seenVersion = DataVersion();
        new Thread(Work) { IsBackground = true, Name = "book writer" }.Start();
    }

    /// <summary>Another process has committed something; raised on the writer's thread. Must not wait.</summary>
    public event Action? ForeignChange;

    /// <summary>Transactions committed since start.</summary>
    public long Commits => Volatile.Read(ref _commits);

    /// <summary>How often the reserve had to be given to an alarm.</summary>
    public long ReserveReleases => Volatile.Read(ref _reserveReleases);

    /// <summary>Runs <paramref name="work"/> in a transaction of its own; durable when the task completes. An exception rolls it back.</summary>
    public async Task<T> RunAsync<T>(Func<BookTransaction, T> work, WritePriority priority, CancellationToken cancel)
    {
        var job = new Job<T>(work, priority);
        try
        {
            await (priority == WritePriority.Alarm ? _alarms : _others).Writer.WriteAsync(job, cancel);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The book is closed.", e);
        }

        _work.Release();
        return await job.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _alarms.Writer.TryComplete();
        _others.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _stopped.Task;
        _stopping.Dispose();
        _work.Dispose();
        _sql.Dispose();
    }

    private void Work()
    {
        try
        {
            while (true)
            {
                if (Next() is { } job)
                {
                    Run(job);
                    continue;
                }

                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                try
                {
                    if (!_work.Wait(_options.ForeignCheck, _stopping.Token))
                    {
                        LookForForeignChange();
                    }
                }
                catch (OperationCanceledException)
                {
                    // Stopping: the loop goes round once more to finish what was accepted.
                }
            }
        }
        finally
        {
            _stopped.SetResult();
        }
    }

    private Job? Next() => _alarms.Reader.TryRead(out var job) || _others.Reader.TryRead(out job) ? job : null;

    private void Run(Job job)
    {
        while (true)
        {
            var transaction = new BookTransaction(_sql);
            try
            {
                _sql.Execute("BEGIN IMMEDIATE");
                job.Execute(transaction);
                transaction.Finish();
                _sql.Execute("COMMIT");
            }
            catch (SqliteException e) when (IsFull(e) && job.Priority == WritePriority.Alarm && ReleaseReserve())
            {
                RollBack();
                continue;
            }
            catch (Exception e)
            {
                RollBack();
                job.Fail(e);
                return;
            }

            Interlocked.Increment(ref _commits);
            try
            {
                transaction.Committed();
            }
            catch (AggregateException e)
            {
                job.Fail(e);
                return;
            }

            job.Complete();
            return;
        }
    }

    private static bool IsFull(SqliteException e) => e.SqliteErrorCode == Full || e.SqliteExtendedErrorCode == SharedMemorySize;

    private bool ReleaseReserve()
    {
        if (_options.ReleaseReserve?.Invoke() != true)
        {
            return false;
        }

        Interlocked.Increment(ref _reserveReleases);
        return true;
    }

    private void RollBack()
    {
        // SQLite itself ends the transaction on some errors (FULL, IOERR); a second ROLLBACK would be an error.
        if (SQLitePCL.raw.sqlite3_get_autocommit(_sql.Connection.Handle) == 0)
        {
            _sql.Execute("ROLLBACK");
        }
    }

    private void LookForForeignChange()
    {
        var version = DataVersion();
        if (version != _seenVersion)
        {
            _seenVersion = version;
            ForeignChange?.Invoke();
        }
    }

    // https://sqlite.org/pragma.html#pragma_data_version: changes only when another connection commits.
    private long DataVersion() => _sql.Number("PRAGMA data_version") ?? 0;

    private abstract class Job(WritePriority priority)
    {
        public WritePriority Priority { get; } = priority;

        public abstract void Execute(BookTransaction transaction);

        public abstract void Complete();

        public abstract void Fail(Exception reason);
    }

    private sealed class Job<T>(Func<BookTransaction, T> work, WritePriority priority) : Job(priority)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Task => _done.Task;

        public override void Execute(BookTransaction transaction) => _result = work(transaction);

        public override void Complete() => _done.SetResult(_result!);

        public override void Fail(Exception reason) => _done.SetException(reason);
    }
}
