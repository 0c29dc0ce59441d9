namespace SmartCity.Telemetry.Tests;

/// <summary>The hot path allocates nothing: appending, committing, acknowledging, reading.</summary>
public sealed class LogAllocationTests
{
    private const int Rounds = 6;
    private const int Each = 5000;

    [Fact]
    public async Task Appending_committing_and_reading_allocate_nothing()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { MemoryBytes = 1 << 20, SegmentBytes = 256 << 20, BudgetBytes = 1 << 30, WaiterCapacity = 64, MinimumFreeBytes = 1 };
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("r");
        var meter = new Meter();
        var source = "gateway-17"u8.ToArray();
        var payload = new byte[300];
        var appender = new List<long>();
        var committer = new List<long>();
        var commits = lane.Commits;
        for (var round = 0; round <= Rounds; round++)
        {
            meter.Begin();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Append(lane, reader, meter, source, payload, Each);
            appender.Add(GC.GetAllocatedBytesForCurrentThread() - before);
            await lane.FlushAsync();
            Assert.True(SpinWait.SpinUntil(() => meter.Calls == Each, TempLog.Patience));
            committer.Add(meter.Allocated);
        }

        // The first round warms up. A lock makes its event when it is first fought over, whenever that is: hence not all rounds.
        Assert.True(lane.Commits > commits + 20);
        Assert.Equal(0, appender.Skip(1).Order().ElementAt(Rounds / 2));
        Assert.Equal(0, committer.Skip(1).Order().ElementAt(Rounds / 2));
        Assert.InRange(appender.Skip(1).Sum() + committer.Skip(1).Sum(), 0, 1000);
    }

    private static void Append(LogLane lane, LogReader reader, Meter meter, byte[] source, byte[] payload, int count)
    {
        var spin = default(SpinWait);
        for (var i = 0; i < count; i++)
        {
            if (i % 2 == 0)
            {
                while (!lane.TryAppend(FrameFlags.None, i, source, payload, meter, i, out _))
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }
            }
            else
            {
                LogAppend append;
                while (!lane.TryBegin(600, 2, out append))
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }

                using (append)
                {
                    append.BeginFrame(FrameFlags.None, i, source, 300).Fill(7);
                    append.EndFrame(300);
                    append.Add(FrameFlags.Rejected, i, source, payload);
                    append.Complete(meter, i);
                }
            }

            while (i % 16 == 0 && reader.TryRead(4096, out var batch))
            {
                var bytes = 0;
                foreach (var frame in batch)
                {
                    bytes += frame.Payload.Length;
                }

                if (bytes % 300 != 0)
                {
                    throw new InvalidOperationException("not what was written");
                }

                reader.Advance(batch.End.Position);
            }
        }
    }

    /// <summary>Measures the committer's own thread, from its first call in a round to the last.</summary>
    private sealed class Meter : ILogWaiter
    {
        private long _first;
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public long Allocated { get; private set; }

        public void Begin() => _calls = 0;

        public void Durable(long token)
        {
            var now = GC.GetAllocatedBytesForCurrentThread();
            _first = _calls == 0 ? now : _first;
            Allocated = now - _first;
            Volatile.Write(ref _calls, _calls + 1);
        }
    }
}
