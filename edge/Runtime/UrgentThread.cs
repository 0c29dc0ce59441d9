namespace SmartCity.Edge.Runtime;

/// <summary>
/// A thread that waits for what cannot wait: a contact of the alarm lane closed. The thread pool may be full of calls into a wedged bus
/// and lets new threads in one by one, half a second apart; a siren has 200 ms. One thread serves all gateways of a process, because its
/// work is short; while it is at work, further items go to the pool.
/// </summary>
internal sealed class UrgentThread
{
    private const int Idle = 0;
    private const int Taken = 1;

    private static readonly Lazy<UrgentThread> Shared = new(static () => new UrgentThread());

    private readonly AutoResetEvent _wake = new(initialState: false);
    private IThreadPoolWorkItem? _item;
    private int _state;

    private UrgentThread() => new Thread(Run) { IsBackground = true, Name = "urgent", Priority = ThreadPriority.AboveNormal }.Start();

    /// <summary>Runs an item, here when the thread is idle, else on the pool.</summary>
    public static void Post(IThreadPoolWorkItem item)
    {
        var thread = Shared.Value;
        if (Interlocked.CompareExchange(ref thread._state, Taken, Idle) != Idle)
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
            return;
        }

        thread._item = item;
        thread._wake.Set();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            var item = _item!;
            _item = null;
            item.Execute();
            Volatile.Write(ref _state, Idle);
        }
    }
}
