using System.CommandLine;
using System.Security.Cryptography;
using SmartCity.Edge;
using SmartCity.Simulators.Commands;
using SmartCity.Simulators.Lights;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Scenarios;

namespace SmartCity.Simulators.Up;

/// <summary><c>up</c>, which <c>./run</c> calls: the real server and a whole simulated city beside it, watched live.</summary>
internal static class UpCommand
{
    /// <summary>Name of the lighting operator.</summary>
    private const string Lighting = "lighting";

    /// <summary>How long one of two servers that has ended stays away: long enough to see the other take over, and what is told of it.</summary>
    private static readonly TimeSpan Absence = TimeSpan.FromSeconds(20);

    private static readonly Option<string> Server = new("--server") { Description = "smartcity-ingest.dll", Required = true, HelpName = "FILE" };
    private static readonly Option<string> Data = new("--data") { Description = "folder for everything", DefaultValueFactory = _ => "data", HelpName = "DIR" };
    private static readonly Option<string> City = new("--city") { Description = "thanh-hoa, or ha-long with its 4,300 lamps", DefaultValueFactory = _ => "thanh-hoa" };
    private static readonly Option<int> Devices = new("--devices") { Description = "devices of the city", DefaultValueFactory = _ => 1000 };
    private static readonly Option<int> Seed = new("--seed") { Description = "the same seed gives the same city", DefaultValueFactory = _ => 1 };
    private static readonly Option<double> Rate = new("--rate") { Description = "readings/s of the whole city; 0 = as often as the kinds say", DefaultValueFactory = _ => 300 };
    private static readonly Option<string?> ScenarioNames = new("--scenario") { Description = "fire, flood, lamps, outage, storm; several with commas" };
    private static readonly Option<TimeSpan> At = Durations.Option("--scenario-at", "when scenarios begin", TimeSpan.FromSeconds(20));
    private static readonly Option<TimeSpan?> For = new("--for")
    {
        Description = "stop by itself after this time (20s, 5m)",
        CustomParser = Durations.ParseOptional,
    };

    private static readonly Option<bool> Plain = new("--plain") { Description = "lines instead of a picture (always so without a terminal)" };
    private static readonly Option<string?> Influx = new("--influx") { Description = "InfluxDB 1.x address for history, e.g. http://127.0.0.1:8086" };
    private static readonly Option<string?> InfluxDb = new("--influx-db") { Description = "InfluxDB 1.x database" };
    private static readonly Option<int> Servers = new("--servers") { Description = "1, or 2 with one book in PostgreSQL (installed beside)", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Http = new("--http") { Description = "HTTP port", DefaultValueFactory = _ => 8080 };
    private static readonly Option<int> Mqtt = new("--mqtt") { Description = "MQTT port", DefaultValueFactory = _ => 1883 };
    private static readonly Option<int> Mqtts = new("--mqtts") { Description = "MQTT over TLS port", DefaultValueFactory = _ => 8883 };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("up", "Start server and city on this machine and watch them; Ctrl-C stops everything")
        {
            Server, Data, City, Devices, Seed, Rate, ScenarioNames, At, For, Plain, Influx, InfluxDb, Servers, Http, Mqtt, Mqtts,
        };
        command.SetAction(async (args, stop) =>
        {
            try
            {
                return await RunAsync(args, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return ExitCodes.Done;
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or ArgumentException or HttpRequestException)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return ExitCodes.Fault;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ParseResult args, CancellationToken stop)
    {
        var data = Path.GetFullPath(args.GetRequiredValue(Data));
        var certificates = Path.Combine(data, "certificates");
        Directory.CreateDirectory(certificates);
        var program = args.GetRequiredValue(Server);
        var store = Path.Combine(data, "server");
        var city = new CityOptions { City = args.GetRequiredValue(City), Seed = args.GetValue(Seed), Devices = args.GetValue(Devices) };
        var plan = CityGenerator.Generate(city);
        var scenarios = args.GetValue(ScenarioNames)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (scenarios.FirstOrDefault(name => !Scenario.Names.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw new InvalidOperationException($"There is no scenario {unknown}: {string.Join(", ", Scenario.Names)}.");
        }

        Say($"Registering {plan.Devices.Count} devices on {plan.Gateways.Count} gateways");
        var registry = Path.Combine(data, "city.json");
        await using (var file = File.Create(registry))
        {
            RegistryFile.Of(plan).Write(file);
        }

        var count = args.GetValue(Servers);
        if (count is < 1 or > 2)
        {
            throw new InvalidOperationException("--servers is 1 or 2.");
        }

        await using var postgres = count == 1 ? null : await BookAsync(data, stop);
        await ServerChild.RunAsync(program, ["import", registry, "--data", store], stop);
        var plain = args.GetValue(Plain) || Console.IsOutputRedirected;
        List<TownServer> servers = [];
        try
        {
            Say(count == 1 ? "Starting the server" : "Starting two servers, a and b");
            servers.Add(await StartAsync(args, program, data, 0, stop));
            if (count == 2)
            {
                // What makes b a server of this city: its CA, and the key of its webhooks.
                TownKeys.Copy(store, StoreOf(data, 1));
                servers.Add(await StartAsync(args, program, data, 1, stop));
            }

            await EnrolAsync(program, store, servers[0], plan, certificates, stop);
            var lighting = await LightAsync(program, store, servers, plan, stop);
            await using var run = CityRun.Start(
                new RunOptions
                {
                    City = city,
                    Servers = [.. servers.Select(s => new ServerEndpoint("127.0.0.1", s.Addresses["mqtts"].Port, Tls: true))],
                    InTurn = true,
                    Data = Path.Combine(data, "gateways"),
                    Certificates = certificates,
                    Rate = args.GetValue(Rate),
                    Scenarios = scenarios,
                    ScenarioAt = args.GetValue(At),
                    Duration = args.GetValue(For),
                    Drain = TimeSpan.FromSeconds(5),
                },
                TimeProvider.System,
                text => Planted(text, plain));
            var links = count == 1 ? [servers[0].Login] : await LinksAsync(program, store, servers, stop);
            return await WatchAsync(run, servers, links, postgres, lighting, plain, stop);
        }
        finally
        {
            await Task.WhenAll(servers.Select(async s => await s.DisposeAsync()));
        }
    }

    /// <summary>A link for each server, of a user of its own: both servers' one-time logins are of one user of one book, where a later code ends an earlier one.</summary>
    private static async Task<IReadOnlyList<string?>> LinksAsync(string program, string store, IReadOnlyList<TownServer> servers, CancellationToken stop)
    {
        List<string?> links = [];
        foreach (var server in servers)
        {
            var name = "officer-" + server.Name;
            await ServerChild.RunAsync(
                program, ["user", "add", name, "--role", "admin", "--role", "operator", "--data", store], stop, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
            links.Add((await ServerChild.RunAsync(program, ["user", "link", name, "--url", server.Addresses["http"].ToString(), "--data", store], stop)).Trim());
        }

        return links;
    }

    private static string LogOf(string data, int number) => Path.Combine(data, number == 0 ? "server.log" : "server-b.log");

    private static string StoreOf(string data, int number) => Path.Combine(data, number == 0 ? "server" : "server-b");

    /// <summary>Two servers have one book: a PostgreSQL of this trial's own. Its address, a secret, goes to every program of the server by the environment.</summary>
    private static async Task<ScratchPostgres> BookAsync(string data, CancellationToken stop)
    {
        Say("Starting PostgreSQL for the book of both");
        var postgres = await ScratchPostgres.StartAsync(Path.Combine(data, "postgres"), ServerChild.Port(5433), stop);
        Environment.SetEnvironmentVariable("SMARTCITY_BOOK_POSTGRES", postgres.Address);
        return postgres;
    }

    private static Task<TownServer> StartAsync(ParseResult args, string program, string data, int number, CancellationToken stop) => args.GetValue(Servers) == 1
        ? TownServer.StartAsync("", program, [.. Arguments(args, StoreOf(data, 0))], Path.Combine(data, "server.log"), stop)
        : TownServer.StartAsync(
            number == 0 ? "a" : "b", program, [.. OfTwo(args, StoreOf(data, number), number)], LogOf(data, number), stop);

    private static async Task<int> WatchAsync(
        CityRun run, IReadOnlyList<TownServer> servers, IReadOnlyList<string?> links, ScratchPostgres? postgres, IReadOnlyList<string> lighting, bool plain, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        foreach (var (server, link) in servers.Zip(links))
        {
            Say($"{$"Console {server.Name}",-9} {server.Addresses["http"]}");
            Say($"Sign in   {link}");
        }

        foreach (var line in lighting)
        {
            Say(line);
        }

        foreach (var server in servers)
        {
            Say($"{$"MQTT {server.Name}",-9} {server.Addresses["mqtt"]} for anybody here, {server.Addresses["mqtts"]} for gateways");
        }

        foreach (var server in servers)
        {
            Say($"{$"Log {server.Name}",-9} {server.Log}");
        }

        if (postgres is not null)
        {
            Say(FormattableString.Invariant($"Book      PostgreSQL on port {postgres.Port}, process {postgres.Id}"));
            Say("Kill one and look at both consoles:");
            foreach (var server in servers)
            {
                Say(FormattableString.Invariant($"  kill -9 {server.Id}     server {server.Name} dies; {Absence.TotalSeconds:0} s later it is started again (kill -STOP and kill -CONT: it stands still and wakes)"));
            }

            Say(FormattableString.Invariant($"  kill -INT {postgres.Id}    the book is away; {Absence.TotalSeconds:0} s later it is started again"));
        }

        var living = run.RunAsync(end.Token);
        var showing = new TownView(run, servers, links, postgres, TimeProvider.System).ShowAsync(plain, end.Token);
        Task[] keeping = servers.Count == 1
            ? [servers[0].Ended]
            : [
                .. servers.Select(s => s.KeepAsync(Absence, TimeProvider.System, text => Told(text, plain), end.Token)),
                postgres!.KeepAsync(Absence, TimeProvider.System, text => Told(text, plain), end.Token),
            ];
        var first = await Task.WhenAny([living, showing, .. keeping]);
        var ended = servers.Count == 1 && first == servers[0].Ended;
        await end.CancelAsync();
        await Task.WhenAll(living, showing);
        if (servers.Count > 1)
        {
            await Task.WhenAll(keeping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var status = run.Status();
        Say(FormattableString.Invariant($"Stopped. {status.Measured:N0} readings measured, {status.Acknowledged:N0} acknowledged{(status.BacklogBytes > 0 ? "; the rest waits in the gateways' logs" : "")}."));
        if (ended)
        {
            await Console.Error.WriteLineAsync($"The server ended by itself with {servers[0].ExitCode}: see server.log in the data folder.");
            return ExitCodes.Fault;
        }

        return ExitCodes.Done;
    }

    private static async Task EnrolAsync(
        string program, string store, TownServer server, CityPlan plan, string certificates, CancellationToken stop)
    {
        var missing = plan.Gateways.Select(g => g.Id).Where(id => !File.Exists(Path.Combine(certificates, id + ".crt"))).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        Say($"Enrolling {missing.Count} gateways: each gets a certificate of the city's CA");
        var printed = await ServerChild.RunAsync(program, ["gateway", "code", .. missing, "--data", store], stop);
        var codes = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(p => (p[0], p[1], p[2])).ToList();
        await Enrolment.RunAsync(server.Addresses["http"], codes, certificates, _ => { }, stop);
    }

    /// <summary>Makes a user of the role lighting and has them set up programmes and calendars as a person would. Gives lines for whoever wants to be them: a link,
    /// and what there is to see now.</summary>
    private static async Task<IReadOnlyList<string>> LightAsync(string program, string store, IReadOnlyList<TownServer> servers, CityPlan plan, CancellationToken stop)
    {
        var console = servers[0].Addresses["http"];
        await AddAsync(Lighting);
        using var person = await CityOperator.SignInAsync(console, CityOperator.CodeOf(await LinkAsync(Lighting, console)), stop);
        if (await LightingSetup.PutAsync(person, plan, stop))
        {
            Say("Lighting programmes, calendars, holidays and groups are set up");
        }

        List<string> lines = [$"Lighting  {await LinkAsync(Lighting, console)}"];
        foreach (var other in servers.Skip(1)) // who looks what becomes of an order when its server dies needs the other console
        {
            await AddAsync($"{Lighting}-{other.Name}");
            lines.Add($"    or {other.Name}  {await LinkAsync($"{Lighting}-{other.Name}", other.Addresses["http"])}");
        }

        if (plan.Devices.FirstOrDefault(d => d.Kind == KindNames.Streetlight) is { } lamp)
        {
            var night = await person.GetAsync($"/api/v1/lighting/preview?lamp={lamp.Id}", stop);
            var (sunset, sunrise) = (night.GetProperty("sunset").GetDateTimeOffset(), night.GetProperty("sunrise").GetDateTimeOffset());
            lines.Add(FormattableString.Invariant($"Lamps     by their programme on about {sunset:HH:mm} and off about {sunrise:HH:mm}; by day an order lights a street at once"));
        }

        return lines;

        Task<string> AddAsync(string name) =>
            ServerChild.RunAsync(program, ["user", "add", name, "--role", "lighting", "--data", store], stop, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));

        async Task<string> LinkAsync(string name, Uri url) => (await ServerChild.RunAsync(program, ["user", "link", name, "--url", url.ToString(), "--data", store], stop)).Trim();
    }

    private static IEnumerable<string> Arguments(ParseResult args, string store)
    {
        List<string> list =
        [
            "--data", store, "--open", "--one-time-login",
            "--http", ServerChild.FreePort(args.GetValue(Http)),
            "--mqtt", ServerChild.FreePort(args.GetValue(Mqtt)),
            "--mqtts", ServerChild.FreePort(args.GetValue(Mqtts)),
        ];
        History(args, list);
        return list;
    }

    /// <summary>One of two: every port is known beforehand, for it is the same when the server comes back, and the other server is told one of them.</summary>
    private static IEnumerable<string> OfTwo(ParseResult args, string store, int number)
    {
        var https = ServerChild.Port(8443 + number);
        var http = Text(ServerChild.Port(args.GetValue(Http) + number));
        List<string> list =
        [
            "--data", store, "--open", "--one-time-login",
            "--http", http, "--https", Text(https),
            "--mqtt", Text(ServerChild.Port(args.GetValue(Mqtt) + number)), "--mqtts", Text(ServerChild.Port(args.GetValue(Mqtts) + number)),
        ];
        History(args, list);
        list.AddRange(
        [
            "--set", "cluster.name=" + (number == 0 ? "a" : "b"), "--set", FormattableString.Invariant($"cluster.url=https://127.0.0.1:{https}"),
            "--set", "cluster.console=http://127.0.0.1:" + http, // no browser here trusts this city's CA
        ]);
        return list;

        static string Text(int port) => port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void History(ParseResult args, List<string> list)
    {
        if (args.GetValue(Influx) is { } influx)
        {
            list.AddRange(["--influx", influx, "--influx-db", args.GetValue(InfluxDb) ?? "smartcity"]);
        }
    }

    /// <summary>Lines say what is planted as it is; the picture has a row for it, and other notices have no place in either.</summary>
    private static void Planted(string text, bool plain)
    {
        if (plain && text.StartsWith("planted: ", StringComparison.Ordinal))
        {
            Say(text);
        }
    }

    // The picture has a row for each server.
    private static void Told(string text, bool plain)
    {
        if (plain)
        {
            Say(text);
        }
    }

    // Not through the view: a link that is wrapped cannot be clicked.
    private static void Say(string text) => Console.WriteLine(text);
}
