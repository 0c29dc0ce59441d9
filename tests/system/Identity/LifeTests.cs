using System.Globalization;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Identity;

/// <summary>What happens to identities in the course of time: revoked while connected, replayed, withdrawn.</summary>
public sealed class LifeTests(GuardedCity city) : IClassFixture<GuardedCity>
{
    [Theory]
    [InlineData("http", ProtocolVersion.V500)]
    [InlineData("command line", ProtocolVersion.V311)]
    [InlineData("decommissioned", ProtocolVersion.V500)]
    public async Task A_revoked_certificate_ends_with_the_next_packet(string way, ProtocolVersion version)
    {
        var gateway = "gw-ends-" + way.Length;
        var device = "lamp-" + gateway;
        city.Certificates[gateway] = await CityPki.EnrolAsync(city.Admin, city.Server.Client, gateway);
        await city.Admin.DeviceAsync(device, "streetlight", gateway);
        await using var wire = await city.GatewayAsync(gateway, version: version);
        await using var alarm = await city.GatewayAsync(gateway, ".alarm", version);
        await using var bystander = await city.GatewayAsync("gw-b");
        Assert.Equal(ReasonCode.Success, await wire.PublishAsync($"city/v1/{gateway}/telemetry", Line(device, 1)));
        if (way == "http")
        {
            var revoked = await city.Admin.DoAsync(HttpMethod.Post, $"/api/v1/gateways/{gateway}/revoke");
            Assert.Equal(1, revoked.GetProperty("revoked").GetInt32());

            // The answer is given when it holds: the very next packet is not taken.
            Assert.Null(await wire.PublishAsync($"city/v1/{gateway}/telemetry", Line(device, 2)));
        }
        else if (way == "decommissioned")
        {
            await city.Admin.DoAsync(HttpMethod.Delete, $"/api/v1/gateways/{gateway}");
            Assert.Null(await wire.PublishAsync($"city/v1/{gateway}/telemetry", Line(device, 2)));
        }
        else
        {
            var (code, output, errors) = await ServerProcess.CommandAsync(null, "gateway", "revoke", gateway, "--data", city.Server.Data);
            Assert.True(code == 0, output + errors);
            Assert.Contains("1 certificate(s) revoked", output, StringComparison.Ordinal);

            // The running server notices another process's change by itself, and closes.
        }

        var goodbye = (await wire.EndAsync(), await alarm.EndAsync());
        Assert.Equal(version == ProtocolVersion.V500 ? (ReasonCode.NotAuthorized, ReasonCode.NotAuthorized) : (default(ReasonCode?), default(ReasonCode?)), goodbye);
        await using var again = await city.OpenAsync(gateway, version);
        Assert.Equal(ReasonCode.NotAuthorized, (await again.ConnectAsync(gateway))?.Reason);
        Assert.True(await bystander.IsAliveAsync());

        // What was acknowledged before is there, what came after is not.
        await Until.TrueAsync(async () => (await HistoryAsync(device)).Contains(1.0), () => "the reading from before is not in history");
        Assert.DoesNotContain(2.0, await HistoryAsync(device));
    }

    [Theory]
    [InlineData("key revoked")]
    [InlineData("user disabled")]
    [InlineData("password changed")]
    public async Task A_reader_whose_credentials_are_withdrawn_hears_no_more(string what)
    {
        var name = what.Replace(' ', '-');
        var (id, secret) = await city.Admin.KeyAsync(name, "mqtt:read");
        await city.Admin.DoAsync(HttpMethod.Put, $"/api/v1/users/{name}", new { roles = (string[])["viewer"], password = GuardedCity.Password });
        await using var wire = await city.OpenAsync(null);
        await wire.AcceptedAsync(name, c => what == "key revoked" ? GuardedCity.WithKey(c, secret) : GuardedCity.WithPassword(c, name, GuardedCity.Password));
        await using var other = await city.ReaderAsync("stays");
        Assert.Equal(ReasonCode.GrantedQos1, await wire.SubscribeAsync("city/v1/alerts/#"));
        Assert.True(await wire.IsAliveAsync());
        await (what switch
        {
            "key revoked" => city.Admin.DoAsync(HttpMethod.Delete, $"/api/v1/keys/{id}"),
            "user disabled" => city.Admin.DoAsync(HttpMethod.Put, $"/api/v1/users/{name}", new { roles = (string[])["viewer"], disabled = true }),
            _ => city.Admin.DoAsync(HttpMethod.Put, $"/api/v1/users/{name}", new { roles = (string[])["viewer"], password = GuardedCity.Password + " new" }),
        });
        Assert.Equal(ReasonCode.NotAuthorized, await wire.EndAsync());
        Assert.True(await other.IsAliveAsync());
    }

    private async Task<List<double>> HistoryAsync(string device)
    {
        var page = await city.Admin.DoAsync(HttpMethod.Get, $"/api/v1/devices/{device}/history?metric=power_w");
        return [.. page.GetProperty("items").EnumerateArray().Select(p => p.GetProperty("value").GetDouble())];
    }

    private static string Line(string device, int value) => string.Create(
        CultureInfo.InvariantCulture, $"streetlight,device={device} power_w={value} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000");
}
