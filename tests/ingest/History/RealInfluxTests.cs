using System.Text.Json;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Influx;

namespace SmartCity.Ingest.Tests.History;

/// <summary>What only real stores can show.</summary>
[Collection(RealStoresCollection.Name)]
public sealed class RealInfluxTests(RealStores real, ITestOutputHelper output)
{
    [Fact]
    public async Task A_type_conflict_quarantines_the_conflicting_points_and_keeps_the_others()
    {
        var influx = await real.InfluxAsync();
        await using var rig = StoreRig.Influx(new InfluxOptions { Url = influx.Url, Database = await influx.CreateDatabaseAsync() });
        await rig.WriteAsync("k,device=d v=1 1\n");
        var written = await rig.WriteAsync("k,device=d v=2 2\nk,device=d v=\"text\" 3\nk,device=d v=4i 4\nk,device=e v=true 5\nk,device=d v=6,w=1 6\n");
        Assert.Equal(new HistoryWritten(2, 3), written);
        Assert.Equal([1L, 2L, 6L], (await rig.PointsAsync("k", "d", "v")).Select(p => p.Time));
        Assert.All(rig.Quarantine.List(10).Items, i => Assert.Contains("field type conflict", i.Message, StringComparison.Ordinal));
        Assert.Equal(["d", "d", "e"], rig.Quarantine.List(10).Items.Select(i => i.Device!).Order());
        Assert.Equal(["k,device=d v=\"text\" 3", "k,device=d v=4i 4", "k,device=e v=true 5"], rig.Quarantine.List(10).Items.Select(i => i.Line).Order());
    }

    [Fact]
    public async Task Type_conflicts_and_syntax_errors_and_old_points_in_one_batch_are_each_found()
    {
        var influx = await real.InfluxAsync();
        var database = await influx.CreateDatabaseAsync();
        await influx.QueryAsync(database, $"CREATE RETENTION POLICY short ON {database} DURATION 24h REPLICATION 1 DEFAULT");
        await using var rig = StoreRig.Influx(new InfluxOptions { Url = influx.Url, Database = database, RetentionPolicy = "short" });
        var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
        await rig.WriteAsync($"k,device=d v=1 {now}\n");
        var good = string.Concat(Enumerable.Range(1, 500).Select(n => $"k,device=d v={n} {now + n}\n"));
        var text = good + $"k,device=d v=\"s\" {now + 501}\nk,device=d v=1 5\nk,device=d v= {now + 502}\n";
        Assert.Equal(new HistoryWritten(500, 3), await rig.WriteAsync(text));
        Assert.Equal(501, (await rig.PointsAsync("k", "d", "v", 0)).Count);
        var messages = rig.Quarantine.List(10).Items.Select(i => i.Message).Order().ToArray();
        Assert.Contains(messages, m => m!.Contains("field type conflict", StringComparison.Ordinal));
        Assert.Contains(messages, m => m!.Contains("beyond retention", StringComparison.Ordinal));
        Assert.Contains(messages, m => m!.Contains("unable to parse", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unsigned_integer_never_reaches_v1()
    {
        var influx = await real.InfluxAsync();
        await using var rig = StoreRig.Influx(new InfluxOptions { Url = influx.Url, Database = await influx.CreateDatabaseAsync() });
        Assert.Equal(new HistoryWritten(1, 0), await rig.WriteAsync("k,device=lamp1u a=7u,b=2,c=18446744073709551615u 1\n"));
        Assert.Equal(7, Assert.Single(await rig.PointsAsync("k", "lamp1u", "a")).Value.Number);
        Assert.Equal(18446744073709551615d, Assert.Single(await rig.PointsAsync("k", "lamp1u", "c")).Value.Number);
    }

    [Fact]
    public async Task A_database_that_is_not_there_stops_the_store_until_it_is()
    {
        var influx = await real.InfluxAsync();
        var name = "late" + Guid.NewGuid().ToString("N");
        await using var rig = StoreRig.Influx(new InfluxOptions { Url = influx.Url, Database = name });
        var error = await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.WriteAsync("k,device=d v=1 1\n"));
        Assert.Contains("CREATE DATABASE", error.Fix, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.PointsAsync("k", "d", "v"));
        await influx.QueryAsync(null, "CREATE DATABASE " + name);
        Assert.Equal(new HistoryWritten(1, 0), await rig.WriteAsync("k,device=d v=1 1\n"));
    }

    [Fact]
    public async Task Victoria_metrics_takes_numbers_in_milliseconds_over_the_v2_write_api_once_each()
    {
        const int Devices = 20, Each = 2_500;
        var victoria = await real.VictoriaAsync();
        var kind = "vm" + Guid.NewGuid().ToString("N");
        await using var rig = StoreRig.Influx(new InfluxOptions
        {
            Url = victoria.Url,
            Api = InfluxApi.V2,
            Database = "city",
            NumericOnly = true,
            Precision = SmartCity.Telemetry.Precision.Millisecond,
        });
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var again = 0; again < 2; again++)
        {
            for (var n = 0; n < Each; n += 250)
            {
                var text = Readings.Lines(Devices, n, n + 250).Replace("environment,", kind + ",", StringComparison.Ordinal);
                Assert.Equal(new HistoryWritten(Devices * 250, 0), await rig.WriteAsync(text));
            }
        }

        output.WriteLine($"victoria-metrics: {2 * 2 * Devices * Each / watch.Elapsed.TotalSeconds:N0} points/s written, lines made on the way");
        await rig.WriteAsync($"{kind},device=mixed on=true,off=false,s=\"text\",i=5i {Readings.Start + 999_999}\n{kind},device=mixed s=\"only\" {Readings.Start}\n", flags: Telemetry.FrameFlags.ArrivalTime);

        var series = (await victoria.ExportAsync($"{{__name__=~\"{kind}.*\"}}", (2 * Devices * Each) + 4)).Select(l => JsonDocument.Parse(l).RootElement)
            .ToDictionary(e => (e.GetProperty("metric").GetProperty("__name__").GetString()![(kind.Length + 1)..], e.GetProperty("metric").GetProperty("device").GetString()!));
        Assert.Equal((Devices * 2) + 4, series.Count);
        for (var d = 0; d < Devices; d++)
        {
            var one = series[("temperature_celsius", $"env-{d}")];
            Assert.Equal(Enumerable.Range(0, Each).Select(n => Readings.Time(n) / 1_000_000), one.GetProperty("timestamps").EnumerateArray().Select(t => t.GetInt64()));
            Assert.Equal(Enumerable.Range(0, Each).Select(n => Readings.Temperature(d, n)), one.GetProperty("values").EnumerateArray().Select(t => t.GetDouble()));
        }

        Assert.Equal([("i", 5d), ("off", 0), ("on", 1), ("time_is_arrival", 1)], series.Where(s => s.Key.Item2 == "mixed")
            .Select(s => (s.Key.Item1, s.Value.GetProperty("values")[0].GetDouble())).Order());
        await Assert.ThrowsAsync<HistoryQueryException>(() => rig.PointsAsync("k", "d", "v"));
    }
}
