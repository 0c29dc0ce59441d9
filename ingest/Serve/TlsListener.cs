using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Peers;

namespace SmartCity.Ingest.Serve;

/// <summary>TLS as every port of the server speaks it: 1.2 and up, the certificate of the city's CA.</summary>
internal static class TlsListener
{
    /// <summary>Puts TLS before whatever the port speaks.</summary>
    /// <param name="listen">The port.</param>
    /// <param name="ca">Who signs.</param>
    /// <param name="names">What the server is called.</param>
    /// <param name="clientCertificates">True to ask for a client certificate. It is judged at CONNECT, where a refusal can say why.</param>
    /// <param name="peers">How other servers of the city come in; null: they do not.</param>
    public static void Use(ListenOptions listen, CityCa ca, IReadOnlyList<string> names, bool clientCertificates, PeerTls? peers = null)
    {
        var server = new ServerContext(() => ca.ServerCertificate(names));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = TimeSpan.FromSeconds(10),
            OnConnection = hello => ValueTask.FromResult(
                peers is not null && hello.ClientHelloInfo.ServerName == PeerTls.Host ? peers.Server() : Options(server.Current, ca, clientCertificates)),
        });
    }

    // An object a connection, because Kestrel adds the protocols of the port to it; what is large in it is shared.
    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext server, CityCa ca, bool clientCertificates)
    {
        var options = new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ServerCertificateContext = server,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (clientCertificates)
        {
            // Any certificate passes here, since its key is proved; nobody is let in by that. TLS can only break off, and a technician would not
            // learn that the certificate has expired: CONNECT judges it, counts the refusal, and says why.
            options.ClientCertificateRequired = true;
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;

            // TLS builds a chain before anybody is asked, and by itself it would fetch an issuer from wherever the certificate says one is.
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { ca.Certificate },
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
        }

        return options;
    }

    /// <summary>What OpenSSL makes of the server's certificate, made once for each: a selector of certificates would make it, chain and all, for every connection.</summary>
    private sealed class ServerContext(Func<X509Certificate2> certificate)
    {
        private readonly Lock _gate = new();
        private (X509Certificate2 Certificate, SslStreamCertificateContext Context)? _made;

        public SslStreamCertificateContext Current
        {
            get
            {
                var now = certificate();
                lock (_gate)
                {
                    if (_made?.Certificate != now)
                    {
                        _made = (now, SslStreamCertificateContext.Create(now, additionalCertificates: null, offline: true));
                    }

                    return _made!.Value.Context;
                }
            }
        }
    }
}
