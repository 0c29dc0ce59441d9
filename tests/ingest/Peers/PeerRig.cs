using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Peers;
using SmartCity.Ingest.Readers;
using SmartCity.Ingest.Serve;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Peers;

/// <summary>Servers of one city in this process: real TLS ports, one CA copied to each, one registry, a table that a test writes.</summary>
internal sealed class PeerRig : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-peers-").FullName;
    private readonly List<Server> _servers = [];
    private readonly DateTimeOffset _began = new FakeTime().GetUtcNow();
    private string? _ca;

    public FakeTime Time { get; } = new();

    public BookRig Store { get; private set; } = null!;

    public Registry Registry => Store.Book.Registry;

    /// <summary>Who holds what: ClientID to server.</summary>
    public Dictionary<string, string> Holders { get; } = [];

    public static async Task<PeerRig> StartAsync(params string[] names)
    {
        var rig = new PeerRig { Store = await BookRig.OpenAsync() };
        foreach (var name in names)
        {
            await rig.AddAsync(name);
        }

        return rig;
    }

    public Server this[string name] => _servers.Single(s => s.Name == name);

    public Task PutAsync(string device, string gateway = "gw-1", string kind = "streetlight") => Registry.PutAsync(
        new RegistryEdits { Gateways = [new() { Id = gateway }], Devices = [new() { Id = device, Kind = kind, Gateway = gateway }] }, "test", CancellationToken.None);

    public async Task<Server> AddAsync(string name, string? ca = null)
    {
        var folder = Path.Combine(_folder, name, "ca");
        if (ca is null && _ca is not null)
        {
            Directory.CreateDirectory(folder);
            foreach (var file in (string[])["ca.key", "ca.crt"])
            {
                File.Copy(Path.Combine(_ca, file), Path.Combine(folder, file));
            }
        }

        var authority = CityCa.OpenOrCreate(folder, Time);
        _ca ??= folder;
        var server = new Server(this, name, authority);
        _servers.Add(server);
        await server.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One of them: what a test says that it hears, and what it makes of the others.</summary>
    internal sealed class Server(PeerRig rig, string name, CityCa ca) : IServerTable, IAsyncDisposable
    {
        private readonly Dictionary<string, DeviceView> _devices = [];
        private WebApplication? _app;

        public string Name => name;

        public CityCa Ca => ca;

        public string? Url { get; set; }

        public bool HasLeft { get; set; }

        /// <summary>The part of it that is not well.</summary>
        public string Fault { get; set; } = "history";

        /// <summary>What it answers in place of the truth, while it is not null.</summary>
        public Func<string?> Lie { get; set; } = () => null;

        /// <summary>What its rules say and the book has not got.</summary>
        public ProvisionalView? Provisional { get; set; }

        public SortedSet<string> Online { get; } = new(StringComparer.Ordinal);

        public OwnLive Own { get; private set; } = null!;

        public PeerTls Tls { get; private set; } = null!;

        public PeerExchange Exchange { get; private set; } = null!;

        public CityLive Live { get; private set; } = null!;

        public string Self => name;

        public IReadOnlyList<ServerRow> Servers =>
            [.. rig._servers.Select(s => new ServerRow(s.Name, 1, s.Url, "1.0", rig.Time.GetUtcNow(), s.HasLeft ? DateTimeOffset.UnixEpoch : rig.Time.GetUtcNow(), TimeSpan.Zero, false, s == rig._servers[0], false))];

        public string? HolderOf(string? gateway, Lane lane) =>
            gateway is not null && rig.Holders.TryGetValue(Seats.ClientOf(gateway, lane), out var holder) ? holder : rig._servers[0].Name;

        public (int Telemetry, int Alarm) SessionsOf(string server) => (rig.Holders.Values.Count(s => s == server), 0);

        /// <summary>A reading of a device comes to this server now.</summary>
        public void Hear(string device, params (string Name, double Value)[] values)
        {
            var now = Instant.From(rig.Time.GetUtcNow());
            var row = rig.Registry.Current.Devices.Find(device)?.Row;
            _devices[device] = new DeviceView(
                device, row?.Kind ?? "streetlight", null, true, now, now, [.. values.Select(v => new MetricValue(v.Name, MetricType.Float, "W", v.Value, now))],
                [new DerivedValue("stage", values.Length == 0 ? double.NaN : values[0].Value, now)]);
        }

        public void Forget(string device) => _devices.Remove(device);

        public async Task StartAsync()
        {
            Own = new OwnLive
            {
                Look = id => _devices.GetValueOrDefault(id),
                Heard = id => _devices.TryGetValue(id, out var d) ? (d.LastMeasured, d.LastReceived) : null,
                Newest = (id, metric) => _devices.TryGetValue(id, out var d) && d.Values.Any(v => v.Name == metric) ? d.Values.Where(v => v.Name == metric).Select(v => (v.Value, v.MeasuredAt)).Single() : null,
                IsOnline = Online.Contains,
                Online = () => [.. Online],
                Desired = gateway => Online.Contains(gateway) ? new DesiredLook(7, null, rig._began) : new DesiredLook(9, null, null),
                Status = () => new PeerStatus("1.2.3", rig.Time.GetUtcNow(), [new ReadyFault(Fault, "it stands")], [], [], null, 3, 1, 1000) { Console = "http://" + name, Provisional = Provisional },
            };
            Tls = new PeerTls(ca, name);
            Exchange = new PeerExchange(this, Tls, () => rig.Registry.Current, rig.Time, NullLogger<PeerExchange>.Instance);
            Live = new CityLive(Own, Exchange, () => rig.Registry.Current, KindCatalog.BuiltIn);

            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
                k => k.Listen(IPAddress.Loopback, 0, listen => TlsListener.Use(listen, ca, ["localhost"], clientCertificates: false, Tls)));
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Use(next => async http =>
            {
                try
                {
                    if (http.Request.Path == PeerEndpoint.Path && Lie() is { } lie)
                    {
                        await http.Response.WriteAsync(lie);
                        return;
                    }

                    await next(http);
                }
                catch (ProblemException e)
                {
                    http.Response.StatusCode = e.Status;
                }
            });
            new PeerEndpoint(Own, () => rig.Registry.Current, rig.Time).Map(_app);
            _app.MapGet("/open", () => "hello");
            await _app.StartAsync();
            Url = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        }

        /// <summary>Asks another server, as the exchange does once a second.</summary>
        public async Task<PeerMirror> AskAsync(string other, bool live = true)
        {
            await AskOnceAsync(other, live);
            return Exchange.Of(other)!;
        }

        public Task AskOnceAsync(string other, bool live = true)
        {
            Exchange.Reconcile(start: false);
            return Exchange.AskAsync(other, live, CancellationToken.None);
        }

        public async Task StopAsync()
        {
            await (_app?.StopAsync() ?? Task.CompletedTask);
            await (_app?.DisposeAsync() ?? default);
            _app = null;
        }

        public async ValueTask DisposeAsync()
        {
            await Exchange.DisposeAsync();
            await StopAsync();
            ca.Dispose();
        }
    }
}
