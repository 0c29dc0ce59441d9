using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Tls;

namespace SmartCity.Edge.Enrolment;

/// <summary>
/// Renews this gateway's certificate when less than a third of its life is left. The new key is made here and never leaves; the
/// key of the old certificate proves who asks. A renewal that fails is told and tried again: there are months for it.
/// </summary>
/// <param name="options">Certificate, its files, authorities, servers.</param>
/// <param name="clock">Nothing is judged before the time is known.</param>
/// <param name="time">The clock.</param>
/// <param name="notice">Told of every renewal and failure.</param>
internal sealed class Renewer(GatewayOptions options, EdgeClock clock, TimeProvider time, Action<string> notice)
{
    /// <summary>How often the certificate's age is looked at, and a failed renewal tried again.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>The same when only days are left.</summary>
    public static readonly TimeSpan LastInterval = TimeSpan.FromHours(1);

    private static readonly TimeSpan LastDays = TimeSpan.FromDays(3);

    /// <summary>Where a server's HTTPS is when the configuration names none (CONTRACTS, HTTP).</summary>
    private const int HttpsPort = 8443;

    private readonly IReadOnlyList<Uri> _servers = options.Https.Count > 0
        ? options.Https
        : [.. options.Servers.Where(s => s.Tls).Select(s => new UriBuilder("https", s.TlsName ?? s.Host, HttpsPort).Uri).Distinct()];

    /// <summary>A new certificate is in the files: the next connections are to be made with it. Must be quick.</summary>
    public Action<X509Certificate2>? Renewed { get; init; }

    /// <summary>The certificate in use.</summary>
    public X509Certificate2? Current { get; private set; } = options.Certificate;

    /// <summary>Whether there is anything to renew, and somebody to ask.</summary>
    private bool IsWanted => Current is not null && options is { CertificateFile: not null, KeyFile: not null, Authorities: not null } && _servers.Count > 0;

    /// <summary>Whether less than a third of a certificate's life is left.</summary>
    public static bool IsDue(X509Certificate2 certificate, DateTimeOffset now)
    {
        DateTimeOffset begin = certificate.NotBefore.ToUniversalTime(), end = certificate.NotAfter.ToUniversalTime();
        return end - now < (end - begin) / 3;
    }

    /// <summary>Looks daily, until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            if (!IsWanted)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
            }

            await clock.Known.WaitAsync(stop);
            while (true)
            {
                await LookAsync(stop);
                var left = Current!.NotAfter.ToUniversalTime() - time.GetUtcNow();
                await Task.Delay(left < LastDays ? LastInterval : Interval, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Renews if it is due: one server after the other is asked. Says whether it did.</summary>
    public async Task<bool> LookAsync(CancellationToken cancel)
    {
        var current = Current!;
        var now = time.GetUtcNow();
        if (!IsDue(current, now))
        {
            return false;
        }

        if (current.NotAfter.ToUniversalTime() <= now)
        {
            notice(FormattableString.Invariant($"this gateway's certificate ended on {current.NotAfter.ToUniversalTime():yyyy-MM-dd}: it must be enrolled again with a code"));
            return false;
        }

        foreach (var server in _servers)
        {
            try
            {
                Take(await AskAsync(server, current, cancel));
                return true;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                // Whatever a server answers: readings and alarms go on under the certificate that there is.
                notice(FormattableString.Invariant($"the certificate, good until {current.NotAfter.ToUniversalTime():yyyy-MM-dd}, was not renewed: {e.Message}; it is tried again"));
            }
        }

        return false;
    }

    /// <summary>What the old key signs (docs/decisions/certificate-renewal.md).</summary>
    internal static byte[] ToSign(string gateway, string at, string certificate, string csr) =>
        Encoding.UTF8.GetBytes($"smartcity-renew-1\n{gateway}\n{at}\n{certificate}\n{csr}");

    private async Task<(string Certificate, string Key)> AskAsync(Uri server, X509Certificate2 current, CancellationToken cancel)
    {
        if (server.Scheme != "https" && !server.IsLoopback)
        {
            throw new EnrolException($"{server}: write https (plain http is for loopback)");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest($"CN={options.Gateway}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var (pem, at) = (current.ExportCertificatePem(), time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
        var request = new RenewRequest(options.Gateway, csr, pem, at, Sign(current, ToSign(options.Gateway, at, pem, csr)));
        var reply = await CityHttp.AskAsync(server, "/api/v1/renew", request, EnrolJson.Default.RenewRequest, options.Authorities, cancel);
        var (certificate, authority) = IssuedCertificate.Check(reply.Certificate, reply.Ca, key, Trusted(reply.Ca), options.Gateway);
        using var root = authority;
        using var issued = certificate;
        return certificate.NotAfter > current.NotAfter
            ? (reply.Certificate, key.ExportPkcs8PrivateKeyPem() + "\n")
            : throw new EnrolException("the server's certificate does not last longer than the one in use");
    }

    /// <summary>The fingerprint of our authority that the answer names, or of any, which then does not fit.</summary>
    private string Trusted(string ca)
    {
        using var named = X509Certificate2.CreateFromPem(ca);
        return IssuedCertificate.Fingerprint(options.Authorities!.FirstOrDefault(a => a.RawDataMemory.Span.SequenceEqual(named.RawDataMemory.Span)) ?? options.Authorities![0]);
    }

    private static string Sign(X509Certificate2 certificate, byte[] what)
    {
        using var ecdsa = certificate.GetECDsaPrivateKey();
        using var rsa = certificate.GetRSAPrivateKey();
        return Convert.ToBase64String(
            ecdsa?.SignData(what, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
            ?? rsa?.SignData(what, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            ?? throw new CryptographicException("the certificate's key is neither ECDSA nor RSA"));
    }

    private void Take((string Certificate, string Key) made)
    {
        var pair = new CertificatePair(options.CertificateFile!, options.KeyFile!);
        pair.Replace(made.Certificate, made.Key);
        Current = pair.Load();
        notice(FormattableString.Invariant($"the certificate was renewed: it is good until {Current.NotAfter.ToUniversalTime():yyyy-MM-dd}"));
        Renewed?.Invoke(Current);
    }
}
