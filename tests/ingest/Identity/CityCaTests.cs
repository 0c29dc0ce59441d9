using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Ingest.Identity;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Identity;

public sealed class CityCaTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-ca-").FullName;
    private readonly FakeTime _time = new();

    private string Folder => Path.Combine(_folder, "ca");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_root_is_made_once_and_its_key_is_its_owners_only()
    {
        string fingerprint;
        using (var ca = CityCa.OpenOrCreate(Folder, _time))
        {
            fingerprint = ca.Fingerprint;
            Assert.Matches("^sha256:[0-9a-f]{64}$", fingerprint);
            Assert.False(ca.Certificate.HasPrivateKey);
            using var key = ca.Certificate.GetECDsaPublicKey();
            Assert.Equal(256, key?.KeySize);
        }

        using (var again = CityCa.OpenOrCreate(Folder, _time))
        {
            Assert.Equal(fingerprint, again.Fingerprint);
        }

        if (!OperatingSystem.IsWindows())
        {
            var path = Path.Combine(Folder, "ca.key");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Throws<CityCaException>(() => CityCa.OpenOrCreate(Folder, _time)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_root_without_its_key_is_not_silently_made_anew()
    {
        CityCa.OpenOrCreate(Folder, _time).Dispose();
        File.Delete(Path.Combine(Folder, "ca.key"));
        Assert.Contains("backup", Assert.Throws<CityCaException>(() => CityCa.OpenOrCreate(Folder, _time)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_servers_certificate_follows_its_names_and_its_age()
    {
        using var ca = CityCa.OpenOrCreate(Folder, _time);
        var first = ca.ServerCertificate(["localhost", "127.0.0.1", "::1"]);
        Assert.True(first.HasPrivateKey);
        Assert.True(GatewayNames.IsSignedBy(first, ca.Certificate));
        var names = first.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["localhost"], names.EnumerateDnsNames());
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], names.EnumerateIPAddresses());
        Assert.Same(first, ca.ServerCertificate(["127.0.0.1", "localhost", "::1"]));
        var second = ca.ServerCertificate(["city.example"]);
        Assert.NotEqual(first.Thumbprint, second.Thumbprint);
        using (var again = CityCa.OpenOrCreate(Folder, _time))
        {
            Assert.Equal(second.Thumbprint, again.ServerCertificate(["city.example"]).Thumbprint);
        }

        _time.Advance(TimeSpan.FromDays(340));
        Assert.NotEqual(second.Thumbprint, ca.ServerCertificate(["city.example"]).Thumbprint);
        Assert.Null(ca.GatewayOf(second, out _)); // a server is no gateway
    }

    [Fact]
    public void Only_this_citys_gateways_pass_and_only_in_their_time()
    {
        using var ca = CityCa.OpenOrCreate(Folder, _time);
        using var mine = ca.SignGateway(Request(), "gw-1");
        Assert.Equal("gw-1", ca.GatewayOf(mine, out _));
        Assert.Equal(_time.GetUtcNow().AddDays(365).UtcDateTime, mine.NotAfter.ToUniversalTime());

        // Another city that calls itself the same.
        using var other = CityCa.OpenOrCreate(Path.Combine(_folder, "other"), _time);
        using var theirs = other.SignGateway(Request(), "gw-1");
        Assert.Null(ca.GatewayOf(theirs, out var why));
        Assert.Contains("not of this city", why, StringComparison.Ordinal);

        using var key = ECDsa.Create();
        var request = new CertificateRequest("CN=gw-1", key, HashAlgorithmName.SHA256);
        using var self = request.CreateSelfSigned(_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(1));
        Assert.Null(ca.GatewayOf(self, out _));

        // A gateway that signs for itself: its certificate is no authority.
        using var gatewayKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var gateway = ca.SignGateway(new CertificateRequest("CN=x", gatewayKey, HashAlgorithmName.SHA256).CreateSigningRequestPem(), "gw-2");
        using var signer = gateway.CopyWithPrivateKey(gatewayKey);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("urn:smartcity:gateway:gw-1"));
        request.CertificateExtensions.Add(names.Build());
        using var forged = request.Create(signer.SubjectName, X509SignatureGenerator.CreateForECDsa(gatewayKey), gateway.NotBefore, gateway.NotAfter, [1, 2, 3]);
        Assert.Null(ca.GatewayOf(forged, out _));

        _time.Advance(TimeSpan.FromDays(366));
        Assert.Null(ca.GatewayOf(mine, out _));
    }

    [Theory]
    [InlineData("urn:smartcity:gateway:gw-1", true)]
    [InlineData("urn:smartcity:gateway:GW-1", false)]
    [InlineData("urn:smartcity:gateway:", false)]
    [InlineData("urn:smartcity:gateway:gw-1/x", false)]
    [InlineData("urn:smartcity:operator:gw-1", false)]
    [InlineData("https://city.example/gw-1", false)]
    public void A_name_is_exactly_one_gateways(string uri, bool good)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gw-9", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("gw-7");
        names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        Assert.Equal(good ? "gw-1" : null, GatewayNames.Of(certificate));
    }

    [Fact]
    public void Two_names_are_nobodys()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gw-1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("urn:smartcity:gateway:gw-1"));
        names.AddUri(new Uri("urn:smartcity:gateway:gw-2"));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        Assert.Null(GatewayNames.Of(certificate));
    }

    private static string Request()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }
}
