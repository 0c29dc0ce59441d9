using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.History;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Edge;

/// <summary>
/// The gateway killed, the server killed, the link cut and slowed, at random moments and at the same time: every reading that
/// reached the gateway's log is in the store once, in order a device, with its own time; and nothing else is.
/// </summary>
[Collection(Alone.Name)]
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const string Gateway = "gw-cut";
    private const int Devices = 6;
    private const int Gauges = 2;

    private static readonly int _kills = Repository.Long ? 204 : 12;
    private static readonly int _serverKills = Repository.Long ? 51 : 3;

    [Fact]
    public async Task What_reached_the_gateway_s_log_is_stored_once_in_order_with_its_own_time()
    {
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(Registry(), tls: false, null, "--influx", influx.Url.ToString(), "--influx-db", database);
        await using var link = new RoughLink(town.Server.MqttPort);
        var home = Directory.CreateTempSubdirectory("smartcity-cut-").FullName;
        try
        {
            var plan = new GatewayPlan(Gateway, Path.Combine(home, "data"), [link.Port], Devices, Gauges, 5, 0);
            var ledger = new GatewayLedger(plan.Directory);
            var watch = Stopwatch.StartNew();
            var serverKills = await CutAsync(plan, ledger, town, link);
            var campaign = watch.Elapsed;

            // What is left is sent by a gateway that measures nothing.
            link.Restore();
            link.Delay = TimeSpan.Zero;
            using (var last = await GatewayProcess.StartAsync(plan with { EveryMs = 0 }))
            {
                await HoldsAsync(influx, database, ledger);
            }

            output.WriteLine($"gateway kills   {_kills} in {campaign.TotalSeconds:0} s; torn bytes healed {ledger.Torn:N0}");
            output.WriteLine($"server kills    {serverKills}");
            output.WriteLine($"link            cut {link.Cuts} times, slowed in between");
            output.WriteLine($"readings        {ledger.Count:N0} in the gateway's log on {ledger.Devices.Count} devices: each in the store once, in order, with its own time and value; nothing else");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static RegistryEdits Registry() => new()
    {
        Gateways = [new GatewayEdit { Id = Gateway }],
        Devices =
        [
            .. Enumerable.Range(0, Devices).Select(n => new DeviceEdit { Id = GatewayChild.Id(Gateway, 't', n), Kind = "traffic_counter", Gateway = Gateway }),
            .. Enumerable.Range(0, Gauges).Select(n => new DeviceEdit { Id = GatewayChild.Id(Gateway, 'w', n), Kind = "water_level", Gateway = Gateway }),
        ],
    };

    private static async Task<int> CutAsync(GatewayPlan plan, GatewayLedger ledger, Town town, RoughLink link)
    {
        var random = new Random(20261122);
        using var end = new CancellationTokenSource();
        var servers = KillServerAsync(town, random.Next(), end.Token);
        var links = DisturbAsync(link, random.Next(), end.Token);
        for (var kill = 0; kill < _kills; kill++)
        {
            // Every seventh life ends before it has done anything.
            using (var gateway = await GatewayProcess.StartAsync(plan with { First = kill * 1_000_000L }))
            {
                await Task.Delay(kill % 7 == 6 ? 0 : random.Next(1500), TestContext.Current.CancellationToken);
                gateway.Kill();
            }

            await ledger.TakeAsync();
        }

        // The server's kills go on beside the gateway's until there were enough of both.
        while (!servers.IsCompleted && !end.IsCancellationRequested)
        {
            using (var gateway = await GatewayProcess.StartAsync(plan with { First = (_kills + 1) * 1_000_000L }))
            {
                await servers;
                gateway.Kill();
            }

            await ledger.TakeAsync();
        }

        await end.CancelAsync();
        await links;
        return await servers;
    }

    private static async Task<int> KillServerAsync(Town town, int seed, CancellationToken end)
    {
        var random = new Random(seed);
        var kills = 0;
        while (kills < _serverKills && !end.IsCancellationRequested)
        {
            await Task.Delay(random.Next(1500), CancellationToken.None);
            town.Server.KillHard();
            kills++;
            await Task.Delay(random.Next(500), CancellationToken.None);
            await town.Server.RestartAsync();
        }

        return kills;
    }

    private static async Task DisturbAsync(RoughLink link, int seed, CancellationToken end)
    {
        var random = new Random(seed);
        while (!end.IsCancellationRequested)
        {
            switch (random.Next(3))
            {
                case 0:
                    link.Cut();
                    break;
                case 1:
                    link.Delay = TimeSpan.FromMilliseconds(random.Next(1, 60));
                    break;
            }

            await Task.Delay(random.Next(50, 1200), end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            link.Restore();
            link.Delay = TimeSpan.Zero;
            await Task.Delay(random.Next(50, 800), end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task HoldsAsync(InfluxProcess influx, string database, GatewayLedger ledger)
    {
        foreach (var (device, logged) in ledger.Devices.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var (kind, metric) = device.StartsWith(Gateway + "-t", StringComparison.Ordinal) ? ("traffic_counter", "vehicles_total") : ("water_level", "water_level_m");
            Assert.Equal(logged.OrderBy(l => l.Stamp), logged);
            await Until.TrueAsync(
                async () => (await influx.CountsAsync(database, kind, metric)).GetValueOrDefault(device) >= logged.Count,
                () => $"{device}: {logged.Count} readings were logged");
            var stored = await StoredAsync(influx, database, kind, metric, device);
            for (var i = 0; i < Math.Min(stored.Count, logged.Count); i++)
            {
                Assert.True(stored[i] == logged[i], $"{device}, reading {i}: stored {stored[i]}, logged {logged[i]}");
            }

            Assert.Equal(logged.Count, stored.Count);
        }
    }

    private static async Task<List<Logged>> StoredAsync(InfluxProcess influx, string database, string kind, string metric, string device)
    {
        var readings = new List<Logged>();
        var after = long.MinValue;
        while (true)
        {
            // InfluxDB 1 gives 10,000 rows an answer.
            var where = after == long.MinValue ? "" : string.Create(CultureInfo.InvariantCulture, $" AND time > {after}");
            var answer = await influx.QueryAsync(database, $"SELECT {metric} FROM {kind} WHERE device = '{device}'{where} ORDER BY time LIMIT 10000");
            using var json = JsonDocument.Parse(answer);
            if (!json.RootElement.GetProperty("results")[0].TryGetProperty("series", out var series))
            {
                return readings;
            }

            foreach (var row in series[0].GetProperty("values").EnumerateArray())
            {
                after = row[0].GetInt64();
                readings.Add(new Logged(after, row[1].GetDouble()));
            }
        }
    }
}
