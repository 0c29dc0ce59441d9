using System.Globalization;
using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.History;

/// <summary>What every store must do, asked of each real one.</summary>
[Collection(RealStoresCollection.Name)]
public sealed class StoreTableTests(RealStores real, ITestOutputHelper output)
{
    public static TheoryData<string> Stores => ["influx-v1", "embedded"];

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_hundred_thousand_points_are_there_once_and_exact_however_often_they_are_sent(string store)
    {
        const int Devices = 50, Each = 1_000, PerBatch = 100;
        await using var rig = await StoreRig.ForAsync(store, real);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var round = 0; round < 2; round++)
        {
            for (var n = 0; n < Each; n += PerBatch)
            {
                var written = await rig.WriteAsync(Readings.Lines(Devices, n, n + PerBatch), n + 1);
                Assert.Equal(new HistoryWritten(Devices * PerBatch, 0), written);
            }
        }

        output.WriteLine($"{store}: {2 * 2 * Devices * Each / watch.Elapsed.TotalSeconds:N0} points/s written, lines made on the way");
        for (var d = 0; d < Devices; d++)
        {
            var temperature = await rig.PointsAsync("environment", $"env-{d}", "temperature_celsius");
            var energy = await rig.PointsAsync("environment", $"env-{d}", "energy_wh");
            Assert.Equal(Enumerable.Range(0, Each).Select(n => (Readings.Time(n), Readings.Temperature(d, n))), temperature.Select(p => (p.Time, p.Value.Number!.Value)));
            Assert.Equal(Enumerable.Range(0, Each).Select(n => (Readings.Time(n), (double)Readings.Energy(d, n))), energy.Select(p => (p.Time, p.Value.Number!.Value)));
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Values_come_back_as_they_went(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        double[] floats = [0, -1, 21.37, -0.001, 1e-300, 1.7976931348623157e308, 4503599627370497.5, 0.1, 123456.789, 1234567.8912, 5e-324];
        for (var i = 0; i < floats.Length; i++)
        {
            await rig.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"k,device=d f={floats[i]:R} {i + 1}\n"));
        }

        Assert.Equal(floats, (await rig.PointsAsync("k", "d", "f")).Select(p => p.Value.Number!.Value));
        await rig.WriteAsync("k,device=d i=-9007199254740991i,b=true,s=\"a \\\"b\\\" \\\\ c, d=e\" 1\nk,device=d b=false,s=\"đèn\nhai dòng\" 2\n");
        Assert.Equal(-9007199254740991, Assert.Single(await rig.PointsAsync("k", "d", "i")).Value.Number);
        Assert.Equal([true, false], (await rig.PointsAsync("k", "d", "b")).Select(p => p.Value.Flag!.Value));
        Assert.Equal(["a \"b\" \\ c, d=e", "đèn\nhai dòng"], (await rig.PointsAsync("k", "d", "s")).Select(p => p.Value.Text!));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_second_reading_at_the_same_time_adds_its_fields_and_wins(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        await rig.WriteAsync("k,device=d a=1,b=2 5\nk,device=d b=3,c=4 5\n");
        await rig.WriteAsync("k,device=d c=5 5\n");
        Assert.Equal(new HistoryPoint(5, new(1)), Assert.Single(await rig.PointsAsync("k", "d", "a")));
        Assert.Equal(new HistoryPoint(5, new(3)), Assert.Single(await rig.PointsAsync("k", "d", "b")));
        Assert.Equal(new HistoryPoint(5, new(5)), Assert.Single(await rig.PointsAsync("k", "d", "c")));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_time_of_arrival_is_marked(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        await rig.WriteAsync("fire,device=d loop_state=1i,note=\"a b\" 5\n", flags: FrameFlags.ArrivalTime);
        await rig.WriteAsync("fire,device=d loop_state=0i 6\n");
        Assert.Equal(new HistoryPoint(5, new(null, Flag: true)), Assert.Single(await rig.PointsAsync("fire", "d", "time_is_arrival")));
        Assert.Equal([1d, 0d], (await rig.PointsAsync("fire", "d", "loop_state")).Select(p => p.Value.Number!.Value));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task The_cursor_is_saved_with_the_batch_even_if_it_has_no_lines(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        Assert.Null(await rig.Store.LoadCursorAsync(Lane.Telemetry, default));
        await rig.WriteAsync("k,device=d v=1 5\n", 77);
        await rig.SettleAsync();
        Assert.Equal(77, rig.Store.Durable(Lane.Telemetry)!.Value.Position);
        Assert.Equal(new LogCursor(StoreRig.LogId, Lane.Telemetry, 77), await rig.Store.LoadCursorAsync(Lane.Telemetry, default));
        Assert.Null(await rig.Store.LoadCursorAsync(Lane.Alarm, default));
        await rig.WriteAsync("[{\"reason\":\"range\"}]", 99, FrameFlags.Rejected);
        await rig.SettleAsync();
        Assert.Equal(99, (await rig.Store.LoadCursorAsync(Lane.Telemetry, default))!.Value.Position);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Bad_lines_go_alone_into_the_quarantine(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        var lines = Enumerable.Range(0, 1000).Select(n => Readings.Line(n % 7, n)).ToArray();
        int[] bad = [0, 17, 18, 500, 999];
        foreach (var n in bad)
        {
            lines[n] = $"environment,device=env-0 temperature_celsius=,{n} {n}\n";
        }

        for (var again = 0; again < 2; again++)
        {
            Assert.Equal(new HistoryWritten(995, 5), await rig.WriteAsync(string.Concat(lines), 5));
            var page = rig.Quarantine.List(100);
            Assert.Equal(bad.Select(n => lines[n].TrimEnd('\n')).Order(), page.Items.Select(i => i.Line).Order());
            Assert.All(page.Items, i => Assert.Equal(("store-refused", Lane.Telemetry, "history"), (i.Reason, i.Lane, i.Source)));
            Assert.All(page.Items, i => Assert.False(string.IsNullOrEmpty(i.Message)));
            Assert.Equal(5, rig.Quarantine.Figures.ByReason["store-refused"]);
        }

        var stored = 0;
        for (var d = 0; d < 7; d++)
        {
            stored += (await rig.PointsAsync("environment", $"env-{d}", "energy_wh")).Count;
        }

        Assert.Equal(995, stored);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Names_cannot_speak_the_stores_language(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        await rig.WriteAsync("k,device=d v=1 5\nk,device=e v=2 5\n");
        string[] attempts =
        [
            "d' OR 'a'='a", "\"; DROP DATABASE x; --", "d\\", "d\" = 'd' OR \"v\" > 0 --", "$device", "", "*", "d\n", "D", new string('a', 64), "d,device=e", "%", "d;",
        ];
        foreach (var name in attempts)
        {
            foreach (var query in new[] { new HistoryQuery(name, "d", "v", 0, 10), new HistoryQuery("k", name, "v", 0, 10), new HistoryQuery("k", "d", name, 0, 10) })
            {
                await Assert.ThrowsAsync<HistoryQueryException>(() => rig.Store.QueryAsync(query, default));
            }
        }

        Assert.Single(await rig.PointsAsync("k", "d", "v"));
        Assert.Empty(await rig.PointsAsync("k", "nobody", "v"));
        Assert.Empty(await rig.PointsAsync("nothing", "d", "v"));
        Assert.Empty(await rig.PointsAsync("k", "d", "nothing"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Questions_have_bounds_and_say_so(string store)
    {
        await using var rig = await StoreRig.ForAsync(store, real);
        await rig.WriteAsync("k,device=d v=1,b=true,s=\"x\" 5\n");
        var good = new HistoryQuery("k", "d", "v", 0, 10);
        Assert.Single((await rig.Store.QueryAsync(good with { From = long.MinValue, To = long.MaxValue }, default)).Points);
        Assert.Single((await rig.Store.QueryAsync(good with { From = long.MinValue, To = long.MaxValue, Step = TimeSpan.FromDays(1) }, default)).Windows);
        HistoryQuery[] bad =
        [
            good with { From = 10 }, good with { Limit = 0 }, good with { Limit = 10_001 }, good with { Step = TimeSpan.Zero },
            good with { Step = TimeSpan.FromDays(400) }, good with { Metric = "b", Step = TimeSpan.FromMinutes(1) }, good with { Metric = "s", Step = TimeSpan.FromMinutes(1) },
        ];
        foreach (var query in bad)
        {
            var error = await Assert.ThrowsAsync<HistoryQueryException>(() => rig.Store.QueryAsync(query, default));
            Assert.NotEmpty(error.Message);
        }
    }
}
