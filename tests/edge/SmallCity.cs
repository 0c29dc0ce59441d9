using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Edge.Enrolment;

namespace SmartCity.Edge.Tests;

/// <summary>A city's authority of a test.</summary>
internal sealed class SmallCity : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public SmallCity()
    {
        var request = new CertificateRequest("CN=test city", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
    }

    /// <summary>64 digits.</summary>
    public string Fingerprint => _root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    /// <summary>Its certificate.</summary>
    public string Pem => _root.ExportCertificatePem();

    /// <summary>Reads a request.</summary>
    public EnrolRequestFile Read(string path) => JsonSerializer.Deserialize(File.ReadAllText(path), EnrolFilesJson.Default.EnrolRequestFile)!;

    /// <summary>Writes an answer.</summary>
    public void Answer(string path, string csr, string gateway, string? ca = null)
    {
        var request = CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256);
        using var certificate = Issue(request, gateway);
        File.WriteAllText(path, JsonSerializer.Serialize(
            new EnrolAnswerFile(OfflineEnrolment.AnswerFormat, gateway, certificate.ExportCertificatePem(), ca ?? Pem), EnrolFilesJson.Default.EnrolAnswerFile));
    }

    /// <summary>Signs.</summary>
    public X509Certificate2 Issue(CertificateRequest request, string gateway)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("urn:smartcity:gateway:" + gateway));
        request.CertificateExtensions.Add(names.Build());
        return request.Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(5), [1, 2, 3]);
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }
}
