using System.Threading.Tasks.Sources;

namespace SmartCity.Telemetry;

/// <summary>
/// A reader's wait for frames, used again and again, so that waiting allocates nothing. Its continuation runs on the thread
/// pool, or where its <see cref="SynchronizationContext"/> posts it; never on the committer's thread.
/// </summary>
internal sealed class ReaderWait(LogReader reader, TimeProvider time) : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancel;
    private ITimer? _timer;
    private bool _pending;
    private bool _waiting;
    private bool _posts;

    public ValueTask<bool> WaitAsync(TimeSpan patience, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (reader.HasData)
        {
            return new ValueTask<bool>(true);
        }

        lock (_gate)
        {
            if (_pending)
            {
                throw new InvalidOperationException("One wait at a time: this reader waits already.");
            }

            _pending = true;
            Volatile.Write(ref _posts, false);
            _core.Reset();
            _cancel = cancel;
        }

        // Everything that may end the wait is armed first and looked at again afterwards, so that nothing can slip between.
        _registration = cancel.UnsafeRegister(static wait => ((ReaderWait)wait!).Wake(), this);
        if (patience != Timeout.InfiniteTimeSpan)
        {
            _timer ??= time.CreateTimer(static wait => ((ReaderWait)wait!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(patience, Timeout.InfiniteTimeSpan);
        }

        Volatile.Write(ref _waiting, true);
        Interlocked.MemoryBarrier();
        if (reader.HasData || cancel.IsCancellationRequested)
        {
            Wake();
        }

        return new ValueTask<bool>(this, _core.Version);
    }

    /// <summary>Ends the wait, if there is one; why is looked up when it is over.</summary>
    public void Wake()
    {
        // Whoever has just changed what is waited for must see a wait that has not seen the change.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiting) && Interlocked.Exchange(ref _waiting, false))
        {
            if (Volatile.Read(ref _posts))
            {
                ((IThreadPoolWorkItem)this).Execute(); // only posts: not worth a turn of the pool, in which an alarm could wait
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_cancel.IsCancellationRequested)
        {
            _core.SetException(new OperationCanceledException(_cancel));
        }
        else
        {
            _core.SetResult(reader.HasData);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _registration.Dispose();
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Volatile.Write(ref _pending, false);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // Before the continuation is known: a wake-up between the two finds nobody to run, and OnCompleted posts.
        Volatile.Write(ref _posts, (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0
            && SynchronizationContext.Current is { } context && context.GetType() != typeof(SynchronizationContext));
        _core.OnCompleted(continuation, state, token, flags);
    }
}
