using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Peers;

namespace SmartCity.Ingest.Tests.Peers;

/// <summary>Who is answered, and who is believed.</summary>
public sealed class PeerProofTests
{
    [Fact]
    public async Task Two_servers_of_one_city_know_each_other_by_their_certificates()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("lamp-1");
        rig["south"].Hear("lamp-1", ("power_w", 40));
        var mirror = await rig["north"].AskAsync("south");
        Assert.Null(mirror.Trouble);
        Assert.False(mirror.IsAway);
        Assert.Equal((40, "1.2.3", 3), (rig["north"].Live.Newest("lamp-1", "power_w")!.Value.Value, mirror.Status!.Version, mirror.Status.QuarantineRows));
        Assert.Equal("it stands", Assert.Single(mirror.Status.Faults).Message);
    }

    [Fact]
    public async Task A_server_of_another_city_is_not_believed_and_gets_nothing()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        var stranger = await rig.AddAsync("west", ca: "its own");
        Assert.Contains("certificate", (await rig["north"].AskAsync("west")).Trouble!, StringComparison.Ordinal);
        Assert.NotNull((await stranger.AskAsync("south")).Trouble);
    }

    [Fact]
    public async Task A_server_that_stands_at_anothers_address_is_not_believed()
    {
        await using var rig = await PeerRig.StartAsync("north", "south", "west");
        rig["west"].Url = rig["south"].Url;
        Assert.Contains("not the server of that name", (await rig["north"].AskAsync("west")).Trouble!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_no_certificate_is_not_asked_for_one_and_finds_no_such_page()
    {
        await using var rig = await PeerRig.StartAsync("north");
        var asked = false;
        using var browser = Client(rig["north"], options => options.LocalCertificateSelectionCallback = (_, _, _, remote, _) =>
        {
            asked |= remote is not null; // before the handshake there is none
            return null!;
        });
        Assert.Equal("hello", await browser.GetStringAsync("/open"));
        Assert.False(asked);
        using var answer = await browser.GetAsync(PeerEndpoint.Path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        using var named = new HttpRequestMessage(HttpMethod.Get, PeerEndpoint.Path) { Headers = { Host = PeerTls.Host } };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => browser.SendAsync(named)); // who says that name must prove it
    }

    [Fact]
    public async Task A_gateways_certificate_opens_nothing_between_servers_nor_a_servers_a_gateways_door()
    {
        await using var rig = await PeerRig.StartAsync("north");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using var signed = rig["north"].Ca.SignGateway(request, "gw-1");
        using var gateway = signed.CopyWithPrivateKey(key);
        Assert.Null(rig["north"].Ca.ServerOf(gateway));
        using var client = Client(rig["north"], options => options.ClientCertificates = [gateway]);
        using var named = new HttpRequestMessage(HttpMethod.Get, PeerEndpoint.Path) { Headers = { Host = PeerTls.Host } };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.SendAsync(named));

        var server = rig["north"].Ca.PeerCertificate("north");
        Assert.Null(rig["north"].Ca.GatewayOf(server, out var reason));
        Assert.Equal("certificate names no gateway", reason);
    }

    [Theory]
    [InlineData("ioc-1.thanhhoa.example")]
    [InlineData("Máy chủ 1")]
    public void A_servers_certificate_names_it_whatever_its_host_is_called(string name)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-peers-").FullName;
        using (var ca = CityCa.OpenOrCreate(Path.Combine(folder, "ca"), TimeProvider.System))
        {
            var certificate = ca.PeerCertificate(name);
            Assert.Equal(name, ca.ServerOf(certificate));
            Assert.Same(certificate, ca.PeerCertificate(name));
            Assert.False(File.Exists(Path.Combine(folder, "ca", "server.pem")));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static HttpClient Client(PeerRig.Server server, Action<SslClientAuthenticationOptions> tls)
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
        tls(options);
        return new HttpClient(new SocketsHttpHandler { SslOptions = options }) { BaseAddress = new Uri(server.Url!) };
    }
}
