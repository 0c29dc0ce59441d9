using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Serve;

/// <summary>TLS as every port of the server speaks it: 1.2 and up, the certificate of the city's CA.</summary>
internal static class TlsListener
{
    /// <summary>Puts TLS before whatever the port speaks.</summary>
    /// <param name="listen">The port.</param>
    /// <param name="ca">Who signs.</param>
    /// <param name="names">What the server is called.</param>
    /// <param name="clientCertificates">True to ask for a client certificate. It is judged at CONNECT, where a refusal can say why.</param>
    public static void Use(ListenOptions listen, CityCa ca, IReadOnlyList<string> names, bool clientCertificates) => listen.UseHttps(https =>
    {
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        https.ServerCertificateSelector = (_, _) => ca.ServerCertificate(names);
        https.HandshakeTimeout = TimeSpan.FromSeconds(10);
        if (clientCertificates)
        {
            // Any certificate passes here, since its key is proved; nobody is let in by that. TLS can only break off, and a technician would not
            // learn that the certificate has expired: CONNECT judges it, counts the refusal, and says why.
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.ClientCertificateValidation = (_, _, _) => true;

            // TLS builds a chain before anybody is asked, and by itself it would fetch an issuer from wherever the certificate says one is.
            https.OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { ca.Certificate },
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
        }
    });
}
