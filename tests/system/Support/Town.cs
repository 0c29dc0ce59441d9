using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Mqtt;
using SmartCity.Simulators.Up;

namespace SmartCity.SystemTests.Support;

/// <summary>A data folder with a registry in it, a server on it, and gateways enrolled as real ones are.</summary>
internal sealed class Town : IAsyncDisposable
{
    private readonly string _folder;
    private readonly bool _tls;
    private X509Certificate2Collection? _ca;

    private Town(string folder, bool tls, ServerProcess server)
    {
        _folder = folder;
        _tls = tls;
        Server = server;
    }

    public ServerProcess Server { get; }

    /// <summary>Where the gateways' certificates and keys are, and <c>ca.crt</c>.</summary>
    public string Folder => _folder;

    /// <summary>Registers, starts, enrols.</summary>
    /// <param name="registry">Zones, gateways and devices.</param>
    /// <param name="tls">Whether gateways come over TLS with certificates, or plainly under <c>--open</c>.</param>
    /// <param name="data">The server's folder; null for a new one.</param>
    /// <param name="arguments">Further arguments of <c>serve</c>, settings (<c>--set</c>) last.</param>
    public static async Task<Town> StartAsync(RegistryEdits registry, bool tls, string? data, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-town-").FullName;
        data ??= Path.Combine(folder, "data");
        var file = Path.Combine(folder, "registry.json");
        await using (var stream = File.Create(file))
        {
            await JsonSerializer.SerializeAsync(stream, registry, BookJson.Strict);
        }

        var settings = arguments.SkipWhile(a => a != "--set").ToArray();      // the kinds of a town are the import's business too
        var (exit, _, errors) = await ServerProcess.CommandAsync(null, ["import", file, "--data", data, .. settings]);
        Assert.True(exit == 0, errors);
        string[] ports = tls ? ["--mqtts", "0"] : [];
        var town = new Town(folder, tls, await ServerProcess.StartInAsync(data, ["--open", .. ports, .. arguments]));
        if (tls)
        {
            await town.EnrolAsync(data, [.. registry.Gateways.Select(g => g.Id)]);
        }

        return town;
    }

    /// <summary>What a gateway's client needs. It connects again within a second or so of the server's return.</summary>
    public MqttClientOptions Client(string gateway, bool alarm = false, int window = 64) => new()
    {
        Host = "127.0.0.1",
        Port = _tls ? Server.MqttsPort : Server.MqttPort,
        ClientId = alarm ? gateway + ".alarm" : gateway,
        UseTls = _tls,
        ServerCa = _ca,
        ClientCertificate = _tls
            ? X509Certificate2.CreateFromPemFile(Path.Combine(_folder, gateway + ".crt"), Path.Combine(_folder, gateway + ".key"))
            : null,
        Window = window,
        KeepAlive = TimeSpan.FromSeconds(20),
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PingTimeout = TimeSpan.FromSeconds(60),
        ReconnectMinimum = TimeSpan.FromMilliseconds(50),
        ReconnectMaximum = TimeSpan.FromSeconds(1),
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task EnrolAsync(string data, string[] gateways)
    {
        var (exit, output, errors) = await ServerProcess.CommandAsync(null, ["gateway", "code", .. gateways, "--data", data]);
        Assert.True(exit == 0, errors);
        var codes = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(p => (p[0], p[1], p[2])).ToList();
        await Enrolment.RunAsync(Server.Http, codes, _folder, _ => { }, CancellationToken.None);
        _ca = [X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, "ca.crt"))];
    }
}
