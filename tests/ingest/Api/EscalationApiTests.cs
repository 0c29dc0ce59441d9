using System.Net.Http.Json;
using System.Text.Json;

namespace SmartCity.Ingest.Tests.Api;

public sealed class EscalationApiTests
{
    [Fact]
    public async Task The_rules_have_the_form_of_the_contract_and_are_changed_by_an_administrator()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        var rules = await admin.ReadAsync("/api/v1/escalation");
        Assert.Equal(0, rules.GetProperty("revision").GetInt64());
        var fire = rules.GetProperty("rules").GetProperty("fire");
        Assert.Equal((60, 60, JsonValueKind.Null), (fire.GetProperty("afterSeconds").GetInt32(), fire.GetProperty("everySeconds").GetInt32(), fire.GetProperty("rota").ValueKind));
        using var put = await admin.SendAsync(HttpMethod.Put, "/api/v1/escalation", """{"revision":0,"rules":{"fire":{"afterSeconds":30,"everySeconds":45,"rota":null},"silence":null}}""");
        Assert.Equal(200, (int)put.StatusCode);
        Assert.Equal(1, (await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("revision").GetInt64());
        using var late = await admin.SendAsync(HttpMethod.Put, "/api/v1/escalation", """{"revision":0,"rules":{}}""");
        Assert.Equal(409, (int)late.StatusCode);
        Assert.Equal("admin", (await late.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("by").GetString());
    }

    [Fact]
    public async Task A_fire_always_escalates_whatever_the_rules_leave_out()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        using (var nothing = await admin.SendAsync(HttpMethod.Put, "/api/v1/escalation", """{"rules":{}}"""))
        {
            var rules = (await nothing.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("rules");
            Assert.Equal([60, 60], new[] { "fire", "fire-prealarm" }.Select(k => rules.GetProperty(k).GetProperty("afterSeconds").GetInt32()));
        }

        using var general = await admin.SendAsync(
            HttpMethod.Put, "/api/v1/escalation", """{"rules":{"*critical":{"afterSeconds":90,"everySeconds":90},"*major":{"afterSeconds":900,"everySeconds":900}}}""");
        var after = (await general.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("rules");
        Assert.False(after.TryGetProperty("fire", out _));
        Assert.True(after.TryGetProperty("fire-prealarm", out _));
    }

    [Theory]
    [InlineData("""{"rules":{"fire":null}}""", 400)]
    [InlineData("""{"rules":{"fire-prealarm":null}}""", 400)]
    [InlineData("""{"rules":{"fire":{"afterSeconds":601,"everySeconds":60}}}""", 400)]
    [InlineData("""{"rules":{"*minor":{"afterSeconds":10,"everySeconds":86400}}}""", 200)]
    [InlineData("""{"rules":{"fire":{"afterSeconds":9,"everySeconds":60}}}""", 400)]
    [InlineData("""{"rules":{"fire":{"afterSeconds":60,"everySeconds":86401}}}""", 400)]
    [InlineData("""{"rules":{"fire":{"afterSeconds":60}}}""", 400)]
    [InlineData("""{"rules":{"fire":{"afterSeconds":60,"everySeconds":60,"rota":"nobody"}}}""", 400)]
    [InlineData("""{"rules":{"*worst":{"afterSeconds":60,"everySeconds":60}}}""", 400)]
    [InlineData("""{"rules":{"Fire":{"afterSeconds":60,"everySeconds":60}}}""", 400)]
    [InlineData("""{"rules":null}""", 400)]
    [InlineData("{}", 400)]
    public async Task Wrong_rules_are_named(string body, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await (await rig.SignInAsync("admin")).SendAsync(HttpMethod.Put, "/api/v1/escalation", body);
        Assert.Equal(status, (int)answer.StatusCode);
    }
}
