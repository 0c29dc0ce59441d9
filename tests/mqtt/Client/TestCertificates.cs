using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>A certificate authority, and a server's and a client's certificate of it, made for one test.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly ECDsa _serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));

        Server = Sign("CN=server", _serverKey, "1.3.6.1.5.5.7.3.1");
        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = Sign("CN=client", clientKey, "1.3.6.1.5.5.7.3.2");
        Client = client.CopyWithPrivateKey(clientKey);
        Trust = [X509CertificateLoader.LoadCertificate(Authority.RawData)];
    }

    public X509Certificate2 Authority { get; }

    public X509Certificate2 Server { get; }

    public X509Certificate2 Client { get; }

    public X509Certificate2Collection Trust { get; }

    public string ServerKeyPem => _serverKey.ExportPkcs8PrivateKeyPem();

    public void Dispose()
    {
        _serverKey.Dispose();
        Authority.Dispose();
        Server.Dispose();
        Client.Dispose();
        Trust[0].Dispose();
    }

    private X509Certificate2 Sign(string name, ECDsa key, string use)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.Create(Authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
    }
}
