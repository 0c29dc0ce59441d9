using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Intake;
using SmartCity.Ingest.Mqtt;
using SmartCity.Mqtt;

namespace SmartCity.Benchmarks;

/// <summary>The whole way in: from a client's socket through Kestrel, codec, topic, intake and log to the disk, and PUBACK back. One
/// connection that always has 32 to 64 publishes on the way, so the disk's flushes count. No readers behind the log.</summary>
public class PublishToPuback
{
    private const int Half = PublishClient.Half;
    private readonly string _book = Path.Combine(Path.GetTempPath(), $"smartcity-bench-{Guid.NewGuid():n}.db");
    private PublishClient _client = null!;
    private ScratchLog _log = null!;
    private CityBook _city = null!;
    private Broker _broker = null!;
    private WebApplication _app = null!;
    private BareServer? _bare;

    [GlobalSetup(Target = nameof(OneReading))]
    public void SetupOnes() => SetupAsync(Samples.Line.ToArray()).GetAwaiter().GetResult();

    [GlobalSetup(Target = nameof(FiftyReadings))]
    public void SetupFifties() => SetupAsync(Samples.FiftyDevices()).GetAwaiter().GetResult();

    [GlobalSetup(Target = nameof(LimitedOne))]
    public void SetupBareOnes() => SetupBare(Samples.Line);

    [GlobalSetup(Target = nameof(LimitedFifty))]
    public void SetupBareFifties() => SetupBare(Samples.FiftyDevices());

    /// <summary>The same bytes to and fro, written and flushed by one thread that looks at none of them.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Half), BenchmarkCategory(nameof(PublishToPuback) + " 1")]
    public int LimitedOne() => _client.Exchange();

    /// <summary>Per reading, which here is per publish.</summary>
    [Benchmark(OperationsPerInvoke = Half), BenchmarkCategory(nameof(PublishToPuback) + " 1")]
    public int OneReading() => _client.Exchange();

    /// <summary>The same bytes to and fro, of publishes of fifty, per reading.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Half * 50), BenchmarkCategory(nameof(PublishToPuback) + " 50")]
    public int LimitedFifty() => _client.Exchange();

    /// <summary>Per reading, of publishes of fifty.</summary>
    [Benchmark(OperationsPerInvoke = Half * 50), BenchmarkCategory(nameof(PublishToPuback) + " 50")]
    public int FiftyReadings() => _client.Exchange();

    [GlobalCleanup]
    public void Cleanup()
    {
        _client.Dispose();
        if (_bare is not null)
        {
            _bare.Dispose();
            _bare = null;
            return;
        }

        _app.StopAsync().GetAwaiter().GetResult();
        _app.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _city.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _log.Dispose();
        File.Delete(_book);
    }

    private void SetupBare(ReadOnlySpan<byte> payload)
    {
        _client = new PublishClient(payload);
        _bare = new BareServer(_client.BytesOut, _client.BytesIn);
        _client.Connect(_bare.Port, mqtt: false);
    }

    private async Task SetupAsync(byte[] payload)
    {
        var time = TimeProvider.System;
        _log = new ScratchLog();
        _city = await CityBook.OpenAsync(new BookOptions { Path = _book }, time, name => KindCatalog.BuiltIn.Find(name) is not null);
        var traffic = new MqttTraffic();
        var desk = new GatewayDesk(_city, new DesiredDocuments(_city.Registry, _city.ZoneActs, () => RunningTests.None, _city.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh"), traffic, time, NullLogger<GatewayDesk>.Instance);
        var nobody = new IdentityCheck(_ => (null, null), (_, _, _, _) => ValueTask.FromResult<ReaderIdentity?>(null));
        var owner = new CityOwner(
            new MqttAdmission(nobody, open: true), ClusterNode.Alone(), new AlarmDoor(new BookWatch(), (_, _) => { }, time), new Intake(KindCatalog.BuiltIn, _city.Registry, _log.Log, new IntakeMetrics(), time),
            new LineRegistrar(_city.Registry, TimeProvider.System, NullLogger<LineRegistrar>.Instance), _log.Log, desk, traffic, NullLogger<CityOwner>.Instance);
        _broker = new Broker(new BrokerOptions(), time, store: null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new MqttServer(owner, _broker, new MqttLimits(), time, NullLogger<MqttServer>.Instance));
        builder.Services.AddSingleton<MqttConnectionHandler>();
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.MaxReadBufferSize = 64 * 1024);
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.None;
            listen.UseConnectionHandler<MqttConnectionHandler>();
        }));
        _app = builder.Build();
        await _app.StartAsync();

        // The strangers' devices are registered with the first publish; from here on half a window is always on the way.
        _client = new PublishClient(payload);
        _client.Connect(new Uri(_app.Urls.First()).Port);
    }
}
