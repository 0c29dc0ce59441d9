using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SmartCity.Edge;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.History;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Edge;

/// <summary>
/// A link that was down for a day: the backlog drains in order and fast, and no alarm of now waits for it. A fire of the gap that
/// still burns is an alert of now, one that is over is history.
/// </summary>
[Collection(Alone.Name)]
public sealed class OfflineDayTests(ITestOutputHelper output)
{
    private const string Name = "gw-day";
    private const int Counters = 50;

    private static readonly int _readings = Repository.Long ? 1_000_000 : 100_000;
    private static readonly int _alarms = 240;
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task A_day_offline_is_caught_up_while_alarms_of_now_do_not_wait()
    {
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        await using var town = await Town.StartAsync(Registry(), tls: false, null, "--influx", influx.Url.ToString(), "--influx-db", database);
        await using var events = new EventStream(town.Server.Http);
        await using var link = new RoughLink(town.Server.MqttPort);
        link.Cut();
        var home = Directory.CreateTempSubdirectory("smartcity-day-").FullName;
        try
        {
            var plan = new GatewayPlan(Name, home, [link.Port], Counters, 0, 0, 0);
            await using var gateway = Gateway.Start(GatewayChild.OptionsFor(plan) with { BudgetBytes = 1L << 30 }, new GatewayHooks(), TimeProvider.System);
            var now = DateTimeOffset.UtcNow;
            var stillBurning = now.AddHours(-3);
            var over = now.AddHours(-5);
            await FillAsync(gateway, now.AddHours(-24), now);
            Fire(gateway, "over", over, 1);
            Fire(gateway, "over", over.AddMinutes(20), 0);
            for (var at = stillBurning; at < now; at = at.AddMinutes(1))
            {
                Fire(gateway, "burning", at, 1);
            }

            await gateway.FlushAsync(TestContext.Current.CancellationToken);
            var backlog = gateway.Backlog;
            var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
            var before = gateway.Statistics.Acknowledged;
            var watch = Stopwatch.StartNew();
            link.Restore();
            using var drained = new CancellationTokenSource();
            var alarms = AlarmsAsync(gateway, events, 0, drained.Token);
            Assert.True(await gateway.DrainAsync(TimeSpan.FromMinutes(10)));
            var drain = watch.Elapsed;
            var sent = gateway.Statistics.Acknowledged - before;
            await drained.CancelAsync();
            var inOrder = await alarms;
            output.WriteLine("each alarm, ms  " + string.Join(' ', inOrder.Select(l => l.ToString("0", CultureInfo.InvariantCulture))));
            var latencies = inOrder.Order().ToList();

            // The same with nothing to catch up with: what this machine, busy or not, takes for an alarm anyway.
            await town.Server.CaughtUpAsync();
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(Repository.Long ? 10 : 2));
            var control = (await AlarmsAsync(gateway, events, inOrder.Count + 1, brief.Token)).Order().ToList();

            await CheckFiresAsync(town, events, stillBurning, over);
            await town.Server.CaughtUpAsync();
            var counts = await influx.CountsAsync(database, "traffic_counter", "vehicles_total");
            Assert.Equal(Counters, counts.Count);
            Assert.All(counts.Values, c => Assert.Equal(_readings / Counters, c));

            output.WriteLine($"backlog         {sent:N0} readings of 24 h, {backlog / 1048576.0:0.0} MiB of log; load {load} on {Environment.ProcessorCount} cores before");
            output.WriteLine($"drain           {drain.TotalSeconds:0.0} s, {sent / drain.TotalSeconds:N0} readings/s to the acknowledgement");
            output.WriteLine($"alarms          {latencies.Count} raised meanwhile, four a second; alarm to event {Shown(latencies)}");
            output.WriteLine($"  without it    {control.Count} raised after, {Shown(control)}");
            output.WriteLine("fires           the one that still burns is live, the one that ended in the gap is historical; all readings stored, each once");
            Assert.True(latencies.Count > 0);

            static string Shown(List<double> sorted)
            {
                double At(double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
                return FormattableString.Invariant($"p50 {At(0.5):0.0} ms, p99 {At(0.99):0.0} ms, max {sorted[^1]:0.0} ms");
            }
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_fire_measured_while_the_server_is_dead_is_in_the_book_with_both_times_when_it_is_back()
    {
        await using var town = await Town.StartAsync(Registry(), tls: false, null);
        var home = Directory.CreateTempSubdirectory("smartcity-dead-").FullName;
        try
        {
            await using var gateway = Gateway.Start(GatewayChild.OptionsFor(new GatewayPlan(Name, home, [town.Server.MqttPort], 0, 0, 0, 0)), new GatewayHooks(), TimeProvider.System);
            await Until.TrueAsync(() => Task.FromResult(gateway.IsConnected), () => "connected");
            town.Server.KillHard();
            var at = DateTimeOffset.UtcNow;
            Assert.Equal(MeasureResult.Logged, Press(gateway, 0, true, at));
            var back = DateTimeOffset.UtcNow;
            await town.Server.RestartAsync();
            Assert.True(await gateway.DrainAsync(TimeSpan.FromMinutes(1)));
            var alert = Assert.Single(await AlertsAsync(town, Zone(0)));
            Assert.Equal("fire", alert.GetProperty("kind").GetString());
            Assert.Equal(Micro(at), Micro(alert.GetProperty("measuredAt").GetDateTimeOffset()));
            Assert.InRange(alert.GetProperty("receivedAt").GetDateTimeOffset(), back, DateTimeOffset.UtcNow);
            output.WriteLine($"fire with the server dead: measured {at:O}, received {alert.GetProperty("receivedAt").GetString()}, state {alert.GetProperty("state").GetString()}");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static RegistryEdits Registry() => new()
    {
        Gateways = [new GatewayEdit { Id = Name }],
        Zones = [.. Enumerable.Range(0, _alarms).Select(n => new ZoneEdit { Id = Zone(n) }), new ZoneEdit { Id = "zone-over" }, new ZoneEdit { Id = "zone-burning" }],
        Devices =
        [
            .. Enumerable.Range(0, Counters).Select(n => Device(GatewayChild.Id(Name, 't', n), "traffic_counter", null)),
            .. Enumerable.Range(0, _alarms).Select(n => Device(GatewayChild.Id(Name, 'c', n), "manual_call_point", Zone(n))),
            Device("over", "manual_call_point", "zone-over"), Device("burning", "manual_call_point", "zone-burning"),
        ],
    };

    private static DeviceEdit Device(string id, string kind, string? zone) => new() { Id = id, Kind = kind, Gateway = Name, Zone = zone };

    private static string Zone(int n) => string.Create(CultureInfo.InvariantCulture, $"zone-{n}");

    private static long Micro(DateTimeOffset moment) => moment.UtcTicks / 10;

    private static MeasureResult Press(Gateway gateway, int point, bool pressed, DateTimeOffset at) =>
        gateway.Measure("manual_call_point", GatewayChild.Id(Name, 'c', point), [new MetricValue("pressed", pressed ? 1 : 0)], at);

    private static void Fire(Gateway gateway, string device, DateTimeOffset at, int pressed) =>
        Assert.NotEqual(MeasureResult.Invalid, gateway.Measure("manual_call_point", device, [new MetricValue("pressed", pressed)], at));

    private static async Task FillAsync(Gateway gateway, DateTimeOffset from, DateTimeOffset to)
    {
        var each = _readings / Counters;
        var step = (to - from) / each;
        for (var n = 0; n < each; n++)
        {
            for (var device = 0; device < Counters;)
            {
                var at = from + (step * n) + TimeSpan.FromMicroseconds(device);
                if (gateway.Measure("traffic_counter", GatewayChild.Id(Name, 't', device), [new MetricValue("vehicles_total", n), new MetricValue("vehicles_per_minute", n % 1000)], at) == MeasureResult.Logged)
                {
                    device++;
                }
                else
                {
                    await gateway.FlushAsync(CancellationToken.None);
                }
            }
        }
    }

    /// <summary>Presses one call point after the other, four a second, and takes the time from measuring to the server's event.</summary>
    private static async Task<List<double>> AlarmsAsync(Gateway gateway, EventStream events, int first, CancellationToken end)
    {
        var latencies = new List<double>();
        for (var n = first; n < _alarms && (!end.IsCancellationRequested || n < first + 10); n++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(MeasureResult.Logged, Press(gateway, n, true, DateTimeOffset.UtcNow));
            await events.FirstAsync(e => e.Kind == "fire" && e.Subject == Zone(n) && e.What == "raised", $"fire of {Zone(n)}");
            latencies.Add(watch.Elapsed.TotalMilliseconds);
            var rest = _pace - watch.Elapsed;
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, CancellationToken.None);
        }

        // The first one finds no connection yet: it tells of the link, not of the backlog.
        return latencies[1..];
    }

    private static async Task CheckFiresAsync(Town town, EventStream events, DateTimeOffset stillBurning, DateTimeOffset over)
    {
        await events.FirstAsync(e => e.Subject == "zone-burning" && e.What == "raised", "the fire that still burns");
        var burning = (await AlertsAsync(town, "zone-burning")).Where(a => a.GetProperty("kind").GetString() == "fire").ToList();
        var live = Assert.Single(burning, a => !a.GetProperty("historical").GetBoolean());
        Assert.Equal("raised", live.GetProperty("state").GetString());
        Assert.Equal(Micro(stillBurning), Micro(live.GetProperty("measuredAt").GetDateTimeOffset()));

        var past = Assert.Single(await AlertsAsync(town, "zone-over"), a => a.GetProperty("kind").GetString() == "fire");
        Assert.True(past.GetProperty("historical").GetBoolean(), past.ToString());
        Assert.Equal(Micro(over), Micro(past.GetProperty("measuredAt").GetDateTimeOffset()));
    }

    private static async Task<List<JsonElement>> AlertsAsync(Town town, string zone)
    {
        using var answer = JsonDocument.Parse(await town.Server.Client.GetStringAsync($"/api/v1/alerts?zone={zone}"));
        return [.. answer.RootElement.GetProperty("items").EnumerateArray().Select(a => a.Clone())];
    }
}
