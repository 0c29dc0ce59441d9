using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>Appends go at the pace of the slowest reader, unless it stands still.</summary>
public sealed class LogPaceTests
{
    private const int Pace = 32 * 1024;
    private const int FrameBytes = 1034;
    private static readonly TimeSpan _moment = TimeSpan.FromMilliseconds(5);
    private static readonly byte[] _payload = Encoding.ASCII.GetBytes(new string('x', 1000));

    [Fact]
    public async Task A_reader_that_is_slow_slows_appends()
    {
        using var temp = Paced();
        var time = new ManualTime();
        await using var log = temp.Open(time);
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("slow");
        await Append(lane, 2, PauseReason.None);
        reader.TryRead(1, out _);
        await Append(lane, 1000, PauseReason.Readers);
        Assert.InRange(lane.Appended - reader.Cursor.Position, Pace, Pace + FrameBytes);
        var room = lane.RoomAsync().AsTask();
        time.Advance(_moment);
        Assert.False(room.IsCompleted);
        reader.TryRead(FrameBytes, out _);
        time.Advance(_moment);
        await room.WaitAsync(TempLog.Patience);
        for (var i = 0; i < 500; i++)
        {
            await Append(lane, 1000, PauseReason.Readers);
            Assert.InRange(lane.Appended - reader.Cursor.Position, Pace / 2, Pace + FrameBytes);
            reader.TryRead(Pace / 8, out _);
            time.Advance(_moment);
        }

        TempLog.ReadAll(reader);
        time.Advance(_moment);
        Assert.Equal(PauseReason.None, lane.Paused);
        Assert.DoesNotContain(temp.Notices, notice => notice.Kind == LogNoticeKind.Paused); // not worth a word: it is the normal way of being busy
    }

    [Fact]
    public async Task What_a_long_step_of_a_reader_frees_is_given_out_over_the_time_it_took()
    {
        using var temp = Paced();
        var time = new ManualTime();
        await using var log = temp.Open(time);
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("steps");
        await Append(lane, 2, PauseReason.None);
        reader.TryRead(1, out _);
        await Append(lane, 1000, PauseReason.Readers);
        time.Advance(TimeSpan.FromMilliseconds(100));
        reader.TryRead(8 * FrameBytes, out _);
        var before = lane.Appended;
        for (var tenth = 1; tenth <= 20; tenth++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            await Append(lane, 1000, PauseReason.Readers);
            Assert.InRange(lane.Appended - before, Math.Min(tenth, 10) * 0.8 * FrameBytes - FrameBytes, (Math.Min(tenth, 10) * 0.8 * FrameBytes) + FrameBytes);
        }
    }

    [Fact]
    public async Task The_slowest_of_several_counts_and_one_that_goes_does_not()
    {
        using var temp = Paced();
        await using var log = temp.Open(new ManualTime());
        var lane = log[Lane.Telemetry];
        var (quick, slow) = (lane.OpenReader("quick"), lane.OpenReader("slow"));
        await Append(lane, 2, PauseReason.None);
        TempLog.ReadAll(quick);
        slow.TryRead(1, out _);
        await Append(lane, 1000, PauseReason.Readers);
        TempLog.ReadAll(quick);
        Assert.Equal(PauseReason.Readers, lane.Paused);
        lane.Forget("slow");
        Assert.Equal(PauseReason.None, lane.Paused);
    }

    [Fact]
    public async Task One_that_stands_still_holds_nobody_up_and_is_caught_up_with_when_it_goes_on()
    {
        using var temp = Paced();
        var time = new ManualTime();
        await using var log = temp.Open(time);
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("store");
        await Append(lane, 2, PauseReason.None);
        reader.TryRead(1, out _);
        await Append(lane, 1000, PauseReason.Readers);
        var room = lane.RoomAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(room.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1.5));
        await room.WaitAsync(TempLog.Patience);

        // Its store is away: the log takes what comes, far beyond the pace.
        await Append(lane, 500, PauseReason.None);
        Assert.True(lane.Appended - reader.Cursor.Position > 10 * Pace);

        // It goes on: from here seven bytes come in for eight that it reads, until it is near.
        var before = lane.Appended;
        var from = reader.Cursor.Position;
        while (lane.Appended - reader.Cursor.Position > Pace + FrameBytes)
        {
            reader.TryRead(Pace / 4, out _);
            time.Advance(TimeSpan.FromSeconds(1));
            await Append(lane, 1000, PauseReason.Readers);
            Assert.InRange(lane.Appended - before, 0, ((reader.Cursor.Position - from) * 7 / 8) + (2 * FrameBytes));
        }
    }

    [Fact]
    public async Task Alarms_know_no_pace()
    {
        using var temp = Paced();
        await using var log = temp.Open(new ManualTime());
        var lane = log[Lane.Alarm];
        var reader = lane.OpenReader("slow");
        await Append(lane, 2, PauseReason.None);
        reader.TryRead(1, out _);
        await Append(lane, 200, PauseReason.None);
    }

    private static TempLog Paced()
    {
        var temp = new TempLog();
        temp.Options = temp.Options with { PaceBytes = Pace };
        return temp;
    }

    // Appends and commits publishes until there are so many, or the lane pauses for more than a moment.
    private static async Task Append(LogLane lane, int count, PauseReason expected)
    {
        for (var i = 0; i < count; i++)
        {
            while (!lane.TryAppend(FrameFlags.None, 0, "gw"u8, _payload, null, 0, out _))
            {
                if (lane.Paused != PauseReason.Memory)
                {
                    Assert.Equal(expected, lane.Paused);
                    await lane.FlushAsync().AsTask().WaitAsync(TempLog.Patience);
                    return;
                }

                await lane.RoomAsync().AsTask().WaitAsync(TempLog.Patience);
            }
        }

        Assert.Equal(PauseReason.None, expected);
        await lane.FlushAsync().AsTask().WaitAsync(TempLog.Patience);
    }
}

/// <summary>A clock that stands still until it is moved; its timers fire on the thread that moves it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _now = TimeSpan.TicksPerHour;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (_gate)
        {
            _now += by.Ticks;
            due = _timers.FindAll(timer => timer.Due <= _now);
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    private sealed class Timer(ManualTime time, Action fire) : ITimer
    {
        public long Due { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks;
            return true;
        }

        public void Fire()
        {
            Due = long.MaxValue;
            fire();
        }

        public void Dispose() => Due = long.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
