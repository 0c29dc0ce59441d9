using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Influx;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.History;

[Collection(RealStoresCollection.Name)]
public sealed class HistoryReaderTests(RealStores real, ITestOutputHelper output)
{
    private const int Devices = 20;

    public static TheoryData<string> Stores => ["influx-v1", "embedded"];

    private static async Task ExactAsync(StoreRig rig, int each)
    {
        for (var d = 0; d < Devices; d++)
        {
            var points = await rig.PointsAsync("environment", $"env-{d}", "temperature_celsius");
            Assert.Equal(Enumerable.Range(0, each).Select(n => (Readings.Time(n), Readings.Temperature(d, n))), points.Select(p => (p.Time, p.Value.Number!.Value)));
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task What_is_in_the_log_comes_into_the_store_exactly(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        await using var log = new ReaderRig();
        var reader = log.Start(rig.Store);
        var alarms = log.Start(rig.Store, lane: Lane.Alarm);
        for (var n = 0; n < 500; n++)
        {
            await log.AppendAsync(Readings.Lines(Devices, n, n + 1));
        }

        await log.AppendAsync("[{\"reason\":\"range\",\"line\":\"x\"}]", FrameFlags.Rejected);
        await log.AppendAsync("fire,device=f loop_state=1i 5\n", FrameFlags.ArrivalTime, Lane.Alarm);
        await log.DrainedAsync(reader.Status);
        await log.DrainedAsync(alarms.Status, Lane.Alarm);
        Assert.Equal((500L * Devices, 1L), (reader.Status.Lines, alarms.Status.Lines));
        Assert.Equal((HistoryHealth.Running, 0L), (reader.Status.State.Health, reader.Status.Lag));
        await ExactAsync(rig, 500);
        Assert.Single(await rig.PointsAsync("fire", "f", "time_is_arrival"));
        Assert.InRange(reader.Status.Batches, 1, 100);
    }

    [Fact]
    public async Task What_waits_for_the_next_batch_is_lag_and_after_a_restart_what_was_taken_is_none()
    {
        var time = new SmartCity.TestSupport.FakeTime();
        await using var rig = StoreRig.Embedded(time: time);
        await using var log = new ReaderRig();
        var reader = log.Start(rig.Store, time);
        await log.AppendAsync(Readings.Lines(1, 0, 1));
        await log.DrainedAsync(reader.Status);
        Assert.Equal(0, reader.Status.Lag);

        // Less than the interval of batches later: it is not taken yet, and must not look so.
        await log.AppendAsync(Readings.Lines(1, 1, 2));
        await log.Log[Lane.Telemetry].FlushAsync();
        Assert.InRange(reader.Status.Lag, 1, long.MaxValue);

        await rig.SettleAsync();
        var again = new HistoryStatus("again", log.Log[Lane.Telemetry], time);
        Assert.InRange(again.Lag, 1, long.MaxValue);
        again.Opened(log.Log[Lane.Telemetry].Committed);
        Assert.Equal(0, again.Lag);
    }

    [Fact]
    public async Task A_store_that_is_killed_and_comes_back_misses_nothing_and_has_nothing_twice()
    {
        const int Each = 3_000;
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var options = new InfluxOptions { Url = influx.Url, Database = await influx.CreateDatabaseAsync(), Batching = new HistoryBatching(64 * 1024, 1000, TimeSpan.Zero) };
        await using var rig = StoreRig.Influx(options);
        await using var log = new ReaderRig();
        var reader = log.Start(rig.Store);
        var appending = Task.Run(async () =>
        {
            for (var n = 0; n < Each; n += 5)
            {
                await log.AppendAsync(Readings.Lines(Devices, n, n + 5));
            }
        });
        for (var kill = 1; kill <= 3; kill++)
        {
            var lines = kill * Each * Devices / 5;
            await ReaderRig.UntilAsync(reader.Status, () => reader.Status.Lines >= lines);
            await influx.KillAsync();
            await ReaderRig.UntilAsync(reader.Status, () => reader.Status.State.Health == HistoryHealth.Stopped);
            Assert.NotNull(reader.Status.State.Fix);
            await influx.StartAsync();
            await ReaderRig.UntilAsync(reader.Status, () => reader.Status.State.Health == HistoryHealth.Running);
        }

        await appending;
        await log.DrainedAsync(reader.Status);
        output.WriteLine($"3 kills, {reader.Status.Retries} retries, {reader.Status.Lines} lines acknowledged");
        await ExactAsync(rig, Each);
        var count = await influx.QueryAsync(options.Database, "SELECT count(temperature_celsius), sum(energy_wh) FROM environment");
        var sum = Enumerable.Range(0, Devices).Sum(d => Enumerable.Range(0, Each).Sum(n => Readings.Energy(d, n)));
        Assert.Contains($"[0,{Devices * Each},{sum}]", count, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Killed_between_the_stores_answer_and_the_cursor_the_same_points_are_sent_again_and_change_nothing(string store)
    {
        const int Each = 200;
        await using var rig = await StoreRig.ForAsync(store, real);
        await using var log = new ReaderRig();
        for (var n = 0; n < Each; n++)
        {
            await log.AppendAsync(Readings.Lines(Devices, n, n + 1));
        }

        await log.Log[Lane.Telemetry].FlushAsync();
        // Reading with small batches, so that there are many places to die at.
        var cursors = new List<LogCursor>();
        using (var look = log.Log[Lane.Telemetry].OpenReader("look"))
        {
            while (look.TryRead(16 * 1024, out var frames))
            {
                cursors.Add(frames.Start);
            }
        }

        Assert.InRange(cursors.Count, 10, 1000);
        foreach (var death in cursors.Prepend(cursors[^1]))
        {
            // The batch was written, its cursor is still the one before it.
            await rig.Store.WriteAsync(StoreRig.Batch(rig.Store, "", 0) is var b && (b.Cursor = death) == death ? b : throw new InvalidOperationException(), default);
            await rig.SettleAsync();
            using var stop = new CancellationTokenSource();
            var reader = new HistoryReader(log.Log[Lane.Telemetry], rig.Store, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            var running = reader.RunAsync(stop.Token);
            await log.DrainedAsync(reader.Status);
            await stop.CancelAsync();
            await running;
        }

        await ExactAsync(rig, Each);
    }

    [Fact]
    public async Task Refusals_to_serve_are_waited_out_for_as_long_as_the_store_asks()
    {
        var time = new FakeTime();
        await using var fake = await FakeStore.StartAsync();
        FakeStore.Reply[] replies = [new(401), new(429, "slow", "90"), new(503), new(401), new(404), new(204)];
        var call = 0;
        var at = new List<DateTimeOffset>();
        fake.OnWrite = _ =>
        {
            at.Add(time.GetUtcNow());
            return replies[Math.Min(call++, replies.Length - 1)];
        };
        await using var rig = StoreRig.Influx(new InfluxOptions { Url = fake.Url, Database = "x", Timeout = TimeSpan.FromDays(1) }, time: time);
        await using var log = new ReaderRig();
        await log.AppendAsync("k,device=d v=1 1\n");
        var reader = log.Start(rig.Store, time);
        for (var i = 1; i < replies.Length; i++)
        {
            var attempt = i;
            await ReaderRig.UntilAsync(reader.Status, () => reader.Status.State.Attempts >= attempt);
            var state = reader.Status.State;
            Assert.Equal((HistoryHealth.Stopped, at[0]), (state.Health, state.Since));
            Assert.Contains(replies[i - 1].Status.ToString(System.Globalization.CultureInfo.InvariantCulture), state.Reason, StringComparison.Ordinal);
            if (replies[i - 1].RetryAfter is not null)
            {
                Assert.True(state.NextTry - time.GetUtcNow() >= TimeSpan.FromSeconds(85));
            }

            while (Volatile.Read(ref call) == i)
            {
                // The reader makes its timer after it has told its state: time moves in small steps until it is heard.
                time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Yield();
            }
        }

        await ReaderRig.UntilAsync(reader.Status, () => reader.Status.Lines == 1);
        Assert.Equal((HistoryHealth.Running, 5L), (reader.Status.State.Health, reader.Status.Retries));
        Assert.True(at[2] - at[1] >= TimeSpan.FromSeconds(90));
        Assert.Equal(["k,device=d v=1 1"], fake.Stored.Keys);
    }

    [Fact]
    public async Task A_cursor_of_another_log_starts_again_at_what_this_one_has()
    {
        await using var rig = StoreRig.Embedded();
        await rig.WriteAsync("k,device=d v=1 1\n", 123_456_789);
        await using var log = new ReaderRig();
        await log.AppendAsync("k,device=d v=2 2\n");
        var reader = log.Start(rig.Store);
        await log.DrainedAsync(reader.Status);
        Assert.Equal(2, (await rig.PointsAsync("k", "d", "v")).Count);
    }

    [Fact]
    public void Waits_double_up_to_the_cap_with_jitter()
    {
        var backoff = new Backoff(new BackoffOptions());
        for (var i = 0; i < 200; i++)
        {
            var ceiling = Math.Min(30_000, 500 * Math.Pow(2, i));
            Assert.InRange(backoff.Next().TotalMilliseconds, ceiling / 2, ceiling);
        }

        Assert.Equal(TimeSpan.FromSeconds(100), backoff.Next(TimeSpan.FromSeconds(100)));
        Assert.Equal(TimeSpan.FromMinutes(5), backoff.Next(TimeSpan.FromDays(100)));
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 250, 500);
    }
}
