using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Edge.Enrolment;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

public sealed class EnrolTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-enrol").FullName;
    private readonly ECDsa _caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _ca;

    public EnrolTests()
    {
        var request = new CertificateRequest("CN=test city", _caKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _ca = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
    }

    private string Fingerprint => _ca.GetCertHashString(HashAlgorithmName.SHA256);

    public void Dispose()
    {
        _ca.Dispose();
        _caKey.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_code_becomes_a_certificate_and_a_key_that_only_its_owner_reads()
    {
        var server = Serve(Sign);
        var files = await Enroller.EnrolAsync(server, "gw-1", "CODE", "sha256:" + Fingerprint, null, _directory, default);

        using var own = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        Assert.True(own.HasPrivateKey);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(files.Key) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(_ca.ExportCertificatePem().Trim(), (await File.ReadAllTextAsync(files.Ca)).Trim());
    }

    [Fact]
    public async Task Another_city_s_authority_is_not_believed_and_nothing_is_written()
    {
        var server = Serve(Sign);
        var e = await Assert.ThrowsAsync<EnrolException>(() => Enroller.EnrolAsync(server, "gw-1", "CODE", new string('a', 64), null, _directory, default));
        Assert.Contains("do not go on", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task A_certificate_for_another_key_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var server = Serve(_ => Issue(new CertificateRequest("CN=x", other, HashAlgorithmName.SHA256)));
        var e = await Assert.ThrowsAsync<EnrolException>(() => Enroller.EnrolAsync(server, "gw-1", "CODE", Fingerprint, null, _directory, default));
        Assert.Contains("another key", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_told_in_the_server_s_words()
    {
        var server = Serve(_ => null);
        var e = await Assert.ThrowsAsync<EnrolException>(() => Enroller.EnrolAsync(server, "gw-1", "CODE", Fingerprint, null, _directory, default));
        Assert.Contains("403", e.Message, StringComparison.Ordinal);
        Assert.Contains("the code is not good", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://city.example", "aa")]
    [InlineData("http://127.0.0.1", "zz")]
    public async Task A_code_never_goes_out_in_clear_nor_without_a_fingerprint(string server, string fingerprint) =>
        await Assert.ThrowsAsync<EnrolException>(() => Enroller.EnrolAsync(
            new Uri(server), "gw-1", "CODE", fingerprint == "aa" ? Fingerprint : fingerprint, null, _directory, default));

    private X509Certificate2 Sign(string csr) => Issue(CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256));

    private X509Certificate2 Issue(CertificateRequest request) =>
        request.Create(_ca, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(5), [1, 2, 3]);

    /// <summary>Answers one request.</summary>
    private Uri Serve(Func<string, X509Certificate2?> sign)
    {
        var address = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        var listener = new HttpListener { Prefixes = { address.ToString() } };
        listener.Start();
        _ = AnswerAsync(listener, sign);
        return address;
    }

    private async Task AnswerAsync(HttpListener listener, Func<string, X509Certificate2?> sign)
    {
        using var _ = listener;
        var call = await listener.GetContextAsync();
        var request = await JsonSerializer.DeserializeAsync(call.Request.InputStream, EnrolJson.Default.EnrolRequest);
        using var certificate = sign(request!.Csr);
        call.Response.ContentType = "application/json";
        call.Response.StatusCode = certificate is null ? 403 : 201;
        await JsonSerializer.SerializeAsync(
            call.Response.OutputStream,
            certificate is null
                ? new { title = "Forbidden", detail = "the code is not good" }
                : (object)new { gateway = request.Gateway, certificate = certificate.ExportCertificatePem(), ca = _ca.ExportCertificatePem() });
        call.Response.Close();
    }
}
