using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Renewing a gateway's certificate with the key of the one it has, and everything that is no such proof.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task A_gateway_renews_with_the_key_it_has_and_both_certificates_are_good()
    {
        await using var rig = await ApiRig.StartAsync();
        using var old = await EnrolAsync(rig, "gw-1");
        using var answer = await SendAsync(rig, Ask(rig, old));
        Assert.Equal(201, (int)answer.StatusCode);
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
        using var certificate = X509Certificate2.CreateFromPem(reply.GetProperty("certificate").GetString());
        Assert.NotEqual(old.SerialNumber, certificate.SerialNumber);
        Assert.Equal("gw-1", rig.Identity.Trust.Authenticate(certificate, out _)?.Gateway);
        Assert.Equal("gw-1", rig.Identity.Trust.Authenticate(old, out _)?.Gateway);
        Assert.Equal(rig.Identity.Trust.Ca.Pem, reply.GetProperty("ca").GetString());

        // Revoked is revoked: the renewed one with the old one, and neither gets another.
        Assert.Equal(2, await rig.Identity.Trust.RevokeAsync("gw-1", "test", CancellationToken.None));
        Assert.Null(rig.Identity.Trust.Authenticate(certificate, out _));
        Assert.Equal(403, await StatusAsync(rig, Ask(rig, old)));
    }

    [Theory]
    [InlineData("late")]
    [InlineData("early")]
    [InlineData("another gateway's name")]
    [InlineData("another gateway's certificate")]
    [InlineData("signed by the new key")]
    [InlineData("another request than the signed one")]
    [InlineData("another time than the signed one")]
    [InlineData("no signature")]
    [InlineData("a signature that is no base64")]
    [InlineData("no certificate")]
    [InlineData("a certificate of another city")]
    [InlineData("a time that is none")]
    [InlineData("nothing at all")]
    public async Task What_is_no_proof_renews_nothing(string what)
    {
        await using var rig = await ApiRig.StartAsync();
        using var old = await EnrolAsync(rig, "gw-1");
        using var other = await EnrolAsync(rig, "gw-2");
        using var stranger = Stranger();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = Ask(rig, old);
        var request = what switch
        {
            "late" => Ask(rig, old, at: TimeSpan.FromMinutes(-5.1)),
            "early" => Ask(rig, old, at: TimeSpan.FromMinutes(5.1)),
            "another gateway's name" => Ask(rig, old, gateway: "gw-2"),
            "another gateway's certificate" => good with { Certificate = other.ExportCertificatePem() },
            "signed by the new key" => Sign(good, key),
            "another request than the signed one" => good with { Csr = EnrolmentTests.Request() },
            "another time than the signed one" => good with { At = good.At + " " },
            "no signature" => good with { Signature = "" },
            "a signature that is no base64" => good with { Signature = "%%%" },
            "no certificate" => good with { Certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
            "a certificate of another city" => Ask(rig, stranger),
            "a time that is none" => good with { At = "now" },
            _ => new RenewalRequest("", "", "", "", ""),
        };
        Assert.Equal(403, await StatusAsync(rig, request));
        Assert.Equal(2, await rig.Book.Store.ReadAsync(sql => sql.Number("SELECT count(*) FROM certificates"), CancellationToken.None));
        Assert.Equal(201, await StatusAsync(rig, good));
    }

    [Fact]
    public async Task A_good_proof_with_a_bad_request_is_told_what_is_wrong_and_a_gateway_out_of_service_nothing()
    {
        await using var rig = await ApiRig.StartAsync();
        using var old = await EnrolAsync(rig, "gw-1");
        using var weak = RSA.Create(1024);
        var csr = new CertificateRequest("CN=x", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
        Assert.Equal(400, await StatusAsync(rig, Ask(rig, old, csr: csr)));
        using var removed = await (await rig.SignInAsync("technician")).SendAsync(HttpMethod.Delete, "/api/v1/gateways/gw-1");
        Assert.Equal(204, (int)removed.StatusCode);
        Assert.Equal(403, await StatusAsync(rig, Ask(rig, old)));
    }

    [Fact]
    public async Task An_expired_certificate_needs_a_code_again()
    {
        await using var rig = await ApiRig.StartAsync();
        using var old = await EnrolAsync(rig, "gw-1");
        rig.Store.Time.Advance(TimeSpan.FromDays(366));
        Assert.Equal(403, await StatusAsync(rig, Ask(rig, old)));
    }

    [Fact]
    public async Task Guesses_are_counted_by_address_and_renewals_by_gateway()
    {
        await using var rig = await ApiRig.StartAsync(identity: o => o with { RenewalAttempts = 3, RenewalsPerGateway = 2 });
        using var old = await EnrolAsync(rig, "gw-1");
        Assert.Equal([201, 201, 429], await StatusesAsync(rig, old, 3));
        var bad = Ask(rig, old) with { Signature = "AAAA" };
        Assert.Equal(403, await StatusAsync(rig, bad));
        Assert.Equal(403, await StatusAsync(rig, bad));
        Assert.Equal(403, await StatusAsync(rig, bad));
        Assert.Equal(429, await StatusAsync(rig, bad));
        rig.Store.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(201, await StatusAsync(rig, Ask(rig, old)));
    }

    [Fact]
    public async Task A_request_longer_than_the_limit_is_not_read()
    {
        await using var rig = await ApiRig.StartAsync();
        using var old = await EnrolAsync(rig, "gw-1");
        Assert.Equal(413, await StatusAsync(rig, Ask(rig, old) with { Csr = new string('A', 2 << 20) }));
        Assert.Equal(403, await StatusAsync(rig, Ask(rig, old) with { Certificate = new string('A', 9_000) }));
    }

    [Fact]
    public async Task Everybody_may_have_the_authority_s_certificate()
    {
        await using var rig = await ApiRig.StartAsync();
        var pem = await rig.Client.GetStringAsync("/api/v1/ca");
        Assert.Equal(rig.Identity.Trust.Ca.Pem, pem.TrimEnd());
        Assert.DoesNotContain("PRIVATE", pem, StringComparison.Ordinal);
    }

    private static async Task<X509Certificate2> EnrolAsync(ApiRig rig, string gateway)
    {
        var (code, _) = await EnrolmentTests.CodeAsync(await rig.SignInAsync("technician"), gateway);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using var answer = await rig.Client.PostAsJsonAsync("/api/v1/enrol", new { gateway, code, csr });
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
        using var certificate = X509Certificate2.CreateFromPem(reply.GetProperty("certificate").GetString());
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Stranger()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gw-1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("urn:smartcity:gateway:gw-1"));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    private static RenewalRequest Ask(ApiRig rig, X509Certificate2 old, TimeSpan at = default, string? gateway = null, string? csr = null)
    {
        using var key = old.GetECDsaPrivateKey()!;
        return Sign(
            new RenewalRequest(
                gateway ?? old.Subject["CN=".Length..], csr ?? EnrolmentTests.Request(), old.ExportCertificatePem(),
                (rig.Store.Time.GetUtcNow() + at).ToString("O", CultureInfo.InvariantCulture), ""),
            key);
    }

    private static RenewalRequest Sign(RenewalRequest request, ECDsa key) =>
        request with { Signature = Convert.ToBase64String(key.SignData(request.ToSign(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)) };

    private static Task<HttpResponseMessage> SendAsync(ApiRig rig, RenewalRequest r) =>
        rig.Client.PostAsJsonAsync("/api/v1/renew", new { gateway = r.Gateway, csr = r.Csr, certificate = r.Certificate, at = r.At, signature = r.Signature });

    private static async Task<int> StatusAsync(ApiRig rig, RenewalRequest request)
    {
        using var answer = await SendAsync(rig, request);
        return (int)answer.StatusCode;
    }

    private static async Task<List<int>> StatusesAsync(ApiRig rig, X509Certificate2 old, int times)
    {
        var statuses = new List<int>();
        for (var i = 0; i < times; i++)
        {
            statuses.Add(await StatusAsync(rig, Ask(rig, old)));
        }

        return statuses;
    }
}
