using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Edge.Tls;

/// <summary>Certificates as PEM files, and what a client asks of a server's.</summary>
internal static class CertificateFiles
{
    /// <summary>The authorities of a PEM file.</summary>
    public static X509Certificate2Collection Roots(string path)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(path);
        return roots;
    }

    /// <summary>Our own certificate with its key; a renewal that was cut off is ended first.</summary>
    public static X509Certificate2 Own(string certificate, string key) => new CertificatePair(certificate, key).Load();

    /// <summary>TLS settings of a client that trusts these roots only (or, without any, what the system trusts).</summary>
    public static SslClientAuthenticationOptions ClientOptions(string host, X509Certificate2Collection? roots, X509Certificate2? own)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (own is not null)
        {
            options.ClientCertificates = [own];
        }

        if (roots is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,

                // The city's own authority publishes no list: the server forgets what it revoked.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return options;
    }
}
