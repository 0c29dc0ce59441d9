namespace SmartCity.Telemetry;

/// <summary>
/// Threads that write and flush lanes. A lane stands in the queue at most once, so the queue is bounded by the number of lanes;
/// whatever is appended while a lane is being flushed goes with its next turn, which is what makes commits group themselves.
/// An idle lane costs nothing.
/// </summary>
public sealed class LogCommitter : IDisposable
{
    private readonly Queue<LogLane> _queue = new();
    private readonly Thread[] _threads;
    private bool _stopped;

    /// <summary>Starts <paramref name="threads"/> threads (1–64).</summary>
    public LogCommitter(int threads = 1, string name = "log committer")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 64);
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = name };
            _threads[i].Start();
        }
    }

    /// <summary>Ends the threads after the turn each is in. Close the logs first.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _stopped = true;
            Monitor.PulseAll(_queue);
        }

        foreach (var thread in _threads)
        {
            if (thread != Thread.CurrentThread)
            {
                thread.Join();
            }
        }
    }

    internal void Enqueue(LogLane lane)
    {
        lock (_queue)
        {
            _queue.Enqueue(lane);
            Monitor.Pulse(_queue);
        }
    }

    private void Run()
    {
        while (true)
        {
            LogLane lane;
            lock (_queue)
            {
                while (_queue.Count == 0)
                {
                    if (_stopped)
                    {
                        return;
                    }

                    Monitor.Wait(_queue);
                }

                lane = _queue.Dequeue();
            }

            lane.Turn();
        }
    }
}
