namespace SmartCity.TestSupport;

/// <summary>A clock that jumps to whatever is waited for: every timer fires at once, and the clock stands at its due time then. For code
/// that waits for one thing at a time.</summary>
internal sealed class JumpTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private DateTimeOffset _now = start;

    public JumpTime()
        : this(new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>Moves the clock on.</summary>
    public void Advance(TimeSpan by)
    {
        lock (_gate)
        {
            _now += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new JumpTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void JumpTo(DateTimeOffset due)
    {
        lock (_gate)
        {
            _now = due > _now ? due : _now;
        }
    }

    private sealed class JumpTimer(JumpTime clock, TimerCallback callback, object? state) : ITimer
    {
        private int _change;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var change = Interlocked.Increment(ref _change);
            if (dueTime >= TimeSpan.Zero)
            {
                var due = clock.GetUtcNow() + dueTime;
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        if (Volatile.Read(ref _change) == change)
                        {
                            clock.JumpTo(due);
                            callback(state);
                        }
                    },
                    null);
            }

            return true;
        }

        public void Dispose() => Interlocked.Increment(ref _change);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
