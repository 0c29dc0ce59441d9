using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>Waits for every frame of one request, in whichever lane.</summary>
internal sealed class ManyFrames : ILogWaiter
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the request itself, so that an early frame cannot finish it while later ones are still being appended.
    private int _open = 1;

    /// <summary>Completes when all frames are acknowledged.</summary>
    public Task Done => _done.Task;

    /// <summary>One more frame is about to be appended.</summary>
    public void Expect() => Interlocked.Increment(ref _open);

    /// <summary>No more frames follow.</summary>
    public void Close() => Durable(0);

    /// <inheritdoc/>
    public void Durable(long token)
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.TrySetResult();
        }
    }
}
