using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.Ingest.Serve;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Mqtt;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Cluster;

/// <summary>Two whole servers of one city in this process, over one PostgreSQL, and gateways that connect to them.</summary>
internal sealed class TwoServers : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-two-").FullName;
    private readonly string _book;

    private TwoServers(string book) => _book = book;

    public CityServer A { get; private set; } = null!;

    public CityServer B { get; private set; } = null!;

    public static async Task<TwoServers> StartAsync(PostgresServer postgres)
    {
        var two = new TwoServers($"{postgres.Address};Search Path=s_{Guid.NewGuid():N}");
        two.A = await two.StartAsync("a");

        // What an operator does for the second server.
        Directory.CreateDirectory(two.In("b", "ca"));
        foreach (var file in Directory.GetFiles(two.In("a", "ca")))
        {
            File.Copy(file, two.In("b", "ca", Path.GetFileName(file)));
        }

        File.Copy(two.In("a", "webhooks.key"), two.In("b", "webhooks.key"));
        two.B = await two.StartAsync("b");
        return two;
    }

    /// <summary>A gateway's certificate of this city.</summary>
    public X509Certificate2 CertificateOf(string gateway)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = A.Engine.Ca.SignGateway(new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem(), gateway);
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>A client that does not come again by itself.</summary>
    public GatewayClient Client(CityServer at, X509Certificate2 certificate, string clientId)
    {
        var port = new Uri(at.Addresses.Single(a => a.Name == "mqtts").Address).Port;
        return new GatewayClient(new MqttClient(new MqttClientOptions
        {
            Host = "127.0.0.1",
            Port = port,
            UseTls = true,
            TlsName = "localhost",
            ClientId = clientId,
            ClientCertificate = certificate,
            ServerCa = [A.Engine.Ca.Certificate],
            ReconnectMinimum = TimeSpan.FromHours(1),
            ReconnectMaximum = TimeSpan.FromHours(2),
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await (B?.DisposeAsync() ?? default);
        await (A?.DisposeAsync() ?? default);
        Directory.Delete(_folder, recursive: true);
    }

    private string In(params string[] parts) => Path.Combine([_folder, .. parts]);

    private Task<CityServer> StartAsync(string name)
    {
        var https = Ports.Free(); // the others must know it before it listens
        var settings = Settings.Load(null, key => key == "SMARTCITY_BOOK_POSTGRES" ? _book : null, [
            ("data", In(name)), ("cluster.name", name), ("http.port", "0"), ("https.port", FormattableString.Invariant($"{https}")), ("cluster.url", FormattableString.Invariant($"https://127.0.0.1:{https}")), ("mqtt.port", "off"), ("mqtts.port", "0"), ("log.memory-mib", "1"), ("log.reserve-mib", "1"),
            ("log.minimum-free-mib", "0")]);
        var options = ServeOptions.From(settings);
        Assert.Empty(settings.Errors);
        return CityServer.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken);
    }
}

/// <summary>A client and what it heard.</summary>
internal sealed class GatewayClient : IAsyncDisposable
{
    private readonly MqttClient _client;

    public GatewayClient(MqttClient client)
    {
        _client = client;
        client.Disconnected += why => Ends.Enqueue(why.Reason);
        client.Received = message =>
        {
            Heard.Enqueue((message.Topic[(message.Topic.LastIndexOf('/') + 1)..], Encoding.UTF8.GetString(message.Payload.Span)));
            return default;
        };
    }

    /// <summary>Why connections ended.</summary>
    public ConcurrentQueue<ReasonCode?> Ends { get; } = new();

    /// <summary>Last word of the topic, and the payload.</summary>
    public ConcurrentQueue<(string Topic, string Payload)> Heard { get; } = new();

    public Task ConnectAsync() => _client.ConnectAsync(TestContext.Current.CancellationToken);

    public async Task<ReasonCode> RefusalAsync() => (await Assert.ThrowsAsync<MqttConnectException>(ConnectAsync)).Reason;

    public Task SubscribeAsync(string topic) => _client.SubscribeAsync(topic, QualityOfService.AtLeastOnce, TestContext.Current.CancellationToken);

    public Task<ReasonCode> PublishAsync(string topic, string text) =>
        _client.PublishAsync(topic, Encoding.UTF8.GetBytes(text), QualityOfService.AtLeastOnce, cancel: TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
