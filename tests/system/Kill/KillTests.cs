using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.History;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Kill;

/// <summary><c>kill -9</c> at random moments under load: every acknowledged reading is stored once, every transition happened once, in order.</summary>
[Collection(Alone.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int LoadGateways = 4;
    private const int DevicesEach = 25;
    private const int AlarmGateways = 3;

    private static readonly int _kills = Repository.Long ? 55 : 7;

    [Fact]
    public async Task Killing_the_server_loses_nothing_and_repeats_nothing()
    {
        await using var influx = new InfluxProcess();
        await influx.StartAsync();
        var database = await influx.CreateDatabaseAsync();
        var registry = Registry();
        await using var town = await Town.StartAsync(registry, tls: true, null, "--influx", influx.Url.ToString(), "--influx-db", database);
        await using var events = new EventStream(town.Server.Http);
        var stories = new AlarmStories(events);
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();

        var loads = Enumerable.Range(0, LoadGateways).Select(n => new LoadGateway(town.Client(Load(n)), Load(n), LoadGateway.Devices(Load(n), DevicesEach))).ToList();
        foreach (var load in loads)
        {
            await load.ConnectAsync();
        }

        var loading = loads.ConvertAll(l => Task.Run(() => l.RunAsync(long.MaxValue, TimeSpan.FromMilliseconds(10), stop.Token)));
        var telling = Enumerable.Range(0, AlarmGateways).Select(n => Task.Run(() => TellAsync(town, stories, Alarm(n), n, stop.Token))).ToList();
        await using var choir = new MqttClient(town.Client("choir", alarm: true));
        await choir.ConnectAsync();
        var (restarts, spanned, endings) = await KillAsync(town, stories, choir);
        Assert.InRange(spanned, _kills / 2, _kills);
        await stop.CancelAsync();
        await Task.WhenAll(loading);
        var told = (await Task.WhenAll(telling)).Sum();
        await Task.WhenAll(endings);
        foreach (var load in loads)
        {
            await load.FlushAsync(Until.Patience);
        }

        var expected = stories.Expected;
        foreach (var ((kind, subject), steps) in expected)
        {
            foreach (var (what, when) in steps)
            {
                await events.FirstAsync(e => e.Kind == kind && e.Subject == subject && e.What == what && e.When == when, $"{kind} {subject} {Shown(what, when)}");
            }
        }

        await town.Server.CaughtUpAsync();
        await influx.HoldsAsync(database, loads.SelectMany(l => l.Accounts));
        await AlarmLinesAsync(influx, database, stories);
        var transitions = await TransitionsAsync(town, events, expected);
        Assert.Equal(0, await town.Server.FigureAsync("smartcity_history_rejected_total", "lane=\"telemetry\""));

        var published = loads.Sum(l => l.Published);
        output.WriteLine($"kills                      {_kills + (_kills / 3)} in {watch.Elapsed.TotalSeconds:0} s, {_kills / 3} of them while it was starting");
        output.WriteLine($"start after a kill         median {restarts.Order().ElementAt(restarts.Count / 2):0.0} s, longest {restarts.Max():0.0} s");
        output.WriteLine($"connections accepted       {loads.Sum(l => l.Connections)} from {LoadGateways} telemetry gateways");
        output.WriteLine($"readings acknowledged      {loads.Sum(l => l.Acknowledged):N0} of {published:N0} published, {published * 4:N0} values");
        output.WriteLine($"readings in InfluxDB       {published:N0}, count and checksums exact on {loads.Sum(l => l.Accounts.Count())} devices");
        output.WriteLine($"alarm publishes            {stories.Published:N0} acknowledged, {told + (3 * _kills)} stories");
        output.WriteLine($"alert transitions          {transitions:N0} expected, each once and in order; {events.Seen.Count:N0} events in {events.Streams} streams without a gap");
        output.WriteLine($"holds over a kill          {_kills} ended by a reading; {spanned} of {_kills} holds and pre-alarms that ended by time had a kill in between");
    }

    private static string Load(int n) => FormattableString.Invariant($"load-{n}");

    private static string Alarm(int n) => FormattableString.Invariant($"bell-{n}");

    private static int StoriesEach => Repository.Long ? 400 : 60;

    private static RegistryEdits Registry()
    {
        var parts = Enumerable.Range(0, AlarmGateways).Select(n => AlarmStories.Register(Alarm(n), StoriesEach)).Append(AlarmStories.Register("choir", _kills)).ToList();
        return new RegistryEdits
        {
            Gateways = [.. Enumerable.Range(0, LoadGateways).Select(n => new GatewayEdit { Id = Load(n) }), .. parts.SelectMany(p => p.Gateways)],
            Zones = [.. parts.SelectMany(p => p.Zones)],
            Devices =
            [
                .. Enumerable.Range(0, LoadGateways).SelectMany(n => LoadGateway.Devices(Load(n), DevicesEach)
                    .Select(d => new DeviceEdit { Id = d, Kind = LoadGateway.Kind, Gateway = Load(n) })),
                .. parts.SelectMany(p => p.Devices),
            ],
        };
    }

    // Each alarm gateway tells one story after the other, whatever the server does.
    private static async Task<int> TellAsync(Town town, AlarmStories stories, string gateway, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        await using var client = new MqttClient(town.Client(gateway, alarm: true));
        await client.ConnectAsync(CancellationToken.None);
        var told = 0;
        while (told < StoriesEach && !stop.IsCancellationRequested)
        {
            var id = AlarmStories.Id(gateway, told);
            await (random.Next(3) switch
            {
                0 => stories.CallPointAsync(client, gateway, id),
                1 => stories.TwoDetectorsAsync(client, gateway, id),
                _ => stories.FloodAsync(client, gateway, id),
            });
            told++;
            await Task.Delay(random.Next(1000), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return told;
    }

    // Before each kill a hold and a pre-alarm begin; they end after it, while the next ones have begun.
    private static async Task<(List<double> Restarts, int Spanned, List<Task> Endings)> KillAsync(Town town, AlarmStories stories, MqttClient choir)
    {
        var random = new Random(20250826);
        List<double> restarts = [];
        List<Task> endings = [];
        var spanned = 0;
        for (var kill = 0; kill < _kills; kill++)
        {
            var id = AlarmStories.Id("choir", kill);
            var begun = Stopwatch.StartNew();
            Func<Task>[] after =
            [
                await stories.HoldBeforeReadingAsync(choir, "choir", id),
                await stories.HoldBeforeTickAsync(choir, "choir", id),
                await stories.PreAlarmAsync(choir, "choir", id),
            ];
            await Task.Delay(random.Next(2500));                            // the random moment
            town.Server.KillHard();
            spanned += begun.Elapsed < AlarmStories.ShortestTime ? 1 : 0;
            if (kill % 3 == 2)
            {
                await town.Server.RestartAndKillAsync(TimeSpan.FromMilliseconds(random.Next(1500)));   // and once more while it recovers
            }

            var watch = Stopwatch.StartNew();
            await town.Server.RestartAsync();
            restarts.Add(watch.Elapsed.TotalSeconds);
            endings.AddRange(after.Select(end => Task.Run(end)));
        }

        return (restarts, spanned, endings);
    }

    private static async Task AlarmLinesAsync(InfluxProcess influx, string database, AlarmStories stories)
    {
        foreach (var (kind, metrics) in ((string, string[])[])[("manual_call_point", ["pressed"]), ("fire_detector", ["loop_state", "battery_volt"]), ("water_level", ["water_level_m"])])
        {
            var stored = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var metric in metrics)
            {
                foreach (var (device, count) in await influx.CountsAsync(database, kind, metric))
                {
                    stored[device] = stored.GetValueOrDefault(device) + count;
                }
            }

            Assert.Equal(
                stories.Lines.Where(l => l.Key.Kind == kind).Select(l => (l.Key.Device, l.Value)).Order(),
                stored.Select(s => (s.Key, s.Value)).Order());
        }
    }

    private static async Task<int> TransitionsAsync(
        Town town, EventStream events, IReadOnlyDictionary<(string Kind, string Subject), List<(string What, long When)>> expected)
    {
        // A second reader that begins at the beginning hears the same as the one that was cut off at every kill.
        var heard = events.Seen;
        await using var again = new EventStream(town.Server.Http);
        await again.FirstAsync(e => e.Id == heard[^1].Id, "the whole stream again");
        var all = again.Seen;
        Assert.Equal(heard, all.Take(heard.Count));
        Assert.Equal(Enumerable.Range(1, all.Count).Select(n => (long)n), all.Select(e => e.Id));
        Assert.Empty(all.GroupBy(e => (e.Alert, e.What, e.When, e.Note)).Where(g => g.Count() > 1).Select(g => g.Key));
        foreach (var alert in all.GroupBy(e => e.Alert))
        {
            Assert.Equal(Enumerable.Range(1, alert.Count()).Select(n => (long)n), alert.Select(e => e.Revision));
            using var one = JsonDocument.Parse(await town.Server.Client.GetStringAsync($"/api/v1/alerts/{alert.Key}"));
            Assert.Equal(
                alert.Select(e => (e.What, e.When)),
                one.RootElement.GetProperty("history").EnumerateArray().Select(h => (h.GetProperty("what").GetString()!, AlertEvent.Nanoseconds(h.GetProperty("when")))));
        }

        var found = all.Where(e => e.Kind is "fire" or "fire-prealarm" or "flood" or "battery").GroupBy(e => (e.Kind, e.Subject)).ToDictionary(g => g.Key);
        Assert.Empty(found.Keys.Except(expected.Keys));
        foreach (var (key, steps) in expected)
        {
            var actual = found[key].GroupBy(e => e.Alert).Select(g => string.Join(' ', g.Select(e => Shown(e.What, e.When)))).Order();
            Assert.Equal(Alerts(steps).Order(), actual);
        }

        return expected.Sum(e => e.Value.Count);
    }

    // Each alert begins with "raised".
    private static IEnumerable<string> Alerts(List<(string What, long When)> steps)
    {
        var words = new List<string>();
        foreach (var (what, when) in steps)
        {
            if (what == "raised" && words.Count > 0)
            {
                yield return string.Join(' ', words);
                words.Clear();
            }

            words.Add(Shown(what, when));
        }

        yield return string.Join(' ', words);
    }

    private static string Shown(string what, long when) => string.Create(CultureInfo.InvariantCulture, $"{what}@{when}");
}
