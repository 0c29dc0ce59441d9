using System.Threading.Tasks.Sources;

namespace SmartCity.Mqtt;

/// <summary>Lets one waiter wait for "something changed", again and again without allocating. A signal given early is kept.</summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int _idle = 0;
    private const int _waiting = 1;
    private const int _signalled = 2;
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;

    public void Set()
    {
        if (Interlocked.Exchange(ref _state, _signalled) == _waiting)
        {
            Volatile.Write(ref _state, _idle);
            _core.SetResult(true);
        }
    }

    /// <summary>Completes at the next <see cref="Set"/>, or at once if there was one since the last wait. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, _idle, _signalled) == _signalled)
        {
            return ValueTask.CompletedTask;
        }

        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, _waiting, _idle) == _idle)
        {
            return new ValueTask(this, _core.Version);
        }

        Volatile.Write(ref _state, _idle); // signalled between the two looks
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
