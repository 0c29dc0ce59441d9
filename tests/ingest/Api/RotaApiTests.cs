using System.Text.Json;

namespace SmartCity.Ingest.Tests.Api;

public sealed class RotaApiTests
{
    private const string Rota = """
        {"name":"Trực IOC","members":[{"name":"An","phone":"+84 912 000 001","channel":"sms"},{"name":"Bình","phone":"+84 912 000 002","channel":"zalo"}],
         "start":"2026-09-01T00:00:00Z","turnHours":12,"overrides":[{"from":"2026-09-02T00:00:00Z","to":"2026-09-02T06:00:00Z","member":"Bình"}]}
        """;

    [Fact]
    public async Task A_rota_says_who_is_on_duty_who_is_next_and_what_the_week_looks_like()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        using (var made = await admin.SendAsync(HttpMethod.Put, "/api/v1/rotas/ioc", Rota))
        {
            Assert.Equal(200, (int)made.StatusCode);
        }

        var officer = await rig.SignInAsync("operator");
        var view = (await officer.ReadAsync("/api/v1/rotas")).GetProperty("items")[0];
        Assert.Equal(("An", "Bình", "+84 912 000 002"), (view.GetProperty("onCall").GetProperty("name").GetString(), view.GetProperty("next").GetProperty("name").GetString(), view.GetProperty("next").GetProperty("phone").GetString()));
        Assert.Equal(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero), view.GetProperty("changesAt").GetDateTimeOffset());
        var turns = (await officer.ReadAsync("/api/v1/rotas/ioc/turns?from=2026-09-01T00:00:00Z&to=2026-09-03T00:00:00Z")).GetProperty("items").EnumerateArray()
            .Select(t => (t.GetProperty("member").GetString(), t.GetProperty("from").GetDateTimeOffset().Day, t.GetProperty("from").GetDateTimeOffset().Hour, t.GetProperty("override").GetBoolean()));
        Assert.Equal([("An", 1, 0, false), ("Bình", 1, 12, false), ("Bình", 2, 0, true), ("An", 2, 6, false), ("Bình", 2, 12, false)], turns);
        using (var never = await officer.GetAsync("/api/v1/rotas/ioc/turns?from=9999-12-31T23:59:59.9999999Z"))
        {
            Assert.Equal(400, (int)never.StatusCode);
        }

        using (var stale = await admin.SendAsync(HttpMethod.Put, "/api/v1/rotas/ioc", Rota, revision: 7))
        {
            Assert.Equal(409, (int)stale.StatusCode);
        }

        const string Rules = """{"rules":{"fire":{"afterSeconds":60,"everySeconds":60,"rota":ROTA}}}""";
        using (var used = await admin.SendAsync(HttpMethod.Put, "/api/v1/escalation", Rules.Replace("ROTA", "\"ioc\"", StringComparison.Ordinal)))
        {
            Assert.Equal(200, (int)used.StatusCode);
        }

        using (var kept = await admin.SendAsync(HttpMethod.Delete, "/api/v1/rotas/ioc"))
        {
            Assert.Equal(409, (int)kept.StatusCode);
        }

        using (var free = await admin.SendAsync(HttpMethod.Put, "/api/v1/escalation", Rules.Replace("ROTA", "null", StringComparison.Ordinal)))
        {
            Assert.Equal(200, (int)free.StatusCode);
        }

        using (var gone = await admin.SendAsync(HttpMethod.Delete, "/api/v1/rotas/ioc"))
        {
            Assert.Equal(204, (int)gone.StatusCode);
        }

        Assert.Equal(0, (await officer.ReadAsync("/api/v1/rotas")).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("ioc", "\"turnHours\":12", "\"turnHours\":0", "turnHours")]
    [InlineData("ioc", "\"channel\":\"sms\"", "\"channel\":\"fax\"", "sms, call, zalo")]
    [InlineData("ioc", "\"member\":\"Bình\"", "\"member\":\"Cường\"", "overrides")]
    [InlineData("ioc", "\"name\":\"Bình\"", "\"name\":\"An\"", "twice")]
    [InlineData("IOC", "x", "x", "a-z")]
    [InlineData("ioc", "\"members\":[", "\"members\":[null,", "members")]
    public async Task A_rota_that_is_none_is_refused_with_words(string id, string replace, string with, string words)
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        using var answer = await admin.SendAsync(HttpMethod.Put, $"/api/v1/rotas/{id}", Rota.Replace(replace, with, StringComparison.Ordinal));
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(words, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.True(id == "IOC" || problem.GetProperty("field").GetString() is "turnHours" or "members" or "overrides");
    }
}
