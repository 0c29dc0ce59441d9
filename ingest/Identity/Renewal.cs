using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>What a gateway sends to have its certificate renewed.</summary>
/// <param name="Gateway">Which one it says it is.</param>
/// <param name="Csr">PEM of the signing request, with the new key.</param>
/// <param name="Certificate">PEM of the certificate it has.</param>
/// <param name="At">When it asked, RFC 3339.</param>
/// <param name="Signature">Base64 of the old key's signature (SHA-256; ECDSA as DER, RSA PKCS #1) over <see cref="ToSign"/>.</param>
internal sealed record RenewalRequest(string Gateway, string Csr, string Certificate, string At, string Signature)
{
    /// <summary>What is signed: a word for this purpose and the four texts before, each on lines of its own.</summary>
    public byte[] ToSign() => Encoding.UTF8.GetBytes($"smartcity-renew-1\n{Gateway}\n{At}\n{Certificate}\n{Csr}");
}

/// <summary>
/// Renews certificates of gateways that prove that they have the key of the one they have: it must be this city's, valid now, not
/// revoked, and the gateway in service. The old certificate stays good until it expires, so that nothing depends on one answer arriving.
/// </summary>
internal sealed class Renewal(CityBook book, GatewayTrust trust, TimeProvider time, IdentityOptions options)
{
    /// <summary>How far the gateway's clock may be from ours: a request that was overheard is worth nothing later.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(5);

    private readonly AttemptLimiter _byAddress = new(time, options.RenewalAttempts, TimeSpan.FromHours(1), servers: options.Servers);
    private readonly AttemptLimiter _byGateway = new(time, options.RenewalsPerGateway, TimeSpan.FromDays(1), servers: options.Servers);

    /// <summary>Signs a gateway's new request if its proof is good.</summary>
    /// <param name="request">What it sent.</param>
    /// <param name="from">From where.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<EnrolResult> RenewAsync(RenewalRequest request, IPAddress? from, CancellationToken cancel)
    {
        var address = Sessions.Key(from);
        if (_byAddress.Take(address) is { } wait)
        {
            return new EnrolResult.TooMany(wait);
        }

        if (Prove(request) is not { } identity)
        {
            return new EnrolResult.Refused();
        }

        // Proved, and yet bounded: a gateway that renews in a loop must not fill the book.
        _byAddress.Forgive(address);
        if (_byGateway.Take(identity.Gateway) is { } later)
        {
            return new EnrolResult.TooMany(later);
        }

        try
        {
            using var certificate = trust.Ca.SignGateway(request.Csr, identity.Gateway);
            var noted = await book.Store.WriteAsync(
                transaction =>
                {
                    // Within the transaction: a revocation that came meanwhile must not be outlived.
                    if (transaction.Sql.Number("SELECT count(*) FROM certificates WHERE serial = $1 AND revoked_at IS NOT NULL", identity.Serial) > 0)
                    {
                        return false;
                    }

                    var now = time.Nanoseconds();
                    GatewayTrust.Note(transaction, certificate, identity.Gateway, now);
                    transaction.Audit(now, $"gateway:{identity.Gateway}", "renew", $"gateway/{identity.Gateway}", certificate.SerialNumber);
                    return true;
                },
                cancel);
            return noted
                ? new EnrolResult.Enrolled(
                    identity.Gateway, certificate.ExportCertificatePem(), trust.Ca.Pem, trust.Ca.Fingerprint, certificate.NotAfter.ToUniversalTime())
                : new EnrolResult.Refused();
        }
        catch (CityCaException e)
        {
            return new EnrolResult.BadRequest(e.Message);
        }
    }

    /// <summary>Who asks; null when the proof is not good.</summary>
    private GatewayIdentity? Prove(RenewalRequest request)
    {
        if (!DateTimeOffset.TryParse(request.At, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            || (time.GetUtcNow() - at).Duration() > Freshness
            || request.Certificate.Length > CityCa.MaximumRequest)
        {
            return null;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(request.Certificate);
            return trust.Authenticate(certificate, out _) is { } identity
                && identity.Gateway == request.Gateway
                && book.Registry.Current.Gateways.TryGetValue(identity.Gateway, out var row)
                && row.State == Service.Active
                && IsSigned(certificate, request.ToSign(), Convert.FromBase64String(request.Signature))
                ? identity
                : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private static bool IsSigned(X509Certificate2 certificate, byte[] what, byte[] signature)
    {
        using var ecdsa = certificate.GetECDsaPublicKey();
        using var rsa = certificate.GetRSAPublicKey();
        return ecdsa?.VerifyData(what, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
            ?? rsa?.VerifyData(what, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            ?? false;
    }
}
