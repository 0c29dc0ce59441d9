using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Peers;

/// <summary>
/// How servers of the city prove to each other who they are, on the HTTPS port that browsers use too: who says the name <see cref="Host"/> in the TLS
/// handshake is shown a certificate of this server's own (<c>urn:smartcity:server:NAME</c>) and must show one. No browser is ever asked for a certificate.
/// </summary>
internal sealed class PeerTls(CityCa ca, string self)
{
    /// <summary>The name in the handshake (SNI) and in the Host header; in no DNS (<c>.internal</c> is reserved for private use, ICANN 2024-07-29).</summary>
    public const string Host = "server.smartcity.internal";

    private readonly Lock _gate = new();
    private (X509Certificate2 Certificate, SslStreamCertificateContext Context)? _made;

    /// <summary>This server's own certificate.</summary>
    public X509Certificate2 Certificate => Current.Certificate;

    /// <summary>For a connection that another server of the city opens.</summary>
    public SslServerAuthenticationOptions Server() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ServerCertificateContext = Current.Context,
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && ca.ServerOf(shown) is not null,
    };

    /// <summary>For a connection to another server of the city.</summary>
    /// <param name="name">The server it must be.</param>
    public SslClientAuthenticationOptions Client(string name) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => Certificate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && ca.ServerOf(shown) == name,
    };

    /// <summary>The server of the city that a request comes from; null when it is nobody's that has proved it.</summary>
    public static string? ServerOf(HttpContext http) =>
        http.Request.Host.Host == Host && http.Connection.ClientCertificate is { } shown ? ServerNames.Of(shown) : null;

    // The chain is judged by the callbacks; by itself TLS would look for issuers where the certificate says they are.
    private X509ChainPolicy Policy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { ca.Certificate },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private (X509Certificate2 Certificate, SslStreamCertificateContext Context) Current
    {
        get
        {
            var now = ca.PeerCertificate(self);
            lock (_gate)
            {
                if (_made?.Certificate != now)
                {
                    _made = (now, SslStreamCertificateContext.Create(now, additionalCertificates: null, offline: true));
                }

                return _made!.Value;
            }
        }
    }
}
