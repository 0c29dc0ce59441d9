namespace SmartCity.Ingest.Serve;

/// <summary>
/// A thread of its own for one asynchronous loop: what is awaited in it goes on in it. The readers of the log have one each, so that the batches
/// of telemetry never stand in the pool's queue before an alarm's socket, and an alarm's reader never stands in any queue at all.
/// </summary>
internal sealed class OwnThread : SynchronizationContext
{
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _come = new(initialState: false);
    private Queue<(SendOrPostCallback Work, object? State)> _posted = [];
    private Queue<(SendOrPostCallback Work, object? State)> _running = [];

    private OwnThread()
    {
    }

    /// <summary>Runs <paramref name="loop"/> on a new thread until it ends.</summary>
    /// <param name="name">The thread's, at most 15 letters of which Linux shows.</param>
    /// <param name="loop">The loop.</param>
    /// <returns>Ends as the loop does.</returns>
    public static Task Run(string name, Func<Task> loop)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var context = new OwnThread();
        new Thread(() => context.Run(loop, done)) { IsBackground = true, Name = name }.Start();
        return done.Task;
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        bool first;
        lock (_gate)
        {
            first = _posted.Count == 0;
            _posted.Enqueue((d, state));
        }

        if (first)
        {
            _come.Set();
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for a reader's thread.");

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    private void Run(Func<Task> loop, TaskCompletionSource done)
    {
        SetSynchronizationContext(this);
        Task running;
        try
        {
            running = loop();
        }
        catch (Exception e)
        {
            done.SetException(e);
            return;
        }

        // Whatever ends it, the thread hears of it.
        _ = running.ContinueWith(static (_, me) => ((OwnThread)me!)._come.Set(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (!running.IsCompleted)
        {
            _come.WaitOne();
            Take();
        }

        Take(); // what was posted last
        done.SetFromTask(running);
    }

    private void Take()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_posted.Count == 0)
                {
                    return;
                }

                (_posted, _running) = (_running, _posted);
            }

            while (_running.TryDequeue(out var next))
            {
                next.Work(next.State);
            }
        }
    }
}
