using System.Diagnostics;
using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Book;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// Two servers, PostgreSQL, InfluxDB and gateways under load while faults drawn by a seed go on: <c>kill -9</c>, SIGSTOP, pulled cables, restarts of the stores.
/// Then everything acknowledged is stored, every transition happened once, no alarm was late, no command was carried out twice, and nobody wrote who had been
/// superseded. <c>./test --chaos</c> runs it at full length; <c>SMARTCITY_CHAOS_SEED</c> draws other faults, <c>SMARTCITY_CHAOS_SECONDS</c> makes it longer.
/// </summary>
[Collection(Alone.Name)]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly bool _long = Environment.GetEnvironmentVariable("SMARTCITY_CHAOS") == "1";
    private static readonly int _seed = Number("SMARTCITY_CHAOS_SEED", 20261123);
    private static readonly int _seconds = Number("SMARTCITY_CHAOS_SECONDS", 0);

    private static readonly Hardness _hardness = (_long ? Hardness.Full : Hardness.Short) is var usual && _seconds > 0
        ? Hardness.Full with { Length = TimeSpan.FromSeconds(_seconds), Pause = _long ? usual.Pause : TimeSpan.FromSeconds(9) }
        : usual;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private const int Loads = 3;
    private const int DevicesEach = 20;
    private const int Pairs = 3;
    private const int Streets = 2;
    private const int CallPoints = 4;
    private const int Counters = 5;

    private static int StoriesEach => Math.Max(40, (int)_hardness.Length.TotalSeconds);

    private static readonly int Least = _long && _seconds == 0 ? 100 : 0;

    [Fact]
    public async Task Whatever_happens_to_two_servers_nothing_is_lost_repeated_or_late()
    {
        if (PostgresServer.Bin is null)
        {
            Assert.Skip("PostgreSQL is not installed: apt-get install postgresql-15");
        }

        var watch = Stopwatch.StartNew();
        await using var town = await ClusterTown.StartAsync(Registry());
        using var officer = await town.SignInAsync();
        await using var ears = new CityEars(town.Http, town.Key);
        using var give = new CancellationTokenSource();                      // gives up what hangs
        using var stop = new CancellationTokenSource();                      // no more load
        var log = new FaultLog();
        var stories = new ClusterStories(ears, officer, log, give.Token);
        var loads = Enumerable.Range(0, Loads).Select(n => new LoadVoice(town, Load(n), DevicesEach, n % 2, _seed + n)).ToList();
        List<StreetProcess> streets = [];
        try
        {
            for (var n = 0; n < Streets; n++)
            {
                streets.Add(await StreetProcess.StartAsync(new StreetPlan(
                    Street(n), town.Folder, [.. Ordered(town.Mqtt, n).Select(m => m.Host)], [.. Ordered(town.Mqtt, n).Select(m => m.Port)], Counters, CallPoints, 50, 1_500, _seed + n)));
            }

            var begun = watch.Elapsed;
            var loading = loads.ConvertAll(l => Task.Run(() => l.RunAsync(TimeSpan.FromMilliseconds(25), stop.Token, TimeSpan.FromSeconds(120))));
            var telling = Enumerable.Range(0, Pairs).Select(n => Task.Run(() => TellAsync(town, stories, n, watch.Elapsed + (_hardness.Length > TimeSpan.Zero ? _hardness.Length : TimeSpan.FromSeconds(25)), watch, stop.Token))).ToList();
            var ordering = Task.Run(() => OrderAsync(officer, stop.Token));
            await new FaultPlan(town, _hardness, _seed, log).RunAsync();
            var faulty = watch.Elapsed - begun;

            await stop.CancelAsync();
            give.CancelAfter(TimeSpan.FromSeconds(150));
            await Task.WhenAll(loading);
            var voices = (await Task.WhenAll(telling)).SelectMany(v => v).ToList();
            var given = await ordering;
            var reports = new List<StreetReport>();
            foreach (var street in streets)
            {
                reports.Add(await street.StopAsync());
            }

            var settled = watch.Elapsed;
            var verdict = new Verdict(town, log);
            verdict.Say("seed", $"{_seed}");
            verdict.Say("faults", $"{log.Count} in {faulty.TotalSeconds:0} s: {log.Counts()}{(town.WhyNoCables is { } why ? "; no partitions, since machines of their own are not allowed here: " + why : "")}");
            verdict.Blame("too few faults", log.Count < Least ? [FormattableString.Invariant($"{log.Count}, and not {Least}")] : []);
            verdict.Blame("faults that went otherwise than meant", log.Complaints);
            await CaughtUpAsync(town);
            await Task.WhenAll(loads.Select(l => l.SayAsync(TimeSpan.FromSeconds(60))));
            await CaughtUpAsync(town);
            await JudgeAsync(verdict, town, ears, stories, loads, streets, reports, voices, given);
            verdict.Say("whole campaign", $"{watch.Elapsed.TotalSeconds:0} s: {begun.TotalSeconds:0} s until the city stood, {faulty.TotalSeconds:0} s of faults, {(settled - begun - faulty).TotalSeconds:0} s until everything was acknowledged, {(watch.Elapsed - settled).TotalSeconds:0} s of looking");
            foreach (var line in verdict.Said)
            {
                output.WriteLine(line);
            }

            Assert.True(verdict.Wrong.Count == 0, string.Join('\n', verdict.Wrong) + "\n\nfaults:\n" + log.Text());
        }
        finally
        {
            await give.CancelAsync();
            await stop.CancelAsync();
            foreach (var street in streets)
            {
                await street.DisposeAsync();
            }

            foreach (var load in loads)
            {
                await load.DisposeAsync();
            }

            Keep(town, streets, log);
        }
    }

    private static async Task JudgeAsync(
        Verdict verdict, ClusterTown town, CityEars ears, ClusterStories stories, List<LoadVoice> loads, List<StreetProcess> streets, List<StreetReport> reports,
        List<AlarmVoice> voices, int given)
    {
        verdict.Blame("stories that could not be told to their end", stories.Faults);
        verdict.Blame("gateways whose log was not taken", reports.Zip(streets).Where(r => !r.First.Drained || r.First.Dropped > 0).Select(r => $"{r.Second.Plan.Gateway}: {r.First}\n{string.Join('\n', r.Second.Notices.Split('\n').TakeLast(12))}"));
        var made = loads.SelectMany(l => l.Accounts).Concat(reports.SelectMany(r => r.Counters).Select(c => (Device: c.Key, Account: new Account(c.Value[0], c.Value[1], c.Value[2]))))
            .ToDictionary(a => a.Item1, a => a.Item2, StringComparer.Ordinal);
        await verdict.ReadingsAsync(made, loads.Sum(l => l.Acknowledged) + reports.Sum(r => r.Rows));

        var expected = stories.Expected.ToDictionary(e => e.Key, e => e.Value);
        var lines = stories.Lines.ToDictionary(l => l.Key, l => l.Value);
        foreach (var (zone, pressed, at) in streets.SelectMany(s => s.Said()))
        {
            lines[("manual_call_point", zone)] = lines.GetValueOrDefault(("manual_call_point", zone)) + 1;
            if (!expected.TryGetValue(("fire", zone), out var steps))
            {
                expected.Add(("fire", zone), steps = []);
            }

            steps.Add(pressed ? new Step("raised", at, at) : new Step("cleared", at));
        }

        foreach (var load in loads)
        {
            lines[("manhole", load.Lid)] = load.Rows;
        }

        await verdict.AlarmLinesAsync(lines);
        await verdict.TransitionsAsync(ears, expected);
        await verdict.LidsAsync(ears, loads.ToDictionary(l => l.Lid, l => l.Openings, StringComparer.Ordinal));
        verdict.Latencies(ears, expected, Limit);
        await verdict.CommandsAsync(streets);
        await verdict.MapsAsync();
        await verdict.ServersAsync();
        verdict.Silence(ears, made.Keys.ToHashSet(StringComparer.Ordinal));
        verdict.Blame("alarms answered with a refusal", voices.SelectMany(v => v.Refusals.Select(r => $"{v.Gateway}: {r}")));
        verdict.Say("gateways", $"{voices.Sum(v => v.Published):N0} alarm lines acknowledged in {stories.Told} stories, {voices.Sum(v => v.Again)} said again to the other server, {voices.Sum(v => v.Moves)} turns without a reason; load moved {loads.Sum(l => l.Moves)} times, {loads.Sum(l => l.Refused)} publishes refused; real gateways failed over {reports.Sum(r => r.Failovers)} times, {reports.Sum(r => r.Refused)} refused");
        verdict.Say("orders", $"{given} commands taken by a server");
    }

    private static string Load(int n) => FormattableString.Invariant($"load-{n}");

    private static string Street(int n) => FormattableString.Invariant($"street-{n}");

    private static string Bell(int n, char of) => FormattableString.Invariant($"bell-{n}{of}");

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static IEnumerable<T> Ordered<T>(IReadOnlyList<T> servers, int first) => Enumerable.Range(0, servers.Count).Select(n => servers[(n + first) % servers.Count]);

    private static RegistryEdits Registry()
    {
        List<RegistryEdits> parts =
        [
            .. Enumerable.Range(0, Pairs).Select(n => ClusterStories.Register(Bell(n, 'x'), Bell(n, 'y'), StoriesEach)),
            .. Enumerable.Range(0, Streets).Select(n => StreetProcess.Register(Street(n), Counters, CallPoints)),
        ];
        return new RegistryEdits
        {
            Gateways = [.. Enumerable.Range(0, Loads).Select(n => new GatewayEdit { Id = Load(n) }), .. parts.SelectMany(p => p.Gateways)],
            Zones = [.. parts.SelectMany(p => p.Zones)],
            Devices =
            [
                .. Enumerable.Range(0, Loads).SelectMany(n => LoadGateway.Devices(Load(n), DevicesEach).Select(d => new DeviceEdit { Id = d, Kind = LoadGateway.Kind, Gateway = Load(n) })),
                .. Enumerable.Range(0, Loads).Select(n => new DeviceEdit { Id = Load(n) + "-lid", Kind = "manhole", Gateway = Load(n) }),
                .. parts.SelectMany(p => p.Devices),
            ],
        };
    }

    // Stories of a pair of gateways, one after the other, some of them beside the next ones; their first servers are different ones.
    private static async Task<List<AlarmVoice>> TellAsync(ClusterTown town, ClusterStories stories, int pair, TimeSpan end, Stopwatch watch, CancellationToken stop)
    {
        var random = new Random(_seed + (100 * pair));
        List<AlarmVoice> voices = [];
        await using var one = Voice('x', 0);
        await using var other = Voice('y', 1);
        for (var story = 0; story < StoriesEach && !stop.IsCancellationRequested; story++)
        {
            await stories.TellAsync(one, other, ClusterStories.Id(Bell(pair, 'x'), story), random, TimeSpan.FromMilliseconds(1_200), end - watch.Elapsed);
            await Task.Delay(random.Next(600), CancellationToken.None);
        }

        return voices;

        AlarmVoice Voice(char of, int server)
        {
            var voice = new AlarmVoice(town, Bell(pair, of), (pair + server) % 2, _seed + (1_000 * pair) + of);
            voices.Add(voice);
            return voice;
        }
    }

    // A person asks devices to show themselves, at whichever server; what no server answers is asked again as another command.
    private static async Task<int> OrderAsync(Officer officer, CancellationToken stop)
    {
        var random = new Random(_seed);
        var given = 0;
        while (!stop.IsCancellationRequested)
        {
            var device = StreetChild.Id(Street(random.Next(Streets)), 'c', random.Next(CallPoints));
            var answer = await officer.TryAsync(random.Next(2), HttpMethod.Post, $"/api/v1/devices/{device}/commands", new { command = new { type = "identify" }, expiresInSeconds = 120 });
            given += answer is { Status: System.Net.HttpStatusCode.Accepted } ? 1 : 0;
            await Task.Delay(random.Next(500, 2_500), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return given;
    }

    private static async Task CaughtUpAsync(ClusterTown town)
    {
        foreach (var (at, server) in town.Http.Zip(town.Servers))
        {
            using var client = new HttpClient { BaseAddress = at, Timeout = TimeSpan.FromSeconds(5) };
            client.DefaultRequestHeaders.Add("Authorization", "Bearer " + town.Key);
            var last = "";
            await Until.TrueAsync(
                async () =>
                {
                    try
                    {
                        last = await client.GetStringAsync("/metrics");
                    }
                    catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
                    {
                        last = e.Message;
                        return false;
                    }

                    var lags = last.Split('\n').Where(l => l.StartsWith("smartcity_reader_lag_bytes", StringComparison.Ordinal)).ToList();
                    return lags.Count >= 4 && lags.TrueForAll(l => l.EndsWith(" 0", StringComparison.Ordinal));
                },
                () => $"{server.Name} caught up:\n{string.Join('\n', last.Split('\n').Where(l => l.Contains("reader_lag", StringComparison.Ordinal)))}\n{server.Tail(30)}",
                TimeSpan.FromSeconds(60));
        }
    }

    // For whoever looks for the reason: everything that was said, in a folder of their choice.
    private static void Keep(ClusterTown town, List<StreetProcess> streets, FaultLog log)
    {
        if (Environment.GetEnvironmentVariable("SMARTCITY_CHAOS_KEEP") is { Length: > 0 } keep)
        {
            Directory.CreateDirectory(keep);
            File.WriteAllText(Path.Combine(keep, "faults.txt"), log.Text());
            town.Servers.ToList().ForEach(s => File.WriteAllText(Path.Combine(keep, s.Name + ".log"), s.Log));
            streets.ForEach(s => File.WriteAllText(Path.Combine(keep, s.Plan.Gateway + ".log"), s.Notices));
        }
    }
}
