using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Mqtt;

namespace SmartCity.SystemTests.Identity;

/// <summary>What passes between the server and one gateway: its desired document, its commands, its results; and nobody else's.</summary>
public sealed class DeskTests(GuardedCity city) : IClassFixture<GuardedCity>
{
    [Fact]
    public async Task Desired_comes_at_subscribe_and_again_when_the_registry_changes()
    {
        await using var other = await city.GatewayAsync("gw-b");
        await other.SubscribeAsync("city/v1/gw-b/desired");
        var others = JsonElement.Parse((await other.DeliveryAsync()).Payload).GetProperty("version").GetInt64();
        await using var wire = await city.GatewayAsync("gw-a");
        Assert.Equal(ReasonCode.GrantedQos1, await wire.SubscribeAsync("city/v1/gw-a/desired"));
        var first = await wire.DeliveryAsync();
        Assert.Equal("city/v1/gw-a/desired", first.Topic);
        var before = JsonElement.Parse(first.Payload);

        await city.Admin.DoAsync(HttpMethod.Put, "/api/v1/devices/lamp-a", new { kind = "streetlight", gateway = "gw-a", thresholds = new { rated_w = 77 } });
        var after = JsonElement.Parse((await wire.DeliveryAsync()).Payload);
        Assert.True(after.GetProperty("version").GetInt64() > before.GetProperty("version").GetInt64());
        Assert.Equal(77, after.GetProperty("devices").GetProperty("lamp-a").GetProperty("thresholds").GetProperty("rated_w").GetDouble());

        // What is another's business is not said, and nothing is said twice.
        Assert.True(await other.IsAliveAsync());
        Assert.Empty(other.Delivered);
        Assert.True(others > 0);
        Assert.DoesNotContain("lamp-b", after.GetRawText(), StringComparison.Ordinal);
        Assert.True(await wire.IsAliveAsync());
        Assert.Empty(wire.Delivered);
    }

    [Fact]
    public async Task What_a_gateway_reports_is_kept_before_it_is_acknowledged_and_shown_with_what_it_should_do()
    {
        await using var wire = await city.GatewayAsync("gw-a");
        await wire.SubscribeAsync("city/v1/gw-a/desired");
        var version = JsonElement.Parse((await wire.DeliveryAsync()).Payload).GetProperty("version").GetInt64();
        Assert.Equal(ReasonCode.Success, await wire.PublishAsync(
            "city/v1/gw-a/reported",
            $$"""{"version":{{version}},"lamps":{"lamp-a":{"target":40,"feedback":40.02,"actual":31.5,"actualAgeSeconds":3,"reason":"override","detail":"override match"} } }"""));
        var gateway = await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/gateways/gw-a");
        Assert.Equal((version, version), (gateway.GetProperty("desiredVersion").GetInt64(), gateway.GetProperty("reportedVersion").GetInt64()));
        var lamp = gateway.GetProperty("lamps")[0];
        Assert.Equal(
            ("lamp-a", 40, 40.02, 31.5, "override"),
            (lamp.GetProperty("id").GetString(), lamp.GetProperty("target").GetDouble(), lamp.GetProperty("feedback").GetDouble(), lamp.GetProperty("actual").GetDouble(), lamp.GetProperty("reason").GetString()));

        // What it refuses is shown beside what it has.
        await wire.PublishAsync("city/v1/gw-a/reported", $$$"""{"version":{{{version}}},"refused":{"version":{{{version + 1}}},"why":"timeZone: no such"}}""");
        gateway = await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/gateways/gw-a");
        Assert.Equal((version + 1, "timeZone: no such"), (gateway.GetProperty("refusedVersion").GetInt64(), gateway.GetProperty("refusedWhy").GetString()));
    }

    [Fact]
    public async Task Commands_are_sent_kept_for_who_is_away_answered_once_and_never_sent_late()
    {
        await using var wire = await city.GatewayAsync("gw-b");
        await wire.SubscribeAsync("city/v1/gw-b/command");
        Assert.True(await wire.IsAliveAsync());
        while (wire.Delivered.TryDequeue(out _))
        {
            // of other tests
        }

        var live = await CommandAsync("lamp-b", 60);
        var heard = JsonElement.Parse((await wire.DeliveryAsync()).Payload);
        Assert.Equal((live, "lamp-b", "identify"), (heard.GetProperty("id").GetString(), heard.GetProperty("device").GetString(), heard.GetProperty("command").GetProperty("type").GetString()));
        Assert.True(heard.GetProperty("expires").GetDateTimeOffset() > heard.GetProperty("issued").GetDateTimeOffset());
        Assert.Equal("admin", heard.GetProperty("by").GetString());

        // An answer for it from another gateway is no answer; nor is one under an id that was never sent.
        await using var foreign = await city.GatewayAsync("gw-a");
        var counted = await city.FigureAsync("command_results_foreign_total");
        Assert.Equal(ReasonCode.Success, await foreign.PublishAsync("city/v1/gw-a/command/result", Result(live, "failed")));
        Assert.Equal(ReasonCode.Success, await wire.PublishAsync("city/v1/gw-b/command/result", Result("ffffffffffffffffffffffffffffffff", "done")));
        Assert.Equal(counted + 2, await city.FigureAsync("command_results_foreign_total"));
        Assert.Equal("sent", await StatusAsync(live));
        Assert.Equal(ReasonCode.Success, await wire.PublishAsync("city/v1/gw-b/command/result", Result(live, "done")));
        Assert.Equal("done", await StatusAsync(live));
        Assert.Equal(ReasonCode.Success, await wire.PublishAsync("city/v1/gw-b/command/result", Result(live, "failed")));
        Assert.Equal("done", await StatusAsync(live));
        Assert.Equal(counted + 3, await city.FigureAsync("command_results_foreign_total"));

        // Away: what waits comes at SUBSCRIBE, what has expired never does.
        await wire.DisposeAsync();
        await Until.TrueAsync(async () => (await city.FigureAsync("gateways_listening")) == 0, () => "the server still thinks that gw-b listens");
        var shortLived = await CommandAsync("lamp-b", 1);
        var waits = await CommandAsync("lamp-b", 600);
        await Until.TrueAsync(async () => DateTimeOffset.UtcNow > (await CommandsAsync()).First(c => c.GetProperty("id").GetString() == shortLived).GetProperty("expires").GetDateTimeOffset(), () => "time stands still");
        await using var back = await city.GatewayAsync("gw-b");
        await back.SubscribeAsync("city/v1/gw-b/command");
        Assert.Equal(waits, JsonElement.Parse((await back.DeliveryAsync()).Payload).GetProperty("id").GetString());
        Assert.True(await back.IsAliveAsync());
        Assert.Empty(back.Delivered);
        Assert.Equal("expired", await StatusAsync(shortLived));
    }

    [Fact]
    public async Task Of_many_that_enrol_with_one_code_at_once_one_is_enrolled()
    {
        var code = (await city.Admin.DoAsync(HttpMethod.Post, "/api/v1/gateways", new { id = "gw-race" })).GetProperty("code").GetString();
        var (key, csr) = CityPki.Request();
        using (key)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
            {
                using var answer = await city.Server.Client.PostAsJsonAsync("/api/v1/enrol", new { code, csr });
                return answer.StatusCode;
            }));
            Assert.Single(answers, HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task A_key_for_one_device_raises_no_alarm_of_another_though_nobody_registered_it()
    {
        var (_, narrow) = await city.Admin.KeyAsync("narrow", "write:lamp-a");
        foreach (var device in (string[])["fire-a", "fire-nowhere"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/write")
            {
                Content = new StringContent($"fire_detector,device={device} loop_state=3i"),
                Headers = { { "Authorization", "Token " + narrow } },
            };
            using var answer = await city.Server.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("not-allowed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        // Nor does a gateway speak for another's detector on its own alarm connection.
        await using var other = await city.GatewayAsync("gw-b", ".alarm");
        Assert.Equal(ReasonCode.Success, await other.PublishAsync("city/v1/gw-b/alarm", "fire_detector,device=fire-a loop_state=3i"));
        var alerts = await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/alerts");
        Assert.DoesNotContain("fire-", alerts.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reported", "not json")]
    [InlineData("reported", "{\"version\":\"one\"}")]
    [InlineData("reported", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    [InlineData("command/result", "{}")]
    [InlineData("command/result", "{\"id\":7,\"status\":\"done\"}")]
    [InlineData("command/result", "{\"id\":\"x\",\"status\":\"perhaps\"}")]
    [InlineData("command/result", "\"x\"")]
    [InlineData("command/result", "")]
    public async Task A_document_that_cannot_be_read_is_counted_and_hurts_nobody(string topic, string payload)
    {
        await using var wire = await city.GatewayAsync("gw-a");
        var before = await city.FigureAsync("documents_bad_total");
        Assert.Equal(ReasonCode.Success, await wire.PublishAsync("city/v1/gw-a/" + topic, payload));
        Assert.Equal(before + 1, await city.FigureAsync("documents_bad_total"));
        Assert.True(await wire.IsAliveAsync());
    }

    private async Task<string> CommandAsync(string device, int seconds) => (await city.Admin.DoAsync(
        HttpMethod.Post, $"/api/v1/devices/{device}/commands", new { command = new { type = "identify" }, expiresInSeconds = seconds })).GetProperty("id").GetString()!;

    private async Task<List<JsonElement>> CommandsAsync() =>
        [.. (await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/commands?device=lamp-b")).GetProperty("items").EnumerateArray()];

    private async Task<string?> StatusAsync(string id) => (await CommandsAsync()).First(c => c.GetProperty("id").GetString() == id).GetProperty("status").GetString();

    private static string Result(string id, string status) => JsonSerializer.Serialize(new { id, status, detail = "the lamp has blinked" });
}
