using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>Waiting for room: many at once, cancelled or not, without garbage.</summary>
public sealed class RoomWaitTests
{
    private static readonly byte[] _payload = Encoding.ASCII.GetBytes(new string('x', 1000));

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_others_waiting_and_may_wait_again()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { BudgetBytes = 256 * 1024 };
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("r");
        await FillAsync(lane, PauseReason.Budget);
        var others = Enumerable.Range(0, 20).Select(_ => lane.RoomAsync().AsTask()).ToArray();
        for (var i = 0; i < 100; i++)
        {
            using var cancel = new CancellationTokenSource();
            var waits = Enumerable.Range(0, 5).Select(_ => lane.RoomAsync(cancel.Token).AsTask()).ToArray();
            await cancel.CancelAsync();
            foreach (var wait in waits)
            {
                var gone = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(TempLog.Patience));
                Assert.Equal(cancel.Token, gone.CancellationToken);
            }
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lane.RoomAsync(new CancellationToken(canceled: true)).AsTask().WaitAsync(TempLog.Patience));
        Assert.All(others, other => Assert.False(other.IsCompleted));
        TempLog.ReadAll(reader);
        reader.Advance(reader.Cursor.Position);
        await Task.WhenAll(others).WaitAsync(TempLog.Patience);
        Assert.True(lane.RoomAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Closing_ends_every_wait()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { BudgetBytes = 256 * 1024 };
        var log = temp.Open();
        await FillAsync(log[Lane.Telemetry], PauseReason.Budget);
        var waits = Enumerable.Range(0, 20).Select(_ => log[Lane.Telemetry].RoomAsync().AsTask()).ToArray();
        await log.DisposeAsync();
        foreach (var wait in waits)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(TempLog.Patience));
        }
    }

    [Fact]
    public async Task Waiting_allocates_nothing()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { PaceBytes = 32 * 1024 };
        var time = new ManualTime();
        await using var log = temp.Open(time);
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("slow");
        lane.TryAppend(FrameFlags.None, 0, "gw"u8, _payload, null, 0, out _);
        await lane.FlushAsync().AsTask().WaitAsync(TempLog.Patience);
        reader.TryRead(1, out _);
        using var closed = new CancellationTokenSource();
        long before = 0;
        for (var i = 0; i < 300; i++)
        {
            await FillAsync(lane, PauseReason.Readers);
            if (i == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            var start = GC.GetAllocatedBytesForCurrentThread();
            var wait = lane.RoomAsync(closed.Token);
            var made = GC.GetAllocatedBytesForCurrentThread() - start;
            reader.TryRead(4096, out _);
            time.Advance(TimeSpan.FromMilliseconds(5));
            Assert.True(SpinWait.SpinUntil(() => wait.IsCompleted, TempLog.Patience));
            start = GC.GetAllocatedBytesForCurrentThread();
            await wait; // completed: goes on here
            made += GC.GetAllocatedBytesForCurrentThread() - start;
            Assert.True(before == 0 || made == 0, $"{made} bytes");
        }
    }

    private static async Task FillAsync(LogLane lane, PauseReason until)
    {
        while (true)
        {
            if (lane.TryAppend(FrameFlags.None, 0, "gw"u8, _payload, null, 0, out _))
            {
                continue;
            }

            if (lane.Paused == until)
            {
                break;
            }

            Assert.Equal(PauseReason.Memory, lane.Paused);
            await lane.RoomAsync().AsTask().WaitAsync(TempLog.Patience);
        }

        await lane.FlushAsync().AsTask().WaitAsync(TempLog.Patience);
    }
}
