using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Npgsql;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Tests.History;
using SmartCity.Mqtt;
using SmartCity.Simulators.Up;
using SmartCity.TestSupport;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// A city as it is run: two servers with TLS and without <c>--open</c>, one book in PostgreSQL, one InfluxDB, enrolled gateways; on machines of their own
/// where that is allowed, else beside each other on loopback.
/// </summary>
internal sealed class ClusterTown : IAsyncDisposable
{
    private const string Password = "correct horse battery";

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-cluster-").FullName;
    private X509Certificate2Collection _ca = [];

    private ClusterTown()
    {
    }

    /// <summary>The servers' machines; null where they share this one's loopback.</summary>
    public Cables? Cables { get; private set; }

    /// <summary>Why there are no machines; null when there are.</summary>
    public string? WhyNoCables { get; private set; }

    public PostgresServer Postgres { get; private set; } = null!;

    public InfluxProcess Influx { get; private set; } = null!;

    /// <summary>InfluxDB's database.</summary>
    public string Database { get; private set; } = "";

    public IReadOnlyList<ClusterServer> Servers { get; private set; } = [];

    /// <summary>Where each server takes gateways over TLS.</summary>
    public IReadOnlyList<(string Host, int Port)> Mqtt { get; private set; } = [];

    /// <summary>Plain HTTP of each server.</summary>
    public IReadOnlyList<Uri> Http { get; private set; } = [];

    /// <summary>A key that may read and act on alerts.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Who wrote what in the book.</summary>
    public BookWatch Watch { get; private set; } = null!;

    /// <summary>Where the gateways' certificates are.</summary>
    public string Folder => _folder;

    /// <summary>Starts everything.</summary>
    /// <param name="registry">Zones, gateways, devices.</param>
    /// <param name="settings">Further settings of both servers.</param>
    public static async Task<ClusterTown> StartAsync(RegistryEdits registry, params string[] settings)
    {
        var town = new ClusterTown();
        try
        {
            town.WhyNoCables = await Cables.WhyNotAsync();
            town.Cables = town.WhyNoCables is null ? await Cables.LayAsync(2) : null;
            await town.BeginAsync(registry, settings);
            return town;
        }
        catch
        {
            await town.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a gateway's client needs to speak to a server.</summary>
    public MqttClientOptions Client(int server, string gateway, bool alarm, int window) => new()
    {
        Host = Mqtt[server].Host,
        Port = Mqtt[server].Port,
        ClientId = alarm ? gateway + ".alarm" : gateway,
        UseTls = true,
        ServerCa = _ca,
        ClientCertificate = X509Certificate2.CreateFromPemFile(Path.Combine(_folder, gateway + ".crt"), Path.Combine(_folder, gateway + ".key")),
        Window = window,
        KeepAlive = TimeSpan.FromSeconds(10),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PingTimeout = TimeSpan.FromSeconds(5),
        ReconnectMinimum = TimeSpan.FromMilliseconds(50),
        ReconnectMaximum = TimeSpan.FromSeconds(1),
    };

    /// <summary>A person with every right, at whichever server answers.</summary>
    public Task<Officer> SignInAsync() => Officer.SignInAsync(Http, "admin", Password);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        if (Environment.GetEnvironmentVariable("SMARTCITY_CHAOS_KEEP") is { Length: > 0 } keep && Influx is not null)
        {
            await Influx.KillAsync();
            Directory.CreateDirectory(keep);
            Servers.ToList().ForEach(s => File.WriteAllText(Path.Combine(keep, s.Name + ".log"), s.Log));
            using var copy = System.Diagnostics.Process.Start("cp", ["-r", Influx.Folder, Path.Combine(keep, "influx")]);
            await copy.WaitForExitAsync();
            await KeepBookAsync(keep);
        }

        await (Watch?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Influx?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Cables?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Who held what, and who said what when.</summary>
    private async Task KeepBookAsync(string folder)
    {
        await using var book = NpgsqlDataSource.Create(Postgres.Address);
        foreach (var table in (string[])["servers", "gateway_sessions", "transitions", "alerts"])
        {
            await using var command = book.CreateCommand($"SELECT row_to_json({table})::text FROM {table}");
            await using var rows = await command.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await rows.ReadAsync())
            {
                lines.Add(rows.GetString(0));
            }

            await File.WriteAllLinesAsync(Path.Combine(folder, table + ".json"), lines);
        }
    }

    private async Task BeginAsync(RegistryEdits registry, string[] settings)
    {
        Postgres = await PostgresServer.StartAsync(Cables?.DataHere);
        Influx = new InfluxProcess { Host = Cables?.DataHere ?? "127.0.0.1" };
        await Influx.StartAsync();
        Database = await Influx.CreateDatabaseAsync();
        string[] names = ["a", "b"];
        var ports = names.Select(_ => (Http: Ports.Free(), Https: Ports.Free(), Mqtts: Ports.Free())).ToArray();
        string Host(int n) => Cables?.StreetOf(n) ?? "127.0.0.1";
        string Data(int n) => Path.Combine(_folder, names[n]);
        Http = [.. names.Select((_, n) => new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{Host(n)}:{ports[n].Http}")))];
        Mqtt = [.. names.Select((_, n) => (Host(n), ports[n].Mqtts))];

        // The book is filled and the keys are made before anybody serves, from the first server's folder.
        var here = new Dictionary<string, string>(StringComparer.Ordinal) { ["SMARTCITY_BOOK_POSTGRES"] = Postgres.Address };
        var file = Path.Combine(_folder, "registry.json");
        await using (var stream = File.Create(file))
        {
            await JsonSerializer.SerializeAsync(stream, registry, BookJson.Strict);
        }

        await ClusterProgram.RunAsync(here, null, "import", file, "--data", Data(0));
        await ClusterProgram.RunAsync(here, Password, "user", "add", "admin", "--role", "admin", "--data", Data(0));
        Key = (await ClusterProgram.RunAsync(here, null, "key", "add", "campaign", "--scope", "read", "--scope", "alerts", "--data", Data(0))).Trim().Split('\n')[^1];
        var codes = (await ClusterProgram.RunAsync(here, null, ["gateway", "code", .. registry.Gateways.Select(g => g.Id), "--data", Data(0)]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(p => (p[0], p[1], p[2])).ToList();
        Watch = await BookWatch.StartAsync(Postgres.Address);

        Servers = [.. names.Select((name, n) => new ClusterServer(new ServerPlan(
            name, Data(n), Cables?.Into(n) ?? [],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                // The book's own record knows who wrote by a word in the connection, which the server does not look at.
                ["SMARTCITY_BOOK_POSTGRES"] = Postgres.AddressFrom(Cables?.DataHere) + $";Options=-c campaign.who={name}.%launch%",
                ["SMARTCITY_CLUSTER_NAME"] = name,
                ["SMARTCITY_ORLEANS_SILO"] = string.Create(CultureInfo.InvariantCulture, $"{Cables?.DataOf(n) ?? "127.0.0.1"}:{Ports.Free()}"), // of that flavour
                ["DOTNET_TieredPGO"] = "0",
            },
            [
                "--http", Text(ports[n].Http), "--https", Text(ports[n].Https), "--mqtt", "off", "--mqtts", Text(ports[n].Mqtts),
                "--set", "bind=" + (Cables is null ? "127.0.0.1" : "0.0.0.0"), "--set", "plain-bind=" + (Cables is null ? "127.0.0.1" : "0.0.0.0"),
                "--set", "tls.names=localhost,127.0.0.1," + Host(n), "--set", $"cluster.url=https://{Host(n)}:{Text(ports[n].Https)}",
                "--set", "log.budget-mib=512", "--set", "log.segment-mib=16", "--set", "log.memory-mib=8", "--set", "log.minimum-free-mib=64", "--set", "log.reserve-mib=8",
                "--influx", Influx.Url.ToString(), "--influx-db", Database, .. settings.Concat(FlavourOf(Host(n))).SelectMany(s => (string[])["--set", s]),
            ])))];
        await Servers[0].StartAsync();
        await Enrolment.RunAsync(Http[0], codes, _folder, _ => { }, CancellationToken.None);
        _ca = [X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, "ca.crt"))];

        // As docs/operations says: the second server gets the first one's authority and the key of its webhooks.
        Directory.CreateDirectory(Data(1));
        CopyFolder(Path.Combine(Data(0), "ca"), Path.Combine(Data(1), "ca"));
        if (File.Exists(Path.Combine(Data(0), "webhooks.key")))
        {
            File.Copy(Path.Combine(Data(0), "webhooks.key"), Path.Combine(Data(1), "webhooks.key"));
        }

        await Servers[1].StartAsync();
    }

    // Settings of another flavour: key=value;key=value, in which %host% is the server's address and %port% a free port of its own.
    private static IEnumerable<string> FlavourOf(string host) =>
        (Environment.GetEnvironmentVariable("SMARTCITY_CHAOS_SETTINGS") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(s => s.Replace("%host%", host, StringComparison.Ordinal).Replace("%port%", Text(Ports.Free()), StringComparison.Ordinal));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
