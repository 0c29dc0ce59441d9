using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Tests;

/// <summary>A server that answers every CONNECT (MQTT 5) with a refusal, and remembers who asked.</summary>
internal sealed class Doorman : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public Doorman()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public ServerEndpoint Endpoint => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, Tls: false);

    /// <summary>What gateways are told.</summary>
    public ReasonCode Gateways { get; set; }

    /// <summary>What is told to who only asks.</summary>
    public ReasonCode Probes { get; set; }

    /// <summary>ClientIDs, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var buffer = new byte[1024];
                var length = await client.GetStream().ReadAsync(buffer, _stop.Token);
                var id = ClientIdOf(buffer.AsSpan(0, length));
                Asked.Enqueue(id);
                var reason = id.EndsWith(".probe", StringComparison.Ordinal) ? Probes : Gateways;
                await client.GetStream().WriteAsync((byte[])[0x20, 3, 0, (byte)reason, 0], _stop.Token); // 3.2: CONNACK without properties
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
            // over
        }
    }

    // 3.1: fixed header of two bytes, "MQTT", level, flags, keep alive, properties, ClientID.
    private static string ClientIdOf(ReadOnlySpan<byte> connect)
    {
        var properties = 2 + 6 + 1 + 1 + 2;
        var at = properties + 1 + connect[properties];
        return Encoding.UTF8.GetString(connect.Slice(at + 2, (connect[at] << 8) | connect[at + 1]));
    }
}
