using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace SmartCity.SystemTests.Identity;

/// <summary>Certificates: enrolled as a gateway does it, and forged as an attacker would.</summary>
internal static class CityPki
{
    /// <summary>A signing request with a new key. Its subject says whatever it likes.</summary>
    public static (ECDsa Key, string Pem) Request(string subject = "CN=anything")
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (key, new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
    }

    /// <summary>Code and request for a certificate, over HTTP.</summary>
    public static async Task<X509Certificate2> EnrolAsync(Administrator admin, HttpClient anybody, string gateway)
    {
        var code = (await admin.DoAsync(HttpMethod.Post, "/api/v1/gateways", new { id = gateway })).GetProperty("code").GetString()!;
        return await EnrolAsync(anybody, code);
    }

    public static async Task<X509Certificate2> EnrolAsync(HttpClient anybody, string code)
    {
        var (key, pem) = Request();
        using (key)
        {
            using var answer = await anybody.PostAsJsonAsync("/api/v1/enrol", new { code, csr = pem });
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            var enrolled = await answer.Content.ReadFromJsonAsync<JsonElement>();
            using var certificate = X509Certificate2.CreateFromPem(enrolled.GetProperty("certificate").GetString());
            return certificate.CopyWithPrivateKey(key);
        }
    }

    /// <summary>The city's root with its key, out of the server's data folder: what only the city can do.</summary>
    public static X509Certificate2 RootOf(string data) =>
        X509Certificate2.CreateFromPemFile(Path.Combine(data, "ca", "ca.crt"), Path.Combine(data, "ca", "ca.key"));

    /// <summary>A root that calls itself what the city's does.</summary>
    public static X509Certificate2 ForeignRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=SmartCity.IoT city CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(300));
    }

    /// <summary>A client certificate by any root, for any names, of any age.</summary>
    public static X509Certificate2 Issue(X509Certificate2 root, IEnumerable<string> uris, TimeSpan? expired = null, string usage = "1.3.6.1.5.5.7.3.2", string? issuerAt = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gw-a", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var uri in uris)
        {
            names.AddUri(new Uri(uri));
        }

        request.CertificateExtensions.Add(names.Build());
        if (issuerAt is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [issuerAt]));
        }

        var end = DateTimeOffset.UtcNow - (expired ?? -TimeSpan.FromDays(30));
        using var certificate = request.Create(root, root.NotBefore.ToUniversalTime(), end, RandomNumberGenerator.GetBytes(12));
        return certificate.CopyWithPrivateKey(key);
    }
}
