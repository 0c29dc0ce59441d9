using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace SmartCity.Ingest.Tests.Api;

public sealed class EnrolmentTests
{
    [Fact]
    public async Task A_gateway_enrols_once_and_what_its_request_claims_is_ignored()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        var code = await CodeAsync(technician, "gw-1");
        Assert.Equal(23, code.Code.Length); // 20 of 32 letters: 100 bits
        Assert.Equal(rig.Identity.Trust.Ca.Fingerprint, code.Fingerprint);

        // A subject, a name and a purpose that are not its own.
        using var answer = await EnrolAsync(rig, code.Code, Request(forged: true));
        Assert.Equal(201, (int)answer.StatusCode);
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
        using var certificate = X509Certificate2.CreateFromPem(reply.GetProperty("certificate").GetString());
        Assert.Equal("CN=gw-1", certificate.Subject);
        Assert.Equal("gw-1", rig.Identity.Trust.Authenticate(certificate, out _)?.Gateway);
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        var usage = Assert.Single(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>());
        Assert.Equal("1.3.6.1.5.5.7.3.2", usage.Value);
        Assert.DoesNotContain("gw-2", certificate.Extensions.First(e => e.Oid?.Value == "2.5.29.17").Format(false), StringComparison.Ordinal);
        using var root = X509Certificate2.CreateFromPem(reply.GetProperty("ca").GetString());
        Assert.Equal(code.Fingerprint, "sha256:" + root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());

        using var replayed = await EnrolAsync(rig, code.Code, Request());
        Assert.Equal(403, (int)replayed.StatusCode);
    }

    [Fact]
    public async Task A_gateway_is_seen_with_its_code_then_with_its_certificate_then_without()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        var code = await CodeAsync(technician, "gw-1");
        var day = rig.Store.Time.GetUtcNow() + rig.Identity.Options.EnrolmentLife;
        Assert.Equal((false, null, day), await SeenAsync());
        using (await EnrolAsync(rig, code.Code, Request()))
        {
            var (enrolled, until, open) = await SeenAsync();
            Assert.Equal((true, null), (enrolled, open));
            Assert.True(until > day.AddDays(100));

            rig.Store.Time.Advance(until!.Value - rig.Store.Time.GetUtcNow());
            technician = await rig.SignInAsync("technician");
            Assert.Equal((false, until, null), await SeenAsync());
            await technician.PostAsync("/api/v1/gateways/gw-1/revoke");
            Assert.Equal((false, null, null), await SeenAsync());
        }

        async Task<(bool Enrolled, DateTimeOffset? Until, DateTimeOffset? Code)> SeenAsync()
        {
            var one = await technician.ReadAsync("/api/v1/gateways/gw-1");
            var listed = Assert.Single((await technician.ReadAsync("/api/v1/gateways")).GetProperty("items").EnumerateArray());
            Assert.Equal(Three(listed), Three(one));
            return Three(one);
        }

        static (bool, DateTimeOffset?, DateTimeOffset?) Three(JsonElement g) =>
            (g.GetProperty("enrolled").GetBoolean(), Moment(g.GetProperty("certificateExpires")), Moment(g.GetProperty("codeExpires")));

        static DateTimeOffset? Moment(JsonElement e) => e.ValueKind == JsonValueKind.Null ? null : e.GetDateTimeOffset();
    }

    [Fact]
    public async Task A_code_can_be_typed_as_people_type()
    {
        await using var rig = await ApiRig.StartAsync();
        var code = await CodeAsync(await rig.SignInAsync("technician"), "gw-1");
        using var answer = await EnrolAsync(rig, " " + code.Code.ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal).Replace('0', 'o').Replace('1', 'l'), Request());
        Assert.Equal(201, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Two_at_once_with_one_code_get_one_certificate()
    {
        await using var rig = await ApiRig.StartAsync();
        var code = await CodeAsync(await rig.SignInAsync("technician"), "gw-1");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EnrolAsync(rig, code.Code, Request())));
        Assert.Equal([201, 403, 403, 403], answers.Select(a => (int)a.StatusCode).Order());
        Assert.Equal(1, await rig.Book.Store.ReadAsync(sql => sql.Number("SELECT count(*) FROM certificates"), CancellationToken.None));
    }

    [Fact]
    public async Task A_code_ends_after_a_day_with_a_newer_one_and_with_its_gateway()
    {
        await using var rig = await ApiRig.StartAsync(identity: o => o with { EnrolmentAttempts = 100 });
        var technician = await rig.SignInAsync("technician");
        var old = await CodeAsync(technician, "gw-1");
        rig.Store.Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(403, await StatusAsync(rig, old.Code));
        technician = await rig.SignInAsync("technician");
        var first = await CodeAsync(technician, "gw-1");
        var second = await CodeAsync(technician, "gw-1");
        Assert.Equal(403, await StatusAsync(rig, first.Code));
        using (var gone = await technician.SendAsync(HttpMethod.Delete, "/api/v1/gateways/gw-1"))
        {
            Assert.Equal(204, (int)gone.StatusCode);
        }

        Assert.Equal(403, await StatusAsync(rig, second.Code));
    }

    [Fact]
    public async Task A_code_dies_of_five_wrong_attempts_and_an_address_has_no_more_in_an_hour()
    {
        await using var rig = await ApiRig.StartAsync();
        var code = await CodeAsync(await rig.SignInAsync("technician"), "gw-1");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(403, await StatusAsync(rig, "00000-00000-00000-0000" + i, "gw-1"));
        }

        Assert.Equal(429, await StatusAsync(rig, code.Code, "gw-1"));
        rig.Store.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(403, await StatusAsync(rig, code.Code, "gw-1")); // the code itself is spent
        var fresh = await CodeAsync(await rig.SignInAsync("technician"), "gw-1");
        Assert.Equal(201, await StatusAsync(rig, fresh.Code, "gw-1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    public async Task A_request_that_is_none_is_refused_with_words(string request)
    {
        await using var rig = await ApiRig.StartAsync();
        var code = await CodeAsync(await rig.SignInAsync("technician"), "gw-1");
        using var answer = await EnrolAsync(rig, code.Code, request);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal(201, await StatusAsync(rig, code.Code)); // the code is still good
    }

    [Fact]
    public async Task A_weak_key_and_a_request_signed_by_another_key_are_refused()
    {
        await using var rig = await ApiRig.StartAsync();
        var code = await CodeAsync(await rig.SignInAsync("technician"), "gw-1");
        using var weak = RSA.Create(1024);
        var request = new CertificateRequest("CN=x", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
        Assert.Equal(400, (int)(await EnrolAsync(rig, code.Code, request)).StatusCode);

        var bytes = Convert.FromBase64String(string.Concat(Request().Split('\n')[1..^1]));
        bytes[^3] ^= 1; // in the signature
        Assert.Equal(400, (int)(await EnrolAsync(rig, code.Code, new string(PemEncoding.Write("CERTIFICATE REQUEST", bytes)))).StatusCode);
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused_and_a_new_code_lets_in_again()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        using var first = await CertificateAsync(rig, technician, "gw-1");
        var trust = rig.Identity.Trust;
        var identity = trust.Authenticate(first, out _)!;
        var told = new List<string>();
        trust.Revoked += told.Add;
        Assert.True(trust.IsCurrent(identity));
        using (var answer = await technician.PostAsync("/api/v1/gateways/gw-1/revoke"))
        {
            Assert.Equal(1, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("revoked").GetInt32());
        }

        Assert.False(trust.IsCurrent(identity));
        Assert.Equal(["gw-1"], told);
        Assert.Null(trust.Authenticate(first, out var why));
        Assert.Equal("certificate revoked", why);
        using var second = await CertificateAsync(rig, technician, "gw-1");
        Assert.NotNull(trust.Authenticate(second, out _));
    }

    internal static async Task<X509Certificate2> CertificateAsync(ApiRig rig, Person technician, string gateway)
    {
        using var answer = await EnrolAsync(rig, (await CodeAsync(technician, gateway)).Code, Request());
        return X509Certificate2.CreateFromPem((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("certificate").GetString());
    }

    internal static string Request(bool forged = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(forged ? "CN=gw-2" : "CN=anything", key, HashAlgorithmName.SHA256);
        if (forged)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri("urn:smartcity:gateway:gw-2"));
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        }

        return request.CreateSigningRequestPem();
    }

    internal static async Task<(string Code, string Fingerprint)> CodeAsync(Person technician, string gateway)
    {
        using var answer = await technician.PostAsync("/api/v1/gateways", $$"""{"id":"{{gateway}}"}""");
        Assert.Equal(201, (int)answer.StatusCode);
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (reply.GetProperty("code").GetString()!, reply.GetProperty("caFingerprint").GetString()!);
    }

    private static Task<HttpResponseMessage> EnrolAsync(ApiRig rig, string code, string csr, string? gateway = null) =>
        rig.Client.PostAsJsonAsync("/api/v1/enrol", new { gateway, code, csr });

    private static async Task<int> StatusAsync(ApiRig rig, string code, string? gateway = null)
    {
        using var answer = await EnrolAsync(rig, code, Request(), gateway);
        return (int)answer.StatusCode;
    }
}
