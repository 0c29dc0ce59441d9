using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.TestSupport;

namespace SmartCity.Mqtt.Tests;

/// <summary>The real endpoint on the real Kestrel, on a free loopback port, with a clock that only the test moves.</summary>
internal sealed class TestEndpoint : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly WebApplication _app;

    private TestEndpoint(WebApplication app, TestOwner owner, FakeTime time, Broker broker)
    {
        _app = app;
        Owner = owner;
        Time = time;
        Broker = broker;
        Server = app.Services.GetRequiredService<MqttServer>();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Port = new Uri(addresses.First()).Port;
    }

    public TestOwner Owner { get; }

    public FakeTime Time { get; }

    public Broker Broker { get; }

    public MqttServer Server { get; }

    public int Port { get; }

    public static async Task<TestEndpoint> StartAsync(
        MqttLimits? limits = null, IMqttOwner? owner = null, X509Certificate2? tls = null, X509Certificate2? clientCa = null, SessionStore? store = null)
    {
        var time = new FakeTime();
        var testOwner = owner as TestOwner ?? new TestOwner();
        limits ??= new MqttLimits();
        var broker = new Broker(limits.Sessions, time, store);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(sp => new MqttServer(
            owner ?? testOwner, broker, limits, time, sp.GetRequiredService<ILogger<MqttServer>>()));
        builder.Services.Configure<SocketTransportOptions>(o => o.MaxReadBufferSize = 64 * 1024);
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.None;
            if (tls is not null)
            {
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = tls;
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => Signed(certificate, clientCa!);
                });
            }

            listen.UseConnectionHandler<MqttConnectionHandler>();
        }));
        var app = builder.Build();
        await app.StartAsync();
        return new TestEndpoint(app, testOwner, time, broker);
    }

    public async Task<RawClient> ConnectAsync(
        string clientId, ProtocolVersion version = ProtocolVersion.V500, Func<ConnectPacket, ConnectPacket>? change = null)
    {
        var client = await OpenAsync(version);
        var packet = new ConnectPacket(version, clientId, CleanStart: true, KeepAlive: 0);
        client.Send(w => PacketEncoder.WriteConnect(w, change?.Invoke(packet) ?? packet));
        var ack = await client.ReadConnAckAsync();
        Assert.Equal(ReasonCode.Success, ack.Reason);
        return client;
    }

    public Task<RawClient> OpenAsync(ProtocolVersion version = ProtocolVersion.V500) => RawClient.OpenAsync(Port, version);

    /// <summary>Waits for what another thread is about to make true.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        using var late = new CancellationTokenSource(Patience);
        while (!condition())
        {
            Assert.False(late.IsCancellationRequested, what);
            await Task.Yield();
        }
    }

    /// <summary>Waits until a condition has held for a while without a break: held up for good, and not between two writes of what the socket still takes.</summary>
    public async Task StaysAsync(Func<bool> condition, string what)
    {
        var since = Stopwatch.StartNew();
        await EventuallyAsync(
            () =>
            {
                if (!condition())
                {
                    since.Restart();
                }

                return since.Elapsed > TimeSpan.FromMilliseconds(500);
            },
            what);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationTokenSource(Patience).Token);
        await _app.DisposeAsync();
        await Broker.DisposeAsync();
    }

    private static bool Signed(X509Certificate2 certificate, X509Certificate2 ca)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
