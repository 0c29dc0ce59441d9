using System.Diagnostics;
using System.Net;
using SmartCity.Ingest.Tests.History;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Stores;

/// <summary>A store that is away for a while. It is waited for most of the time: others run beside it.</summary>
public sealed class StoppedStoreTests(ITestOutputHelper output)
{
    private const int Gateways = 4;
    private const int DevicesEach = 50;

    [Fact]
    public async Task A_stopped_store_costs_nothing_but_time()
    {
        var away = TimeSpan.FromSeconds(Repository.Long ? 120 : 15);
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(
            StoreLoad.Registry(Gateways, DevicesEach), tls: false, null, "--influx", influx.Url.ToString(), "--influx-db", database);
        await using var load = await StoreLoad.ConnectAsync(town, Gateways, DevicesEach);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(long.MaxValue, TimeSpan.FromMilliseconds(20), stop.Token);

        // Warm: buffers have their size, the code is compiled.
        await Until.TrueAsync(() => Task.FromResult(load.Acknowledged > 40_000), () => $"40,000 readings ({load.Acknowledged})");
        var (status, words) = await town.Server.ReadyAsync();
        Assert.True(status == HttpStatusCode.OK, words);
        var (memory, before) = (town.Server.ResidentBytes, load.Acknowledged);

        await influx.KillAsync();
        var watch = Stopwatch.StartNew();
        await Until.TrueAsync(
            async () => (await town.Server.ReadyAsync()) is { Status: HttpStatusCode.ServiceUnavailable } answer && (words = answer.Words).Contains("history", StringComparison.Ordinal),
            () => "/readyz says that history has stopped");
        var most = memory;
        while (watch.Elapsed < away)
        {
            most = Math.Max(most, town.Server.ResidentBytes);
            await Task.Delay(250);
        }

        var during = load.Acknowledged - before;
        var backlog = await town.Server.FigureAsync("smartcity_log_backlog_bytes", "lane=\"telemetry\"");
        await influx.StartAsync();
        await Until.TrueAsync(async () => (await town.Server.ReadyAsync()).Status == HttpStatusCode.OK, () => "/readyz is well again");
        var well = watch.Elapsed;
        await stop.CancelAsync();
        await running;
        await load.FlushAsync();
        await town.Server.CaughtUpAsync();
        most = Math.Max(most, town.Server.ResidentBytes);
        await influx.HoldsAsync(database, load.Accounts);

        output.WriteLine($"InfluxDB away for {away.TotalSeconds:0} s: {during:N0} readings acknowledged meanwhile, {backlog / (1 << 20):0.0} MiB of log kept");
        output.WriteLine($"/readyz: {words}");
        output.WriteLine($"well again after {well.TotalSeconds:0.0} s by itself; {load.Acknowledged:N0} readings stored, count and checksums exact");
        output.WriteLine($"server's resident memory: {memory >> 20} MiB before, {most >> 20} MiB at the most");
        Assert.True(during > 0, "nothing was acknowledged while the store was away");
        Assert.Contains("Start the store", words, StringComparison.Ordinal);
        Assert.InRange(most - memory, long.MinValue, 200L << 20);
    }
}
