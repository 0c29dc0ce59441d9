using System.Diagnostics;
using System.Text.Json;
using SmartCity.Ingest.Tests.History;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Stores;

/// <summary>Real stores behind the real server: what was acknowledged is what they hold.</summary>
[Collection(Alone.Name)]
public sealed class StoreTests(ITestOutputHelper output)
{
    private const int Gateways = 4;
    private const int DevicesEach = 50;

    private static readonly long _many = Repository.Long ? 1_000_000 : 100_000;

    [Fact]
    public async Task Influx_holds_what_was_acknowledged_by_count_and_checksum()
    {
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(
            StoreLoad.Registry(Gateways, DevicesEach), tls: false, null, "--influx", influx.Url.ToString(), "--influx-db", database);
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach);
        var watch = Stopwatch.StartNew();
        await load.RunAsync(_many, TimeSpan.Zero, TestContext.Current.CancellationToken);
        await load.FlushAsync();
        var acknowledged = watch.Elapsed;
        await town.Server.CaughtUpAsync();
        await influx.HoldsAsync(database, load.Accounts);
        Assert.Equal(_many, load.Acknowledged);
        output.WriteLine($"InfluxDB 1.6.7: {load.Acknowledged:N0} readings acknowledged in {acknowledged.TotalSeconds:0.0} s, stored after {watch.Elapsed.TotalSeconds:0.0} s;");
        output.WriteLine($"count and checksums of {load.Accounts.Count()} devices exact; server {town.Server.ResidentBytes >> 20} MiB resident");
    }

    [Fact]
    public async Task Victoria_metrics_holds_what_was_acknowledged_over_the_v2_write_api()
    {
        await using var victoria = new VictoriaProcess();
        await victoria.StartAsync();
        await using var town = await Town.StartAsync(
            StoreLoad.Registry(Gateways, DevicesEach), tls: false, null,
            "--influx", victoria.Url.ToString(), "--influx-bucket", "city", "--influx-org", "city", "--set", "influx.numeric-only=true");
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach, stampUnit: 1_000_000);
        var watch = Stopwatch.StartNew();
        await load.RunAsync(_many, TimeSpan.Zero, TestContext.Current.CancellationToken);
        await load.FlushAsync();
        await town.Server.CaughtUpAsync();
        var stored = watch.Elapsed;

        // What it has taken it shows a little later, even when it is told to flush: rows that it is flushing already are not waited for.
        Dictionary<string, (long Count, long Sum)> total = [], vehicles = [];
        await Until.TrueAsync(
            async () =>
            {
                total = await SumsAsync(victoria, "vehicles_total");
                vehicles = await SumsAsync(victoria, "vehicles_per_minute");
                return total.Values.Sum(t => t.Count) == _many && vehicles.Values.Sum(t => t.Count) == _many;
            },
            () => $"{_many} readings ({total.Values.Sum(t => t.Count)})",
            TimeSpan.FromSeconds(60));
        foreach (var (device, account) in load.Accounts)
        {
            Assert.Equal((account.Count, account.Total), total[device]);
            Assert.Equal((account.Count, account.Vehicles), vehicles[device]);
        }

        Assert.Equal(Gateways * DevicesEach, total.Count);
        Assert.Equal(_many, total.Values.Sum(t => t.Count));
        output.WriteLine($"VictoriaMetrics as v2: {load.Acknowledged:N0} readings stored after {stored.TotalSeconds:0.0} s; count and checksums of {total.Count} devices exact");
    }

    private static async Task<Dictionary<string, (long Count, long Sum)>> SumsAsync(VictoriaProcess victoria, string metric)
    {
        var sums = new Dictionary<string, (long Count, long Sum)>(StringComparer.Ordinal);
        foreach (var line in await victoria.ExportAsync($"{LoadGateway.Kind}_{metric}"))
        {
            using var json = JsonDocument.Parse(line);
            var device = json.RootElement.GetProperty("metric").GetProperty("device").GetString()!;
            var values = json.RootElement.GetProperty("values").EnumerateArray().Select(v => v.GetDecimal()).ToList();
            Assert.Equal(values.Count, json.RootElement.GetProperty("timestamps").EnumerateArray().Select(t => t.GetInt64()).Distinct().Count());
            var was = sums.GetValueOrDefault(device);
            sums[device] = (was.Count + values.Count, was.Sum + (long)values.Sum());
        }

        return sums;
    }
}
