using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>The names in certificates.</summary>
internal static class GatewayNames
{
    /// <summary>CONTRACTS, Identity: the SAN URI of a gateway.</summary>
    public const string Prefix = "urn:smartcity:gateway:";

    private const string AlternativeNames = "2.5.29.17";
    private static readonly Asn1Tag UriName = new(TagClass.ContextSpecific, 6);

    /// <summary>The gateway a certificate names: exactly one, in its subject alternative names (the subject says nothing).</summary>
    public static string? Of(X509Certificate2 certificate) =>
        SingleUri(certificate) is { } uri && uri.StartsWith(Prefix, StringComparison.Ordinal) && Identifiers.IsValid(uri[Prefix.Length..]) ? uri[Prefix.Length..] : null;

    /// <summary>The URI among a certificate's alternative names; null when there is none, or more than one.</summary>
    public static string? SingleUri(X509Certificate2 certificate)
    {
        string? found = null;
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == AlternativeNames))
        {
            try
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (!names.PeekTag().HasSameClassAndValue(UriName))
                    {
                        names.ReadEncodedValue();
                        continue;
                    }

                    var uri = names.ReadCharacterString(UniversalTagNumber.IA5String, UriName);
                    if (found is not null)
                    {
                        return null;
                    }

                    found = uri;
                }
            }
            catch (AsnContentException)
            {
                return null;
            }
        }

        return found;
    }

    /// <summary>Whether a server's certificate is for exactly these names.</summary>
    public static bool IsFor(X509Certificate2 certificate, IReadOnlyCollection<string> names)
    {
        var here = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())));
        var wanted = names.Select(n => IPAddress.TryParse(n, out var address) ? address.ToString() : n);
        return new HashSet<string>(here, StringComparer.OrdinalIgnoreCase).SetEquals(wanted);
    }

    /// <summary>Whether <paramref name="root"/> signed it (no judgement of time or purpose).</summary>
    public static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 root)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }
}
