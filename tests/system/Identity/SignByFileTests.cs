using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Identity;

/// <summary><c>gateway sign</c>: the request of a gateway that has no network, as a file.</summary>
public sealed class SignByFileTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-sign-").FullName;

    private string City => Path.Combine(_folder, "city");

    private string Request => Path.Combine(_folder, "request");

    private string Answer => Path.Combine(_folder, "answer");

    public async ValueTask InitializeAsync() =>
        Assert.Equal(0, (await ServerProcess.CommandAsync(null, "gateway", "code", "gw-known", "--data", City)).ExitCode);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_request_becomes_a_certificate_of_its_key_and_both_fingerprints_are_shown()
    {
        var (key, csr) = CityPki.Request("CN=somebody-else");
        using (key)
        {
            await WriteAsync("gw-known", csr);
            var (exit, output, errors) = await SignAsync();
            Assert.Equal((0, ""), (exit, errors));
            Assert.Contains("key-fingerprint: ", output, StringComparison.Ordinal);
            Assert.Contains("ca-fingerprint: sha256:", output, StringComparison.Ordinal);
            var answer = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Answer));
            Assert.Equal(("smartcity-enrol-answer/1", "gw-known"), (answer.GetProperty("format").GetString(), answer.GetProperty("gateway").GetString()));
            using var certificate = X509Certificate2.CreateFromPem(answer.GetProperty("certificate").GetString());
            Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
            Assert.Equal("CN=gw-known", certificate.Subject);
        }
    }

    [Fact]
    public async Task A_gateway_that_is_not_registered_is_only_signed_when_that_is_meant()
    {
        var (key, csr) = CityPki.Request();
        using (key)
        {
            await WriteAsync("gw-new", csr);
            var refused = await SignAsync();
            Assert.Equal(1, refused.Exit);
            Assert.Contains("--register", refused.Errors, StringComparison.Ordinal);
            Assert.False(File.Exists(Answer));
            Assert.Equal(0, (await SignAsync("--register")).Exit);
        }
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"format":"smartcity-enrol-request/1","gateway":"../x","csr":"y"}""")]
    [InlineData("""{"format":"smartcity-enrol-request/1","gateway":"gw-known","csr":"no request"}""")]
    public async Task What_is_no_request_is_told_so(string text)
    {
        await File.WriteAllTextAsync(Request, text);
        var (exit, _, errors) = await SignAsync();
        Assert.Equal(1, exit);
        Assert.Contains("request", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Answer));
    }

    private Task WriteAsync(string gateway, string csr) =>
        File.WriteAllTextAsync(Request, JsonSerializer.Serialize(new { format = "smartcity-enrol-request/1", gateway, csr, keyFingerprint = "" }));

    private async Task<(int Exit, string Output, string Errors)> SignAsync(params string[] more) =>
        await ServerProcess.CommandAsync(null, ["gateway", "sign", "--data", City, "--request", Request, "--out", Answer, .. more]);
}
