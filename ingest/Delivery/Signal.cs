namespace SmartCity.Ingest.Delivery;

/// <summary>A call that is not lost when nobody waits yet, and heard once however often it was made.</summary>
internal sealed class Signal
{
    private readonly SemaphoreSlim _raised = new(0, 1);

    public void Raise()
    {
        try
        {
            _raised.Release();
        }
        catch (SemaphoreFullException)
        {
            // it is raised already
        }
    }

    /// <summary>Waits for the call, at most so long.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), end, limit, Timeout.InfiniteTimeSpan);
        try
        {
            await _raised.WaitAsync(end.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
