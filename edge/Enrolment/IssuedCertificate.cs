using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Edge.Enrolment;

/// <summary>Believes nothing of an issued certificate that the authority's fingerprint and our own key do not vouch for.</summary>
internal static class IssuedCertificate
{
    private const string AlternativeNames = "2.5.29.17";
    private const string NamePrefix = "urn:smartcity:gateway:";
    private const string NotTheCity = "the server's authority is not the one whose fingerprint came with the code; do not go on";
    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    /// <summary>Checks what came back. Whether the certificate is valid now is not asked here: a gateway that is being installed may
    /// not know the time.</summary>
    /// <param name="certificatePem">The gateway's certificate.</param>
    /// <param name="caPem">The authority's.</param>
    /// <param name="key">The gateway's own key.</param>
    /// <param name="fingerprint">The authority's fingerprint, normalized.</param>
    /// <param name="gateway">The name that the certificate must carry; null does not ask.</param>
    /// <exception cref="EnrolException">Something does not fit; nothing of it may be kept.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2 Authority) Check(
        string certificatePem, string caPem, ECDsa key, string fingerprint, string? gateway)
    {
        try
        {
            var authority = X509Certificate2.CreateFromPem(caPem);
            if (Fingerprint(authority) != fingerprint)
            {
                throw new EnrolException(NotTheCity) { Fault = EnrolFault.OtherCity };
            }

            var certificate = X509Certificate2.CreateFromPem(certificatePem);
            using var own = certificate.GetECDsaPublicKey();
            if (own is null || !own.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                throw new EnrolException("the server's certificate is for another key") { Fault = EnrolFault.OtherKey };
            }

            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            if (!chain.Build(certificate))
            {
                throw new EnrolException("the server's certificate is not signed by the city's authority") { Fault = EnrolFault.OtherCity };
            }

            return gateway is null || Names(certificate).Contains(gateway, StringComparer.Ordinal)
                ? (certificate, authority)
                : throw new EnrolException($"the certificate is not for {gateway} but for {string.Join(", ", Names(certificate))}") { Fault = EnrolFault.OtherGateway };
        }
        catch (CryptographicException e)
        {
            throw new EnrolException("the server's answer holds no certificate", e) { Fault = EnrolFault.Malformed };
        }
    }

    /// <summary>SHA-256 of a certificate's DER form, 64 lower-case digits.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    /// <summary>SHA-256 of a public key (SubjectPublicKeyInfo, RFC 5280 §4.1.2.7), its first 64 bits in groups of four digits: short enough
    /// for two people to compare on the telephone, and a request that was changed on its way would have to match it.</summary>
    public static string ShortFingerprint(AsymmetricAlgorithm key)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));
        return string.Join('-', Enumerable.Range(0, 4).Select(i => hash.Substring(4 * i, 4)));
    }

    /// <summary>The gateways that a certificate names (CONTRACTS, Identity: a URI among its subject alternative names).</summary>
    public static IReadOnlyList<string> Names(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == AlternativeNames))
        {
            try
            {
                var all = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (all.HasData)
                {
                    if (!all.PeekTag().HasSameClassAndValue(UriName))
                    {
                        all.ReadEncodedValue();
                    }
                    else if (all.ReadCharacterString(UniversalTagNumber.IA5String, UriName) is var uri && uri.StartsWith(NamePrefix, StringComparison.Ordinal))
                    {
                        names.Add(uri[NamePrefix.Length..]);
                    }
                }
            }
            catch (AsnContentException)
            {
                return [];
            }
        }

        return names;
    }
}
