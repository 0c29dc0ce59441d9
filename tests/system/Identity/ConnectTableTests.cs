using SmartCity.Mqtt;

namespace SmartCity.SystemTests.Identity;

/// <summary>Every certificate × ClientID, and every credential: who is let in, and in which words the others are refused.</summary>
public sealed class ConnectTableTests(GuardedCity city) : IClassFixture<GuardedCity>
{
    private static readonly string[] ClientIds = ["gw-a", "gw-a.alarm", "gw-b", "gw-b.alarm", "gw-a.other", "GW-A", "", "listener"];

    [Theory]
    [InlineData(ProtocolVersion.V500)]
    [InlineData(ProtocolVersion.V311)]
    public async Task Each_certificate_opens_its_own_two_ClientIDs_and_no_other(ProtocolVersion version)
    {
        var before = await city.FigureAsync("mqtt_refused_connects_total");
        var (cases, refused) = (0, 0);
        List<string> wrong = [];
        foreach (var (name, _) in city.Certificates)
        {
            foreach (var clientId in ClientIds)
            {
                cases++;
                await using var wire = await city.OpenAsync(name, version);
                var ack = await wire.ConnectAsync(clientId);
                var expected = Expected(name, clientId);
                refused += expected == ReasonCode.Success ? 0 : 1;
                if (ack is null || ack.Reason != expected || (version == ProtocolVersion.V500 && expected != ReasonCode.Success && string.IsNullOrEmpty(ack.ReasonString)))
                {
                    wrong.Add($"{name} as '{clientId}': {ack?.Reason.ToString() ?? "closed"} '{ack?.ReasonString}', expected {expected}");
                }
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(before + refused, await city.FigureAsync("mqtt_refused_connects_total"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} certificates × ClientIDs in {version}, {refused} refused");
    }

    [Theory]
    [InlineData(ProtocolVersion.V500)]
    [InlineData(ProtocolVersion.V311)]
    public async Task Without_a_certificate_only_readers_come_in(ProtocolVersion version)
    {
        var (revokedId, revoked) = await city.Admin.KeyAsync("withdrawn", "mqtt:read");
        await city.Admin.DoAsync(HttpMethod.Delete, $"/api/v1/keys/{revokedId}");
        var (_, write) = await city.Admin.KeyAsync("writes only", "write:*", "read");
        (string Who, Func<ConnectPacket, ConnectPacket> With, ReasonCode Expected)[] table =
        [
            ("nobody", c => c, ReasonCode.NotAuthorized),
            ("a key with mqtt:read", c => GuardedCity.WithKey(c, city.ReaderKey), ReasonCode.Success),
            ("a key without mqtt:read", c => GuardedCity.WithKey(c, write), ReasonCode.BadUserNameOrPassword),
            ("a revoked key", c => GuardedCity.WithKey(c, revoked), ReasonCode.BadUserNameOrPassword),
            ("a key that was never made", c => GuardedCity.WithKey(c, "sck_" + new string('A', 43)), ReasonCode.BadUserNameOrPassword),
            ("a key's first half", c => GuardedCity.WithKey(c, city.ReaderKey[..20]), ReasonCode.BadUserNameOrPassword),
            ("a user with their password", c => GuardedCity.WithPassword(c, "listener", GuardedCity.Password), ReasonCode.Success),
            ("a user with another", c => GuardedCity.WithPassword(c, "listener", GuardedCity.Password + "!"), ReasonCode.BadUserNameOrPassword),
            ("a user without a password", c => c with { Username = "listener" }, ReasonCode.BadUserNameOrPassword),
            ("a user that is not there", c => GuardedCity.WithPassword(c, "nobody", GuardedCity.Password), ReasonCode.BadUserNameOrPassword),
            ("the administrator, who has no password", c => GuardedCity.WithPassword(c, "admin", ""), ReasonCode.BadUserNameOrPassword),
            ("an injection", c => GuardedCity.WithPassword(c, "listener' OR '1'='1", "' OR '1'='1"), ReasonCode.BadUserNameOrPassword),
        ];
        foreach (var (who, with, expected) in table)
        {
            // Over TLS and over the plain port on loopback alike.
            await using var tls = await city.OpenAsync(null, version);
            await using var plain = await Wire.PlainAsync(city.Server.MqttPort, version);
            foreach (var wire in (Wire[])[tls, plain])
            {
                var ack = await wire.ConnectAsync("listener-1", with);
                Assert.True(ack?.Reason == expected, $"{who}: {ack?.Reason.ToString() ?? "closed"}, expected {expected}");
            }
        }
    }

    [Fact]
    public async Task A_clients_certificate_makes_the_server_fetch_nothing()
    {
        // A certificate may say where its issuer is to be had: a server that went there would go wherever a stranger sends it.
        using var elsewhere = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        elsewhere.Start();
        using var foreign = CityPki.ForeignRoot();
        using var certificate = CityPki.Issue(foreign, ["urn:smartcity:gateway:gw-a"], issuerAt: $"http://127.0.0.1:{((System.Net.IPEndPoint)elsewhere.LocalEndpoint).Port}/issuer.crt");
        await using var wire = await Wire.TlsAsync(city.Server.MqttsPort, city.Root, certificate);
        Assert.Equal(ReasonCode.NotAuthorized, (await wire.ConnectAsync("gw-a"))?.Reason);
        Assert.False(elsewhere.Pending());
    }

    [Fact]
    public async Task A_ClientID_is_taken_over_by_its_own_certificate_alone()
    {
        await using var first = await city.GatewayAsync("gw-a");
        await first.SubscribeAsync("city/v1/gw-a/command");

        // Stolen: by another gateway, by a reader with its credentials and a wish to resume, by nobody at all.
        await using var other = await city.OpenAsync("gw-b");
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, (await other.ConnectAsync("gw-a"))?.Reason);
        await using var reader = await city.OpenAsync(null);
        var ack = await reader.ConnectAsync("gw-a", c => GuardedCity.WithKey(c, city.ReaderKey) with { CleanStart = false, SessionExpiryInterval = 3600 });
        Assert.Equal((ReasonCode.Success, false), (ack!.Reason, ack.SessionPresent));
        await using var nobody = await city.OpenAsync(null);
        Assert.Equal(ReasonCode.NotAuthorized, (await nobody.ConnectAsync("gw-a"))?.Reason);
        Assert.True(await first.IsAliveAsync());

        // The gateway still hears its commands, and the reader of the same ClientID does not.
        await city.Admin.DoAsync(HttpMethod.Post, "/api/v1/devices/lamp-a/commands", new { command = new { type = "identify" } });
        Assert.Equal("city/v1/gw-a/command", (await first.DeliveryAsync()).Topic);
        Assert.True(await reader.IsAliveAsync());
        Assert.Empty(reader.Delivered);

        // Two readers do not take each other's session either.
        await using var user = await city.OpenAsync(null);
        await user.AcceptedAsync("gw-a", c => GuardedCity.WithPassword(c, "listener", GuardedCity.Password));
        Assert.True(await reader.IsAliveAsync());

        // The same certificate does, with the reason that says so.
        await using var second = await city.GatewayAsync("gw-a");
        Assert.Equal(ReasonCode.SessionTakenOver, await first.EndAsync());
        Assert.True(await second.IsAliveAsync());
    }

    [Theory]
    [InlineData("gw-a", "city/v1/gw-b/state", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/gw-a/telemetry", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/gw-a/alarm", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/gw-a/desired", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/gw-a/command", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/gw-a/command/result", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/alerts/fire", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "anything", ReasonCode.NotAuthorized)]
    [InlineData("gw-a.alarm", "city/v1/gw-a/state", ReasonCode.NotAuthorized)]
    [InlineData("gw-a.alarm", "city/v1/gw-a/alarm", ReasonCode.NotAuthorized)]
    [InlineData("gw-a", "city/v1/gw-a/state", ReasonCode.Success)]
    public async Task A_will_says_a_gateways_own_state_and_nothing_else(string clientId, string topic, ReasonCode expected)
    {
        await using var reader = await city.ReaderAsync("watches-wills");
        await reader.SubscribeAsync("city/v1/+/state");
        await using var wire = await city.OpenAsync("gw-a");
        var ack = await wire.ConnectAsync(clientId, c => c with { Will = new WillMessage(topic, "{\"forged\":true}"u8.ToArray(), QualityOfService.AtLeastOnce, Retain: false) });
        Assert.Equal(expected, ack?.Reason);
        await wire.DisposeAsync();
        if (expected == ReasonCode.Success)
        {
            while ((await reader.DeliveryAsync()).Payload != "{\"forged\":true}")
            {
                // a state that was retained before
            }

            return;
        }

        // A gateway that says something afterwards: its word arrives, the will before it did not.
        await using var proper = await city.GatewayAsync("gw-b");
        await proper.PublishAsync("city/v1/gw-b/state", "{\"after\":true}");
        (string Topic, string Payload, bool Retain) heard;
        do
        {
            heard = await reader.DeliveryAsync();
            Assert.DoesNotContain("forged", heard.Payload, StringComparison.Ordinal);
        }
        while (heard.Payload != "{\"after\":true}");
    }

    private static ReasonCode Expected(string certificate, string clientId)
    {
        if (certificate is not ("gw-a" or "gw-b"))
        {
            return ReasonCode.NotAuthorized;
        }

        return clientId == certificate || clientId == certificate + ".alarm" ? ReasonCode.Success : ReasonCode.ClientIdentifierNotValid;
    }
}
