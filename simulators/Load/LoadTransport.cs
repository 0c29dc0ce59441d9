using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge;
using SmartCity.Edge.Tls;

namespace SmartCity.Simulators.Load;

/// <summary>Opens the load's connections: plain, or TLS with each gateway's own certificate.</summary>
internal sealed class LoadTransport(ServerEndpoint server, string? certificates)
{
    private readonly X509Certificate2Collection? _roots =
        certificates is null ? null : CertificateFiles.Roots(Path.Combine(certificates, "ca.crt"));

    /// <summary>A connected stream that disposes its socket.</summary>
    /// <exception cref="IOException">No connection.</exception>
    public async Task<Stream> ConnectAsync(string gateway, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, cancel);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var plain = new NetworkStream(socket, ownsSocket: true);
        if (!server.Tls)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        try
        {
            await tls.AuthenticateAsClientAsync(CertificateFiles.ClientOptions(server.Host, _roots, Own(gateway)), cancel);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private X509Certificate2? Own(string gateway) => certificates is null
        ? null
        : CertificateFiles.Own(Path.Combine(certificates, gateway + ".crt"), Path.Combine(certificates, gateway + ".key"));
}
