using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge;
using SmartCity.Edge.Tls;

namespace SmartCity.Simulators.Load;

/// <summary>Opens the load's connections: plain, or TLS with each gateway's own certificate where there is one.</summary>
/// <param name="server">Where.</param>
/// <param name="certificates">Folder of <c>ca.crt</c> and the gateways' own; null without TLS.</param>
/// <param name="serverOf">Where a client turns to, when clients turn to several servers; null: all to <paramref name="server"/>.</param>
internal sealed class LoadTransport(ServerEndpoint server, string? certificates, Func<string, ServerEndpoint>? serverOf = null)
{
    /// <summary>What CONNECT promises.</summary>
    public const ushort KeepAliveSeconds = 60;

    private readonly X509Certificate2Collection? _roots =
        certificates is null ? null : CertificateFiles.Roots(Path.Combine(certificates, "ca.crt"));

    /// <summary>Until CONNACK must be there.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which a connection says that it lives.</summary>
    public static TimeSpan PingAfter { get; } = TimeSpan.FromSeconds(KeepAliveSeconds / 2);

    /// <summary>Before the first new attempt.</summary>
    public static TimeSpan FirstBackoff { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Before the attempt after that: twice as long, a second at most.</summary>
    public static TimeSpan Longer(TimeSpan backoff) => TimeSpan.FromMilliseconds(Math.Min(backoff.TotalMilliseconds * 2, 1_000));

    /// <summary>A connected stream that disposes its socket.</summary>
    /// <exception cref="IOException">No connection.</exception>
    public async Task<Stream> ConnectAsync(string gateway, CancellationToken cancel)
    {
        var there = Of(gateway);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(there.Host, there.Port, cancel);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var plain = new NetworkStream(socket, ownsSocket: true);
        if (!there.Tls)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        try
        {
            await tls.AuthenticateAsClientAsync(CertificateFiles.ClientOptions(there.Host, _roots, Own(gateway)), cancel);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>A plain connection that has its CONNACK and does not block. Takes the calling thread meanwhile.</summary>
    /// <exception cref="IOException">No connection, or refused.</exception>
    public Socket Connect(string gateway, bool version5, LoadReceiver receiver, out int receiveMaximum)
    {
        var there = Of(gateway);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendTimeout = (int)Patience.TotalMilliseconds,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
        };
        try
        {
            socket.Connect(there.Host, there.Port);
            socket.Send(Frames.Connect(gateway, version5, KeepAliveSeconds));
            while (true)
            {
                receiver.Took(socket.Receive(receiver.Free()));
                if (receiver.TryTakeConnAck() is { } maximum)
                {
                    receiveMaximum = maximum;
                    socket.Blocking = false;
                    return socket;
                }
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ServerEndpoint Of(string gateway) => serverOf?.Invoke(gateway) ?? server;

    private X509Certificate2? Own(string gateway) => certificates is not null && Path.Combine(certificates, gateway + ".crt") is var file && File.Exists(file)
        ? CertificateFiles.Own(file, Path.ChangeExtension(file, ".key"))
        : null;
}
