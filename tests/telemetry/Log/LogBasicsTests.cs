using System.Text;

namespace SmartCity.Telemetry.Tests;

public sealed class LogBasicsTests
{
    [Fact]
    public async Task What_is_appended_is_read_and_still_there_after_reopening()
    {
        using var temp = new TempLog();
        LogCursor middle;
        Guid id;
        int first;
        await using (var log = temp.Open())
        {
            id = log.Id;
            var lane = log[Lane.Telemetry];
            var reader = lane.OpenReader("grains");
            await TempLog.Append(lane, 0, 100);
            Assert.True(reader.TryRead(1000, out var batch));
            middle = batch.End;
            first = batch.Count;
            Assert.True(first is > 5 and < 20);
            TempLog.CheckAll(reader, first, 100);
            Assert.True(reader.CaughtUp);
            Assert.Equal(0, reader.DiskReads);
        }

        await using (var log = temp.Open())
        {
            Assert.Equal(id, log.Id);
            var again = log[Lane.Telemetry].OpenReader("grains");
            TempLog.CheckAll(again, 0, 100);
            Assert.True(again.DiskReads > 0);
            var rest = TempLog.ReadAll(log[Lane.Telemetry].OpenReader("history", middle));
            Assert.Equal(TempLog.TextOf(99), rest[^1]);
            Assert.Equal(100 - rest.Count, first);
            Assert.Equal(0, log[Lane.Telemetry].TornBytes);
        }
    }

    [Fact]
    public async Task A_frame_carries_flags_time_and_source()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Alarm];
        Assert.True(lane.TryAppend(FrameFlags.ArrivalTime | FrameFlags.Http, -5, "gw_7"u8, "fire"u8, null, 0, out var end));
        await lane.FlushAsync();
        var reader = lane.OpenReader("grains");
        var batch = await reader.ReadAsync(10, TestContext.Current.CancellationToken);
        Assert.Equal(1, batch.Count);
        foreach (var frame in batch)
        {
            Assert.Equal(0, frame.Position);
            Assert.Equal(end, frame.End);
            Assert.Equal(FrameFlags.ArrivalTime | FrameFlags.Http, frame.Flags);
            Assert.Equal(-5, frame.ReceivedAt);
            Assert.Equal("gw_7", Encoding.UTF8.GetString(frame.Source));
            Assert.Equal("fire", Encoding.UTF8.GetString(frame.Payload));
            Assert.False(frame.MoreFollow);
        }
    }

    [Fact]
    public async Task Waiters_are_called_once_in_order_and_may_throw()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var waiter = new Waiter { Then = token => throw new InvalidOperationException("waiter " + token) };
        for (var i = 0; i < 500; i++)
        {
            while (!lane.TryAppend(FrameFlags.None, 0, "gw"u8, "payload"u8, waiter, i, out _))
            {
                await lane.RoomAsync();
            }
        }

        waiter.WaitFor(500);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), waiter.Tokens);
        await lane.FlushAsync();
        Assert.Equal(lane.Appended, lane.Acknowledged);
        Assert.True(SpinWait.SpinUntil(() => lane.Faults == 500, TempLog.Patience));
        Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.Fault);
    }

    [Fact]
    public async Task Alarms_are_acknowledged_by_their_reader()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Alarm];
        var waiter = new Waiter();
        Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "one"u8, waiter, 1, out var first));
        Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, "two"u8, waiter, 2, out var second));
        await lane.FlushAsync();
        Assert.Empty(waiter.Tokens);
        lane.AcknowledgeUpTo(first);
        Assert.Equal([1L], waiter.Tokens);
        lane.AcknowledgeUpTo(second);
        Assert.Equal([1L, 2L], waiter.Tokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => lane.AcknowledgeUpTo(second + 1));
    }

    [Fact]
    public async Task A_publish_of_several_frames_is_written_in_place()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var waiter = new Waiter();
        for (var i = 0; i < 1000; i++)
        {
            LogAppend append;
            while (!lane.TryBegin(1000, 3, out append))
            {
                await lane.RoomAsync();
            }

            Write(append, i, waiter);
        }

        waiter.WaitFor(1000);
        var reader = log[Lane.Telemetry].OpenReader("all");
        var texts = TempLog.ReadAll(reader);
        Assert.Equal(Enumerable.Range(0, 1000).SelectMany(i => new[] { "good " + i, "bad " + i }), texts);

        static void Write(LogAppend append, int i, Waiter waiter)
        {
            using (append)
            {
                var good = append.BeginFrame(FrameFlags.None, i, "gw-1"u8, 500);
                append.EndFrame(Encoding.UTF8.GetBytes("good " + i, good), FrameFlags.ClockFault);
                append.BeginFrame(FrameFlags.None, i, "gw-1"u8, 100);
                append.EndFrame(0);
                append.Add(FrameFlags.Rejected, i, "gw-1"u8, Encoding.UTF8.GetBytes("bad " + i));
                append.Complete(waiter, i);
            }
        }
    }

    [Fact]
    public async Task A_publish_that_is_not_completed_leaves_nothing()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        Assert.True(lane.TryBegin(100, 1, out var append));
        using (append)
        {
            append.Add(FrameFlags.None, 0, "gw"u8, "lost"u8);
        }

        Assert.Equal(0, lane.Appended);
        var waiter = new Waiter();
        Assert.True(lane.TryBegin(100, 1, out append));
        using (append)
        {
            append.Complete(waiter, 9);
        }

        Assert.Equal([9L], waiter.Tokens);
        await TempLog.Append(lane, "kept");
        await lane.FlushAsync();
        Assert.Equal(["kept"], TempLog.ReadAll(lane.OpenReader("r")));
    }

    [Fact]
    public async Task A_publish_is_guarded_against_misuse()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        Misuse(lane);
        Assert.Equal(0, lane.Appended);
        await TempLog.Append(lane, 0, 10);
        TempLog.CheckAll(lane.OpenReader("r"), 0, 10);

        static void Misuse(LogLane lane)
        {
            Assert.True(lane.TryBegin(100, 1, out var append));
            Throws<InvalidOperationException>(() => lane.TryAppend(FrameFlags.None, 0, "gw"u8, "x"u8, null, 0, out _));
            Throws<InvalidOperationException>(() => lane.TryBegin(1, 1, out _));
            var copy = append;
            try
            {
                append.BeginFrame(FrameFlags.None, 0, "gw"u8, 1000);
                Assert.Fail("more than was asked for");
            }
            catch (ArgumentOutOfRangeException)
            {
                // As wanted.
            }

            append.BeginFrame(FrameFlags.None, 0, "gw"u8, 10);
            try
            {
                append.EndFrame(11);
                Assert.Fail("more than was begun");
            }
            catch (ArgumentOutOfRangeException)
            {
                // As wanted.
            }

            append.Dispose();
            copy.Dispose();
            try
            {
                copy.Complete();
                Assert.Fail("it is over");
            }
            catch (ObjectDisposedException)
            {
                // As wanted.
            }

            Throws<ArgumentOutOfRangeException>(() => lane.TryBegin(lane.MaximumPublishBytes, 1, out _));
        }

        static void Throws<T>(Action action)
            where T : Exception => Assert.Throws<T>(action);
    }

    [Fact]
    public async Task A_second_process_is_kept_out_with_the_first_ones_name()
    {
        using var temp = new TempLog();
        await using (temp.Open())
        {
            var error = Assert.Throws<LogInUseException>(() => temp.Open());
            Assert.Contains(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        }

        await using var free = temp.Open();
    }

    [Fact]
    public async Task A_tailing_reader_is_woken_cancelled_and_timed_out()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("tail");
        for (var i = 0; i < 200; i++)
        {
            var waiting = reader.ReadAsync(1000, TestContext.Current.CancellationToken);
            await TempLog.Append(lane, TempLog.TextOf(i));
            var batch = await waiting.AsTask().WaitAsync(TempLog.Patience);
            Assert.Equal(1, batch.Count);
        }

        using var cancel = new CancellationTokenSource();
        var cancelled = reader.ReadAsync(1000, cancel.Token).AsTask();
        Assert.False(cancelled.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(TempLog.Patience));
        var late = await reader.ReadAsync(1000, TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        Assert.True(late.IsEmpty);
        var closing = reader.ReadAsync(1000, TestContext.Current.CancellationToken).AsTask();
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => closing.WaitAsync(TempLog.Patience));
    }
}
