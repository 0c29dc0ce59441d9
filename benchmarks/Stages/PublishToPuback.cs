using System.Buffers;
using System.Net;
using System.Net.Sockets;
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
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Intake;
using SmartCity.Ingest.Mqtt;
using SmartCity.Mqtt;

namespace SmartCity.Benchmarks;

/// <summary>The whole way in: from a client's socket through Kestrel, codec, topic, intake and log to the disk, and PUBACK back. One
/// connection that always has 32 to 64 publishes on the way, so the disk's flushes count. No readers behind the log.</summary>
public class PublishToPuback
{
    private const int Half = 32;
    private const int AckBytes = 4;
    private readonly string _book = Path.Combine(Path.GetTempPath(), $"smartcity-bench-{Guid.NewGuid():n}.db");
    private readonly byte[] _acks = new byte[Half * AckBytes];
    private readonly byte[][] _ones = [Batch(Samples.Line, 1), Batch(Samples.Line, 1 + Half)];
    private readonly byte[][] _fifties = [Batch(Samples.FiftyDevices(), 1), Batch(Samples.FiftyDevices(), 1 + Half)];
    private ScratchLog _log = null!;
    private CityBook _city = null!;
    private Broker _broker = null!;
    private WebApplication _app = null!;
    private Socket _socket = null!;
    private int _next;

    [GlobalSetup(Target = nameof(OneReading))]
    public void SetupOnes() => SetupAsync(_ones).GetAwaiter().GetResult();

    [GlobalSetup(Target = nameof(FiftyReadings))]
    public void SetupFifties() => SetupAsync(_fifties).GetAwaiter().GetResult();

    /// <summary>Per reading, which here is per publish.</summary>
    [Benchmark(OperationsPerInvoke = Half)]
    public int OneReading() => Exchange(_ones);

    /// <summary>Per reading, of publishes of fifty.</summary>
    [Benchmark(OperationsPerInvoke = Half * 50)]
    public int FiftyReadings() => Exchange(_fifties);

    [GlobalCleanup]
    public void Cleanup()
    {
        _socket.Dispose();
        _app.StopAsync().GetAwaiter().GetResult();
        _app.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _city.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _log.Dispose();
        File.Delete(_book);
    }

    private static byte[] Batch(ReadOnlySpan<byte> payload, ushort firstId)
    {
        var message = new ApplicationMessage("city/v1/gw-001/telemetry", payload.ToArray());
        var buffer = new ArrayBufferWriter<byte>();
        for (ushort i = 0; i < Half; i++)
        {
            PacketEncoder.WritePublish(
                buffer, new OutboundPublish(message, QualityOfService.AtLeastOnce, false, false, (ushort)(firstId + i)), ProtocolVersion.V311);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private int Exchange(byte[][] batches)
    {
        _next ^= 1;
        _socket.Send(batches[_next]);
        for (var got = 0; got < _acks.Length;)
        {
            got += _socket.Receive(_acks.AsSpan(got));
        }

        return _acks[^1];
    }

    private async Task SetupAsync(byte[][] batches)
    {
        var time = TimeProvider.System;
        _log = new ScratchLog();
        _city = await CityBook.OpenAsync(new BookOptions { Path = _book }, time, name => KindCatalog.BuiltIn.Find(name) is not null);
        var traffic = new MqttTraffic();
        var desk = new GatewayDesk(_city, new DesiredDocuments(_city.Registry, _city.ZoneActs, () => RunningTests.None, _city.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh"), traffic, time, NullLogger<GatewayDesk>.Instance);
        var nobody = new IdentityCheck(_ => (null, null), (_, _, _, _) => ValueTask.FromResult<ReaderIdentity?>(null));
        var owner = new CityOwner(
            new MqttAdmission(nobody, open: true), new Intake(KindCatalog.BuiltIn, _city.Registry, _log.Log, new IntakeMetrics(), time),
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
        Connect(new Uri(_app.Urls.First()).Port);

        // The strangers' devices are registered with the first publish; from here on half a window is always on the way.
        _socket.Send(batches[0]);
        Exchange(batches);
    }

    private void Connect(int port)
    {
        // Blocking, and nothing asynchronous before it, or each receive makes an object of its own.
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(IPAddress.Loopback, port);
        var connect = new ArrayBufferWriter<byte>();
        PacketEncoder.WriteConnect(connect, new ConnectPacket(ProtocolVersion.V311, "gw-001", CleanStart: true, KeepAlive: 0));
        _socket.Send(connect.WrittenSpan);
        for (var got = 0; got < AckBytes;)
        {
            got += _socket.Receive(_acks.AsSpan(got, AckBytes - got));
        }
    }
}
