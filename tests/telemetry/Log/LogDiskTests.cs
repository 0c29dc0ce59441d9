using System.Globalization;
using SmartCity.TestSupport;

namespace SmartCity.Telemetry.Tests;

public sealed class LogDiskTests
{
    [Fact]
    public async Task Nothing_is_acknowledged_before_the_flush_and_what_arrives_meanwhile_shares_the_next()
    {
        using var temp = new TempLog();
        var disk = new FaultyDisk();
        temp.Options = temp.Options with { Disk = disk };
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        await TempLog.Append(lane, 0, 1);
        var commits = lane.Commits;
        disk.Gate.Reset();
        disk.AtGate.Reset();
        var waiter = new Waiter();
        Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "first"u8, waiter, 0, out _));
        Assert.True(disk.AtGate.Wait(TempLog.Patience));
        for (var i = 1; i <= 100; i++)
        {
            Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "more"u8, waiter, i, out _));
        }

        Assert.Empty(waiter.Tokens);
        var reader = lane.OpenReader("r");
        TempLog.CheckAll(reader, 0, 1);
        disk.Gate.Set();
        waiter.WaitFor(101);
        await lane.FlushAsync();
        Assert.Equal(commits + 2, lane.Commits);
        Assert.Equal(101, TempLog.ReadAll(reader).Count);
    }

    [Fact]
    public async Task A_failed_flush_is_never_believed_the_second_time()
    {
        using var temp = new TempLog();
        var disk = new FaultyDisk();
        temp.Options = temp.Options with { Disk = disk };
        await using (var log = temp.Open())
        {
            var lane = log[Lane.Telemetry];
            for (var round = 0; round < 20; round++)
            {
                // 1: repeated at once; 3: the lane pauses and tries again.
                disk.FailFlushes = round % 2 == 0 ? 1 : 3;
                await TempLog.Append(lane, round * 10, (round + 1) * 10);
            }

            Assert.True(lane.DiskErrors >= 20);
            Assert.Equal(PauseReason.None, lane.Paused);
            Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.DiskError);
            Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.Resumed);
        }

        temp.Options = temp.Options with { Disk = LogDisk.Real };
        await using (var log = temp.Open())
        {
            var reader = log[Lane.Telemetry].OpenReader("r");
            TempLog.CheckAll(reader, 0, 200);
            Assert.True(reader.DiskReads > 0);
        }
    }

    [Theory]
    [InlineData(28)]
    [InlineData(5)]
    public async Task A_failed_write_pauses_the_lane_loudly_and_is_tried_again(int error)
    {
        using var temp = new TempLog();
        var time = new FakeTime();
        var disk = new FaultyDisk { ErrorNumber = error };
        temp.Options = temp.Options with { Disk = disk };
        await using (var log = temp.Open(time))
        {
            var lane = log[Lane.Telemetry];
            await TempLog.Append(lane, 0, 5);
            disk.FailWrites = 3;
            disk.FailCreates = 3;
            var waiter = new Waiter();
            Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, System.Text.Encoding.UTF8.GetBytes(TempLog.TextOf(5)), waiter, 1, out _));
            Assert.True(SpinWait.SpinUntil(() => lane.Paused == PauseReason.DiskError, TempLog.Patience));
            Assert.False(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "x"u8, waiter, 2, out _));
            Assert.Empty(waiter.Tokens);
            var room = lane.RoomAsync().AsTask();

            // The other lane does not care.
            await TempLog.Append(log[Lane.Alarm], 0, 10);
            for (var i = 0; i < 10 && !room.IsCompleted; i++)
            {
                var errors = lane.DiskErrors;
                time.Advance(temp.Options.RetryInterval);
                SpinWait.SpinUntil(() => room.IsCompleted || lane.DiskErrors > errors, TempLog.Patience);
            }

            await room.WaitAsync(TempLog.Patience);
            waiter.WaitFor(1);
            await TempLog.Append(lane, 6, 10);
        }

        temp.Options = temp.Options with { Disk = LogDisk.Real };
        await using var again = temp.Open();
        TempLog.CheckAll(again[Lane.Telemetry].OpenReader("r"), 0, 10);
        TempLog.CheckAll(again[Lane.Alarm].OpenReader("r"), 0, 10);
    }

    [Fact]
    public async Task Telemetry_leaves_the_last_of_the_disk_alone()
    {
        using var temp = new TempLog();
        var time = new FakeTime();
        var disk = new FaultyDisk { Free = 999 };
        temp.Options = temp.Options with { Disk = disk, MinimumFreeBytes = 1000 };
        await using var log = temp.Open(time);
        var lane = log[Lane.Telemetry];
        Assert.True(SpinWait.SpinUntil(() => lane.Paused == PauseReason.DiskFree, TempLog.Patience));
        var room = lane.RoomAsync().AsTask();
        await TempLog.Append(log[Lane.Alarm], 0, 10);
        time.Advance(temp.Options.RetryInterval);
        disk.Free = 1000;
        for (var i = 0; i < 3 && !room.IsCompleted; i++)
        {
            time.Advance(temp.Options.RetryInterval);
            SpinWait.SpinUntil(() => room.IsCompleted, TimeSpan.FromSeconds(1));
        }

        await room.WaitAsync(TempLog.Patience);
        await TempLog.Append(lane, 0, 10);
        using var cancel = new CancellationTokenSource();
        disk.Free = 0;
        time.Advance(temp.Options.RetryInterval);
        await TempLog.Append(lane, 10, 11);
        Assert.True(SpinWait.SpinUntil(() => lane.Paused == PauseReason.DiskFree, TempLog.Patience));
        var cancelled = lane.RoomAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task Closing_with_a_broken_disk_ends_and_refuses_everything_afterwards()
    {
        using var temp = new TempLog();
        var disk = new FaultyDisk();
        temp.Options = temp.Options with { Disk = disk };
        var log = temp.Open();
        var lane = log[Lane.Telemetry];
        disk.FailWrites = disk.FailCreates = int.MaxValue;
        var waiter = new Waiter();
        Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "x"u8, waiter, 1, out _));
        Assert.True(SpinWait.SpinUntil(() => lane.Paused == PauseReason.DiskError, TempLog.Patience));
        var room = lane.RoomAsync().AsTask();
        var flush = lane.FlushAsync().AsTask();
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => room);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => flush);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await lane.RoomAsync());
        Assert.Empty(waiter.Tokens);
        Assert.Equal(PauseReason.Closed, lane.Paused);
        Assert.False(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "x"u8, waiter, 1, out _));
        Assert.Throws<ObjectDisposedException>(() => lane.OpenReader("r"));
    }

    [Fact]
    public async Task A_hundred_small_logs_share_one_thread_and_idle_for_nothing()
    {
        using var parent = new TempLog();
        using var committer = new LogCommitter();
        var logs = new List<CityLog>();
        try
        {
            var threads = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
            for (var i = 0; i < 100; i++)
            {
                logs.Add(CityLog.Open(
                    parent.Options with { Directory = Path.Combine(parent.Directory, "gw-" + i.ToString(CultureInfo.InvariantCulture)), Committer = committer },
                    TimeProvider.System));
            }

            await Task.WhenAll(logs.Select(log => TempLog.Append(log[Lane.Telemetry], 0, 20)));
            Assert.True(System.Diagnostics.Process.GetCurrentProcess().Threads.Count < threads + 30);
            foreach (var log in logs)
            {
                Assert.InRange(log[Lane.Telemetry].Commits, 1, 20);
                Assert.Equal(0, log[Lane.Alarm].Commits);
                TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, 20);
            }
        }
        finally
        {
            foreach (var log in logs)
            {
                await log.DisposeAsync();
            }
        }
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        using var temp = new TempLog();
        var good = temp.Options;
        (LogOptions Options, string Name)[] bad =
        [
            (good with { MemoryBytes = 1024 }, nameof(LogOptions.MemoryBytes)),
            (good with { MemoryBytes = 100_000 }, nameof(LogOptions.MemoryBytes)),
            (good with { AlarmMemoryBytes = 0 }, nameof(LogOptions.AlarmMemoryBytes)),
            (good with { SegmentBytes = 1000 }, nameof(LogOptions.SegmentBytes)),
            (good with { AlarmSegmentBytes = 1000 }, nameof(LogOptions.AlarmSegmentBytes)),
            (good with { BudgetBytes = 1000 }, nameof(LogOptions.BudgetBytes)),
            (good with { AlarmBudgetBytes = 1000 }, nameof(LogOptions.AlarmBudgetBytes)),
            (good with { WaiterCapacity = 0 }, nameof(LogOptions.WaiterCapacity)),
            (good with { RetryInterval = TimeSpan.Zero }, nameof(LogOptions.RetryInterval)),
            (good with { MinimumFreeBytes = -1 }, nameof(LogOptions.MinimumFreeBytes)),
            (good with { ReserveBytes = -1 }, nameof(LogOptions.ReserveBytes)),
            (good with { Directory = " " }, nameof(LogOptions.Directory)),
        ];
        foreach (var (options, name) in bad)
        {
            Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => CityLog.Open(options, TimeProvider.System)).Message, StringComparison.Ordinal);
        }
    }
}
