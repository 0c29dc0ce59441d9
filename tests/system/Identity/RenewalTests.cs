using System.Collections.Concurrent;
using System.Net.Http.Json;
using SmartCity.Edge;
using SmartCity.Edge.Enrolment;
using SmartCity.Edge.Tls;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Identity;

/// <summary>A real gateway at a real server: enrolled by fingerprint alone, and with a certificate that ends soon.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task A_gateway_enrols_by_fingerprint_alone_and_renews_before_its_certificate_ends()
    {
        await using var server = await ServerProcess.StartAsync("--mqtts", "0", "--https", "0", "--one-time-login");
        using var admin = await Administrator.SignInAsync(server);
        var https = new UriBuilder(server.Addresses["https"]) { Host = "localhost" }.Uri;
        var home = Directory.CreateTempSubdirectory("smartcity-renewal-").FullName;
        try
        {
            var code = await admin.DoAsync(HttpMethod.Post, "/api/v1/gateways", new { id = "gw-a" });
            var files = await Enroller.EnrolAsync(
                https, "gw-a", code.GetProperty("code").GetString()!, code.GetProperty("caFingerprint").GetString()!, null, home, CancellationToken.None);
            await admin.DeviceAsync("lamp-a", "streetlight", "gw-a");

            // The city's own hand makes one that ends in six hours of thirty.
            using var root = CityPki.RootOf(server.Data);
            using var ending = CityPki.Issue(root, ["urn:smartcity:gateway:gw-a"], expired: -TimeSpan.FromHours(6));
            using (var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(ending)!)
            {
                new CertificatePair(files.Certificate, files.Key).Replace(ending.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
            }

            var notices = new ConcurrentQueue<string>();
            var options = new GatewayOptions
            {
                Gateway = "gw-a",
                Directory = Path.Combine(home, "data"),
                Servers = [new ServerEndpoint("localhost", server.MqttsPort, Tls: true)],
                Certificate = CertificateFiles.Own(files.Certificate, files.Key),
                Authorities = CertificateFiles.Roots(files.Ca),
                CertificateFile = files.Certificate,
                KeyFile = files.Key,
                Https = [https],
                MinimumFreeBytes = 0,
                ReserveBytes = 0,
            };
            await using var gateway = Gateway.Start(options, new GatewayHooks { Notice = notices.Enqueue }, TimeProvider.System);
            await Until.TrueAsync(() => notices.Any(n => n.Contains("the certificate was renewed", StringComparison.Ordinal)), "the certificate was not renewed: " + string.Join(" | ", notices));
            using var renewed = CertificateFiles.Own(files.Certificate, files.Key);
            Assert.NotEqual(ending.SerialNumber, renewed.SerialNumber);
            Assert.True(renewed.NotAfter > DateTime.Now.AddDays(300));

            // Only the new one is let in from now on: a reading that arrives came with it.
            await Until.TrueAsync(() => gateway.Statistics.Connections >= 3 && gateway.IsConnected, "it did not connect anew");
            Assert.Equal(MeasureResult.Logged, gateway.Measure("streetlight", "lamp-a", [new MetricValue("power_w", 60)], DateTimeOffset.UtcNow));
            Assert.True(await gateway.DrainAsync(TimeSpan.FromSeconds(30)), string.Join('\n', notices));

            await admin.DoAsync(HttpMethod.Post, "/api/v1/gateways/gw-a/revoke");
            await Until.TrueAsync(() => !gateway.IsConnected, "a revoked gateway stayed connected with its renewed certificate");
            using var refused = await server.Client.PostAsJsonAsync("/api/v1/renew", new { gateway = "gw-a" });
            Assert.Equal(403, (int)refused.StatusCode);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
