using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Ingest.Identity;

/// <summary>The four forms of certificate the city makes (RFC 5280 profiles).</summary>
internal static class CertificateMaker
{
    /// <summary>id-kp-clientAuth, RFC 5280 §4.2.1.12.</summary>
    public static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>id-kp-serverAuth, RFC 5280 §4.2.1.12.</summary>
    public static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    public static X509Certificate2 Root(ECDsa key, DateTimeOffset begin, DateTimeOffset end)
    {
        var request = new CertificateRequest("CN=SmartCity.IoT city CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(begin, end);
    }

    public static X509Certificate2 Server(X509Certificate2 root, ECDsa key, IReadOnlyCollection<string> names, DateTimeOffset begin, DateTimeOffset end)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        return Leaf(root, "CN=SmartCity.IoT server", new PublicKey(key), [ServerAuthentication], alternatives, begin, end);
    }

    public static X509Certificate2 Gateway(X509Certificate2 root, PublicKey key, string gateway, DateTimeOffset begin, DateTimeOffset end)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddUri(new Uri(GatewayNames.Prefix + gateway));
        return Leaf(root, $"CN={gateway}", key, [ClientAuthentication], alternatives, begin, end);
    }

    /// <summary>What one server of the city shows another, on either end of a connection.</summary>
    public static X509Certificate2 Peer(X509Certificate2 root, ECDsa key, string server, DateTimeOffset begin, DateTimeOffset end)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddUri(ServerNames.UriOf(server));
        return Leaf(root, "CN=SmartCity.IoT server", new PublicKey(key), [ServerAuthentication, ClientAuthentication], alternatives, begin, end);
    }

    /// <summary>Whether a key is one we sign: ECDSA of at least 256 bits, RSA of 2048 to 4096.</summary>
    public static bool IsStrong(PublicKey key)
    {
        using var ecdsa = key.GetECDsaPublicKey();
        using var rsa = key.GetRSAPublicKey();
        return ecdsa is { KeySize: >= 256 } || rsa is { KeySize: >= 2048 and <= 4096 };
    }

    private static X509Certificate2 Leaf(
        X509Certificate2 root, string subject, PublicKey key, OidCollection usage, SubjectAlternativeNameBuilder names, DateTimeOffset begin, DateTimeOffset end)
    {
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usage, critical: false));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        // 127 random bits, positive (RFC 5280 §4.1.2.2).
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x01);
        return request.Create(root, begin, end, serial);
    }
}
