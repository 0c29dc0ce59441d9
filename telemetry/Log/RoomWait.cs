using System.Threading.Tasks.Sources;

namespace SmartCity.Telemetry;

/// <summary>
/// One wait for room in a lane, used again and again: under full load everybody waits for a moment many times a second, and that must not make
/// garbage. Goes on on the thread pool.
/// </summary>
internal sealed class RoomWait(LogLane lane) : IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancel;
    private Exception? _error;
    private int _over;

    /// <summary>Begins anew; only for one whose last wait was awaited.</summary>
    public ValueTask Begin(CancellationToken cancel)
    {
        _core.Reset();
        _error = null;
        _cancel = cancel;
        Volatile.Write(ref _over, 0);
        _registration = cancel.UnsafeRegister(static wait => ((RoomWait)wait!).Cancel(), this);
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Ends the wait, unless it has ended.</summary>
    public void End(Exception? error)
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            _error = error;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_error is { } error)
        {
            _core.SetException(error);
        }
        else
        {
            _core.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        var cancelled = _error is OperationCanceledException;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            // Waits for a cancellation that is under way: after this nobody but the lane knows it.
            _registration.Dispose();
            lane.TakeBack(this, cancelled);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel() => End(new OperationCanceledException(_cancel));
}
