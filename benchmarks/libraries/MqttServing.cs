using System.Net;
using BenchmarkDotNet.Attributes;
using MQTTnet.Server;

namespace SmartCity.Benchmarks.Libraries;

/// <summary>Publish → PUBACK over a socket, one reading each, 32 to 64 on the way, one connection. Ours checks each reading against the registry
/// and flushes it to disk before it acknowledges. MQTTnet.Server's handler counts, and nothing is kept: what an owner would still have to do comes
/// on top.</summary>
public class MqttServing
{
    private readonly PublishToPuback _ours = new();
    private PublishClient _client = null!;
    private MQTTnet.Server.MqttServer _server = null!;
    private long _seen;

    [GlobalSetup(Target = nameof(Ours))]
    public void SetupOurs() => _ours.SetupOnes();

    [GlobalCleanup(Target = nameof(Ours))]
    public void CleanupOurs() => _ours.Cleanup();

    [GlobalSetup(Target = nameof(MqttNet))]
    public void SetupMqttNet()
    {
        using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        _server = new MqttServerFactory().CreateMqttServer(
            new MqttServerOptionsBuilder().WithDefaultEndpoint().WithDefaultEndpointBoundIPAddress(IPAddress.Loopback)
                .WithDefaultEndpointBoundIPV6Address(IPAddress.None).WithDefaultEndpointPort(port).Build());
        _server.InterceptingPublishAsync += args =>
        {
            _seen++;
            args.ProcessPublish = false; // nobody subscribes
            return Task.CompletedTask;
        };
        _server.StartAsync().GetAwaiter().GetResult();
        _client = new PublishClient(Samples.Line);
        _client.Connect(port);
    }

    [GlobalCleanup(Target = nameof(MqttNet))]
    public void CleanupMqttNet()
    {
        _client.Dispose();
        _server.StopAsync(new MqttServerStopOptions()).GetAwaiter().GetResult();
        _server.Dispose();
        if (_seen == 0)
        {
            throw new InvalidOperationException("MQTTnet handed on nothing");
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = PublishClient.Half), BenchmarkCategory(nameof(MqttServing))]
    public int Ours() => _ours.OneReading();

    [Benchmark(OperationsPerInvoke = PublishClient.Half), BenchmarkCategory(nameof(MqttServing))]
    public int MqttNet() => _client.Exchange();
}
