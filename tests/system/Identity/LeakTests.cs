using System.Net;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Strangers;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Identity;

/// <summary><c>--open</c> opens for trying things, and nothing else: what passes between the server and a gateway stays theirs, and the door is on this machine.</summary>
public sealed class LeakTests(OpenCity open) : IClassFixture<OpenCity>
{
    [Fact]
    public async Task An_open_server_says_no_stranger_what_it_says_a_gateway()
    {
        await using var server = await ServerProcess.StartAsync("--open", "--mqtts", "0", "--one-time-login");
        using var admin = await Administrator.SignInAsync(server);
        using var root = CityPki.RootOf(server.Data);
        using var certificate = await CityPki.EnrolAsync(admin, server.Client, "gw-a");
        await admin.DeviceAsync("lamp-a", "streetlight", "gw-a");
        await using var gateway = await (await Wire.TlsAsync(server.MqttsPort, root, certificate)).AcceptedAsync("gw-a");

        // Everything a stranger can think of, under a name of its own and under the gateway's.
        List<Wire> strangers = [];
        foreach (var clientId in (string[])["curious", "gw-a"])
        {
            var wire = await (await Wire.PlainAsync(server.MqttPort)).AcceptedAsync(clientId);
            strangers.Add(wire);
            foreach (var filter in (string[])
                ["#", "+/#", "city/#", "city/v1/#", "city/v1/+/+", "city/v1/gw-a/#", "city/v1/gw-a/+", "$share/g/#", "$share/h/city/v1/gw-a/#", "city/v1/gw-a/desired/#", "city/v1/gw-a/command/#"])
            {
                Assert.True(await wire.SubscribeAsync(filter) is ReasonCode.GrantedQos1 or ReasonCode.NotAuthorized, filter);
            }

            foreach (var filter in (string[])
                ["city/v1/gw-a/desired", "city/v1/gw-a/command", "city/v1/+/desired", "city/v1/+/command", "$share/g/city/v1/gw-a/desired", "$share/g/city/v1/+/command"])
            {
                Assert.Equal(ReasonCode.NotAuthorized, await wire.SubscribeAsync(filter));
            }

            foreach (var topic in (string[])["city/v1/gw-a/desired", "city/v1/gw-a/command"])
            {
                Assert.Equal(ReasonCode.NotAuthorized, await wire.PublishAsync(topic, "{\"forged\":true}", retain: true));
            }
        }

        Assert.Equal(ReasonCode.GrantedQos1, await gateway.SubscribeAsync("city/v1/gw-a/desired"));
        Assert.Equal("city/v1/gw-a/desired", (await gateway.DeliveryAsync()).Topic);
        Assert.Equal(ReasonCode.GrantedQos1, await gateway.SubscribeAsync("city/v1/gw-a/command"));
        await admin.DoAsync(HttpMethod.Post, "/api/v1/devices/lamp-a/commands", new { command = new { type = "identify" } });
        var command = await gateway.DeliveryAsync();
        Assert.Equal("city/v1/gw-a/command", command.Topic);
        await admin.DoAsync(HttpMethod.Put, "/api/v1/devices/lamp-a", new { kind = "streetlight", gateway = "gw-a", thresholds = new { rated_w = 50 } });
        Assert.Equal("city/v1/gw-a/desired", (await gateway.DeliveryAsync()).Topic);

        // A result under the gateway's ClientID is a stranger's word all the same.
        var id = System.Text.Json.JsonElement.Parse(command.Payload).GetProperty("id").GetString();
        await strangers[1].PublishAsync("city/v1/gw-a/command/result", $"{{\"id\":\"{id}\",\"status\":\"done\"}}");
        var commands = await admin.DoAsync(HttpMethod.Get, "/api/v1/commands");
        Assert.Equal("sent", commands.GetProperty("items")[0].GetProperty("status").GetString());
        Assert.Equal(1, await Until.FigureAsync(server.Client, "command_results_foreign_total"));

        foreach (var stranger in strangers)
        {
            // Whatever was routed before this arrives before it.
            Assert.NotNull(await stranger.PublishAsync("a/last/word", "end"));
            Assert.True(await stranger.IsAliveAsync());
            Assert.Contains(stranger.Delivered, d => d.Topic == "a/last/word");
            Assert.DoesNotContain(stranger.Delivered, d => d.Topic is "city/v1/gw-a/desired" or "city/v1/gw-a/command");
            await stranger.DisposeAsync();
        }

        Assert.True(await gateway.IsAliveAsync());
        Assert.Empty(gateway.Delivered);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("X-Forwarded-Host", "city.example")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "203.0.113.7")]
    [InlineData("Host", "city.example")]
    [InlineData("Host", "127.0.0.1.city.example")]
    [InlineData("Host", "2130706433.example:80")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task An_open_server_is_shut_behind_a_proxy_and_to_other_sites(string header, string value)
    {
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, "/api/v1/devices"), (HttpMethod.Post, "/api/v2/write"), (HttpMethod.Get, "/metrics"), (HttpMethod.Get, "/api/v1/events")])
        {
            using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? new StringContent("environment_station,device=x temperature_celsius=1") : null };
            if (header == "Host")
            {
                request.Headers.Host = value;
            }
            else
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }

            using var answer = await open.Server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }
}
