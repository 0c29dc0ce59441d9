namespace SmartCity.Simulators.Load;

/// <summary>Holds the schedule back until every connection has been made once, where the load was asked to connect first: ten thousand
/// CONNECTs take a second, and are not what the latencies of publishes are about.</summary>
internal sealed class LoadStart(int connections, bool hold, Action begin)
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = connections;

    /// <summary>True once publishes may be made.</summary>
    public bool HasBegun => !hold || _all.Task.IsCompleted;

    /// <summary>Completes when publishes may be made.</summary>
    public Task Begun => hold ? _all.Task : Task.CompletedTask;

    /// <summary>One more connection has been made for the first time.</summary>
    public void Opened()
    {
        if (Interlocked.Decrement(ref _left) == 0 && hold)
        {
            begin();
            _all.SetResult();
        }
    }
}
