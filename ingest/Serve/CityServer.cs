using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SmartCity.Ingest.Api;
using SmartCity.Mqtt;

namespace SmartCity.Ingest.Serve;

/// <summary>The running server: Kestrel with its ports in front of the <see cref="CityEngine"/>.</summary>
internal sealed class CityServer : IAsyncDisposable
{
    // More than gateways that come back after a power cut shake hands in a second.
    private const int HandshakesAtOnce = 1_024;

    private readonly WebApplication _app;
    private readonly CityEngine _engine;
    private readonly ServeOptions _options;

    private CityServer(WebApplication app, CityEngine engine, ServeOptions options)
    {
        _app = app;
        _engine = engine;
        _options = options;
    }

    /// <summary>What listens where, with the ports that were really taken.</summary>
    public IReadOnlyList<(string Name, string Address)> Addresses { get; private set; } = [];

    public CityEngine Engine => _engine;

    /// <summary>Opens everything in order: the data, the readers, and the ports last, when all behind them is ready.</summary>
    public static async Task<CityServer> StartAsync(ServeOptions options, TimeProvider time, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        Log(builder.Logging);
        var logs = LoggerFactory.Create(Log);
        var engine = await EngineStart.RunAsync(options, time, logs, cancel);
        try
        {
            builder.Services.AddSingleton(engine.Endpoint);
            builder.Services.AddSingleton<MqttConnectionHandler>();
            builder.Services.Configure<SocketTransportOptions>(sockets =>
            {
                sockets.MaxReadBufferSize = 64 * 1024;

                // Bytes go from the socket to their reader, and from the writer to the socket, without a turn of the thread pool's queue between.
                // "Unsafe" where a reader blocks: then only its own socket waits, for completions are called on the pool either way.
                sockets.UnsafePreferInlineScheduling = true;
            });
            var listeners = new List<(string Name, string Scheme, ListenOptions Listen)>();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, engine, listeners));
            var app = builder.Build();
            app.MapCityApi(engine.Api);
            engine.Peers?.Endpoint.Map(app);
            ConsoleFiles.Map(app, options.MapStyle);
            await app.StartAsync(cancel);
            var server = new CityServer(app, engine, options)
            {
                Addresses = [.. listeners.Select(l => (l.Name, $"{l.Scheme}://{l.Listen.IPEndPoint}"))],
            };
            engine.Warn(options);
            return server;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when somebody asks the process to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancel) => _app.WaitForShutdownAsync(cancel);

    /// <summary>A link that signs an administrator in once.</summary>
    public async Task<string> OneTimeLoginAsync(CancellationToken cancel)
    {
        var code = await _engine.Identity.Sessions.NewCodeAsync("admin", Ingest.Identity.Roles.Admin | Ingest.Identity.Roles.Operator, cancel);
        var address = Addresses.FirstOrDefault(a => a.Name == "http").Address ?? Addresses.FirstOrDefault(a => a.Name == "https").Address ?? "";
        return $"{address}/#code={code}";
    }

    /// <summary>Closes the ports first, so that nothing more comes in, then what stands behind them.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
    }

    // Everything to standard error: standard output says "ready" and nothing else.
    private static void Log(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz ";
        });
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // what fails at start is told by the command, without a trace
    }

    private static void Listen(
        KestrelServerOptions kestrel, ServeOptions options, CityEngine engine, List<(string Name, string Scheme, ListenOptions Listen)> listeners)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxConcurrentConnections = null; // it would count gateways too: each port has its own bound
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
        Add("http", "http", options.PlainBind, options.HttpPort, listen =>
        {
            engine.HttpGate.Guard(listen);
            listen.Protocols = HttpProtocols.Http1;
        });
        Add("https", "https", options.Bind, options.HttpsPort, listen =>
        {
            engine.HttpGate.Guard(listen);
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            TlsListener.Use(listen, engine.Ca, options.TlsNames, clientCertificates: false, engine.Peers?.Tls);
        });
        Add("mqtt", "mqtt", options.PlainBind, options.MqttPort, listen => listen.UseConnectionHandler<MqttConnectionHandler>());
        Add("mqtts", "mqtts", options.Bind, options.MqttsPort, listen =>
        {
            // The endpoint counts a connection once TLS is up; before that it is counted here, with room for those it refuses in words.
            new ConnectionGate(options.MaximumConnections + HandshakesAtOnce, options.MaximumConnectionsPerAddress + HandshakesAtOnce).Guard(listen);
            TlsListener.Use(listen, engine.Ca, options.TlsNames, clientCertificates: true);
            listen.UseConnectionHandler<MqttConnectionHandler>();
        });

        void Add(string name, string scheme, IPAddress address, int? port, Action<ListenOptions> configure)
        {
            if (port is { } number)
            {
                kestrel.Listen(address, number, listen =>
                {
                    configure(listen);
                    listeners.Add((name, scheme, listen));
                });
            }
        }
    }
}
