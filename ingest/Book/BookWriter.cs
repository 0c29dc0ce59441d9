using System.Threading.Channels;
using SmartCity.Ingest.Book.Engines;

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
/// queues. Each write is one transaction, and no other process writes between its beginning and its end.
/// </summary>
internal sealed class BookWriter : IAsyncDisposable
{
    private readonly BookEngine _engine;
    private SqlSession _sql;
    private readonly BookWatch _watch;
    private readonly BookOptions _options;
    private readonly Channel<Job> _alarms;
    private readonly Channel<Job> _others;
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _commits;
    private volatile bool _hasTurn;
    private long _reserveReleases;

    public BookWriter(BookEngine engine, SqlSession sql, BookWatch watch, BookOptions options)
    {
        _engine = engine;
        _watch = watch;
        _sql = sql;
        _options = options;
        _alarms = Channel.CreateBounded<Job>(options.QueuedWrites);
        _others = Channel.CreateBounded<Job>(options.QueuedWrites);
        new Thread(Work) { IsBackground = true, Name = "book writer" }.Start();
    }

    /// <summary>Transactions committed since start.</summary>
    public long Commits => Volatile.Read(ref _commits);

    /// <summary>Its turn has come and is not over: the number of the question that it has asked last. Null: it has none, or waits for it. Any thread.</summary>
    public long? UnderWay => _hasTurn ? Volatile.Read(ref _sql).Asked : null;

    /// <summary>How often the reserve had to be given to an alarm.</summary>
    public long ReserveReleases => Volatile.Read(ref _reserveReleases);

    /// <summary>Runs <paramref name="work"/> in a transaction of its own; durable when the task completes. An exception rolls it back.</summary>
    public Task<T> RunAsync<T>(Func<BookTransaction, T> work, WritePriority priority, CancellationToken cancel)
    {
        var job = new Job<T>(work, priority);
        return _watch.IsWatching ? OrAwayAsync(job, cancel) : RunAsync(job, cancel);
    }

    // Whoever has been told that the book is away has not what they asked for happen later, unless it was under way.
    private async Task<T> OrAwayAsync<T>(Job<T> job, CancellationToken cancel)
    {
        _watch.ThrowIfAway();
        try
        {
            return await _watch.OrAwayAsync(RunAsync(job, cancel));
        }
        catch (BookEngineException e) when (e.Fault == BookFault.Away && job.TryGiveUp())
        {
            throw _watch.Away(notBegun: true);
        }
    }

    private async Task<T> RunAsync<T>(Job<T> job, CancellationToken cancel)
    {
        try
        {
            await (job.Priority == WritePriority.Alarm ? _alarms : _others).Writer.WriteAsync(job, cancel);
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
                    if (job.TryBegin())
                    {
                        Run(job);
                    }

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
                        _engine.Idle(_sql);
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
            try
            {
                Begin(again: true);
            }
            catch (Exception e)
            {
                _sql.RollBack();
                job.Fail(e);
                return;
            }

            var transaction = new BookTransaction(_sql);
            try
            {
                _hasTurn = true;
                job.Execute(transaction);
                transaction.Finish();
                _sql.Commit();
            }
            catch (BookEngineException e) when (e.Fault == BookFault.Full && job.Priority == WritePriority.Alarm && ReleaseReserve())
            {
                _sql.RollBack();
                continue;
            }
            catch (Exception e)
            {
                _sql.RollBack();
                job.Fail(e);
                return;
            }
            finally
            {
                _hasTurn = false;
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

    // A connection may have been lost while nothing was written: then there is another, once.
    private void Begin(bool again)
    {
        if (_sql.IsBroken)
        {
            var next = _engine.OpenWriter();
            _sql.Dispose();
            _sql = next;
            Migrations.Check(_sql, _engine.Place);
        }

        try
        {
            _sql.BeginWrite();
        }
        catch (BookEngineException) when (again && _sql.IsBroken)
        {
            Begin(again: false);
        }
    }

    private bool ReleaseReserve()
    {
        if (!_engine.IsLocal || _options.ReleaseReserve?.Invoke() != true)
        {
            return false;
        }

        Interlocked.Increment(ref _reserveReleases);
        return true;
    }

    private abstract class Job(WritePriority priority)
    {
        private int _turned;

        public WritePriority Priority { get; } = priority;

        /// <summary>False when it was given up.</summary>
        public bool TryBegin() => Interlocked.Exchange(ref _turned, 1) == 0;

        /// <summary>False when it has begun.</summary>
        public bool TryGiveUp() => Interlocked.Exchange(ref _turned, 1) == 0;

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
