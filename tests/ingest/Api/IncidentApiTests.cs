using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Api;

public sealed class IncidentApiTests
{
    [Fact]
    public async Task An_incident_has_every_field_of_the_contract()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits { Zones = [new() { Id = "z-1", Name = "Chợ Vườn Hoa", Runbook = "run", Phones = [new ZonePhone("Lan", "+84 237 3852 114", "warden")] }] }, "test", CancellationToken.None);
        await rig.RaiseAsync(BookRig.Change("a1"));
        var viewer = await rig.SignInAsync("viewer");
        string[] fields =
        [
            "id", "place", "zone", "zoneName", "category", "severity", "state", "waiting", "open", "alerts", "devices", "kinds", "openedAt", "lastAt",
            "closedAt", "test", "escalation", "revision", "lead",
        ];
        var line = Assert.Single((await viewer.ReadAsync("/api/v1/incidents")).GetProperty("items").EnumerateArray());
        Assert.Equal(fields.Order(StringComparer.Ordinal), line.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Chợ Vườn Hoa", line.GetProperty("zoneName").GetString());
        Assert.Equal(1, line.GetProperty("kinds").GetProperty("fire").GetInt32());
        Assert.Equal("a1", line.GetProperty("lead").GetProperty("id").GetString());

        var shown = await viewer.ReadAsync($"/api/v1/incidents/{line.GetProperty("id").GetString()}");
        Assert.Equal(0, shown.GetProperty("card").GetProperty("phones").GetArrayLength());
        var one = await (await rig.SignInAsync("operator")).ReadAsync($"/api/v1/incidents/{line.GetProperty("id").GetString()}");
        Assert.All([.. fields, "alertList", "timeline", "deviceIds", "card"], f => Assert.True(one.TryGetProperty(f, out _), f));
        Assert.Equal("run", one.GetProperty("card").GetProperty("runbook").GetString());
        Assert.Equal("Lan", one.GetProperty("card").GetProperty("phones")[0].GetProperty("name").GetString());
        Assert.Equal("open", one.GetProperty("state").GetString());
        var step = Assert.Single(one.GetProperty("timeline").EnumerateArray());
        Assert.Equal(("a1", "smoke-1", "raised"), (step.GetProperty("alert").GetString(), step.GetProperty("device").GetString(), step.GetProperty("what").GetString()));
    }

    [Fact]
    public async Task Nobody_acknowledges_what_has_not_happened_yet()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1"));
        var officer = await rig.SignInAsync("operator");
        using var answer = await officer.PostAsync("/api/v1/incidents/a1/acknowledge", revision: 2);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal("raised", (await officer.ReadAsync("/api/v1/alerts/a1")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Of_two_officers_at_one_incident_the_second_hears_who_was_first()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1"), BookRig.Change("a2", device: "smoke-2"));
        var (lan, minh) = (await rig.SignInAsync("operator", "lan"), await rig.SignInAsync("operator", "minh"));
        var answers = await Task.WhenAll(
            lan.PostAsync("/api/v1/incidents/a1/acknowledge", """{"note":"seen"}""", 2), minh.PostAsync("/api/v1/incidents/a1/acknowledge", revision: 2));
        Assert.Equal([200, 409], answers.Select(a => (int)a.StatusCode).Order());
        var first = answers[0].IsSuccessStatusCode ? "lan" : "minh";
        var problem = await answers.First(a => (int)a.StatusCode == 409).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((first, "acknowledged"), (problem.GetProperty("by").GetString(), problem.GetProperty("what").GetString()));
        Assert.Equal(rig.Store.Time.GetUtcNow(), problem.GetProperty("at").GetDateTimeOffset());
        var done = await answers.First(a => a.IsSuccessStatusCode).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((0, 2), (done.GetProperty("waiting").GetInt32(), done.GetProperty("alertList").GetArrayLength()));
    }

    [Theory]
    [InlineData("GET", "/api/v1/incidents?state=odd", null, 400)]
    [InlineData("GET", "/api/v1/incidents?cursor=7", null, 400)]
    [InlineData("GET", "/api/v1/incidents?cursor=7.x", null, 400)]
    [InlineData("GET", "/api/v1/incidents?state=all&cursor=7.8", null, 400)]
    [InlineData("GET", "/api/v1/incidents?state=all&cursor=7", null, 200)]
    [InlineData("GET", "/api/v1/incidents/nobody", null, 404)]
    [InlineData("POST", "/api/v1/incidents/nobody/acknowledge", 1, 404)]
    [InlineData("POST", "/api/v1/incidents/a1/acknowledge", null, 428)]
    [InlineData("POST", "/api/v1/incidents/a1/acknowledge", 0, 409)]
    public async Task Bad_requests_are_answered(string method, string path, int? revision, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1"));
        using var answer = await (await rig.SignInAsync("operator")).SendAsync(new HttpMethod(method), path, method == "POST" ? "{}" : null, revision);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("technician", "fire", 403)]
    [InlineData("technician", "silence", 200)]
    [InlineData("operator", "fire", 200)]
    public async Task Whose_alerts_it_holds_decides_who_may(string role, string kind, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("a1", kind: kind));
        using var answer = await (await rig.SignInAsync(role)).PostAsync("/api/v1/incidents/a1/acknowledge", revision: 1);
        Assert.Equal(status, (int)answer.StatusCode);
    }
}
