using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Mqtt.Tests;

public sealed class TlsTests
{
    [Fact]
    public async Task The_owner_sees_the_certificate_and_without_one_nobody_comes_in()
    {
        using var ca = Authority("city");
        using var otherCa = Authority("elsewhere");
        using var server = Issue(ca, "localhost");
        using var gateway = Issue(ca, "gw-1");
        using var foreign = Issue(otherCa, "gw-1");
        await using var endpoint = await TestEndpoint.StartAsync(tls: server, clientCa: ca);
        using (var client = await OpenAsync(endpoint.Port, ca, gateway))
        {
            client.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V500, "gw-1", true, 0)));
            Assert.Equal(ReasonCode.Success, (await client.ReadConnAckAsync()).Reason);
            Assert.Equal("CN=gw-1", endpoint.Owner.LastConnect!.Certificate!.Subject);
            Assert.True(endpoint.Owner.LastConnect.IsTls);
            Assert.Equal("CN=gw-1", endpoint.Server.Find("gw-1")!.Certificate!.Subject);
            client.Publish("t", new string('x', 200_000), QualityOfService.ExactlyOnce, 1);
            Assert.Equal(1, (await client.ReadAckAsync(PacketType.PubRec)).Id);
            endpoint.Server.Find("gw-1")!.Disconnect(ReasonCode.AdministrativeAction);
            Assert.Equal(ReasonCode.AdministrativeAction, await client.ReadDisconnectAsync());
        }

        foreach (var wrong in new[] { null, foreign })
        {
            try
            {
                using var client = await OpenAsync(endpoint.Port, ca, wrong);
                client.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V500, "gw-1", true, 0)));
                await client.ReadEndAsync();
            }
            catch (Exception error) when (error is AuthenticationException or IOException)
            {
                continue; // TLS 1.2 says it in the handshake, 1.3 at the first read
            }
        }

        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.ConnectsAcceptedTotal]);
    }

    [Theory]
    [InlineData("311")]
    [InlineData("5")]
    public async Task Mosquitto_comes_in_with_its_certificate(string version)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mosquitto_pub"), "mosquitto-clients is not installed");
        using var ca = Authority("city");
        using var server = Issue(ca, "localhost");
        using var gateway = Issue(ca, "gw-1");
        await using var endpoint = await TestEndpoint.StartAsync(tls: server, clientCa: ca);
        var folder = Directory.CreateTempSubdirectory("mqtt-tls-");
        try
        {
            var caFile = Path.Combine(folder.FullName, "ca.pem");
            var certificateFile = Path.Combine(folder.FullName, "gw.pem");
            var keyFile = Path.Combine(folder.FullName, "gw.key");
            await File.WriteAllTextAsync(caFile, ca.ExportCertificatePem());
            await File.WriteAllTextAsync(certificateFile, gateway.ExportCertificatePem());
            await File.WriteAllTextAsync(keyFile, gateway.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            string[] arguments =
            [
                "-h", "localhost", "-p", endpoint.Port.ToString(), "-V", version, "-i", "gw-1", "-q", "2", "-t", "t", "-m", "x", "--insecure",
                "--cafile", caFile, "--cert", certificateFile, "--key", keyFile,
            ];
            using var program = Process.Start(new ProcessStartInfo("/usr/bin/mosquitto_pub", arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            var complaint = await program.StandardError.ReadToEndAsync().WaitAsync(TestEndpoint.Patience);
            await program.WaitForExitAsync().WaitAsync(TestEndpoint.Patience);
            Assert.True(program.ExitCode == 0, complaint);
            Assert.Equal("CN=gw-1", endpoint.Owner.LastConnect!.Certificate!.Subject);
            Assert.Single(endpoint.Owner.Published);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<RawClient> OpenAsync(int port, X509Certificate2 ca, X509Certificate2? own) =>
        RawClient.OpenAsync(port, ProtocolVersion.V500, async stream =>
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificates = own is null ? null : [own],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Issuer == ca.Subject,
            });
            return tls;
        });

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(90));
    }

    private static X509Certificate2 Issue(X509Certificate2 ca, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var issued = request.Create(ca, DateTimeOffset.UnixEpoch.AddYears(51), DateTimeOffset.UnixEpoch.AddYears(89), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
