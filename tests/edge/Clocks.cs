using SmartCity.Edge.Clocks;

namespace SmartCity.Edge.Tests;

/// <summary>Evidence that says what a test wants.</summary>
internal sealed class FakeEvidence(string boot = "0123456789abcdef0123456789abcdef") : ClockEvidence
{
    public bool Synchronised { get; set; }

    public DateTimeOffset? Rtc { get; set; }

    public override string BootId => boot;

    public override bool IsSynchronised => Synchronised;

    public override DateTimeOffset? RealTimeClock => Rtc;
}

/// <summary>A wall clock that can be set and a monotonic one that cannot; timers are fired by nobody.</summary>
internal sealed class TwoClocks(DateTimeOffset now) : TimeProvider
{
    private long _monotonic = 77_000_000_000;

    public DateTimeOffset Now { get; set; } = now;

    public override long TimestampFrequency => 1_000_000_000;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => _monotonic;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

    /// <summary>Time passes on both.</summary>
    public void Pass(TimeSpan time)
    {
        Now += time;
        _monotonic += time.Ticks * 100;
    }

    private sealed class Never : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
