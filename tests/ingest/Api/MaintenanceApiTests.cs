using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Api;

public sealed class MaintenanceApiTests
{
    [Fact]
    public async Task A_window_has_every_field_of_the_contract_and_ends_once()
    {
        await using var rig = await TownAsync();
        var lan = await rig.SignInAsync("technician", "lan");
        using var made = await lan.PostAsync("/api/v1/maintenance", """{"scope":"zone","target":"z-1","mode":"test","to":"2026-09-01T09:00:00+07:00","note":"yearly"}""");
        Assert.Equal(201, (int)made.StatusCode);
        var window = await made.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            ["by", "createdAt", "endedAt", "endedBy", "from", "id", "mode", "note", "scope", "state", "target", "to"],
            window.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ("zone", "z-1", "test", "running", "lan", "yearly"),
            (Text("scope"), Text("target"), Text("mode"), Text("state"), Text("by"), Text("note")));
        Assert.Equal(1, (await lan.ReadAsync("/api/v1/maintenance")).GetProperty("items").GetArrayLength());

        var minh = await rig.SignInAsync("operator", "minh");
        using var ended = await minh.PostAsync($"/api/v1/maintenance/{Text("id")}/end", """{"note":"done"}""");
        Assert.Equal("minh", (await ended.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("endedBy").GetString());
        using var again = await lan.PostAsync($"/api/v1/maintenance/{Text("id")}/end");
        Assert.Equal(409, (int)again.StatusCode);
        Assert.Equal("minh", (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("by").GetString());
        Assert.Equal(404, (int)(await lan.PostAsync("/api/v1/maintenance/x/end")).StatusCode);
        Assert.Equal(0, (await lan.ReadAsync("/api/v1/maintenance?state=current")).GetProperty("items").GetArrayLength());
        Assert.Equal(1, (await lan.ReadAsync("/api/v1/maintenance?state=all")).GetProperty("items").GetArrayLength());

        string? Text(string name) => window.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Tests_that_follow_each_other_are_one_that_lasts_too_long()
    {
        await using var rig = await TownAsync();
        var lan = await rig.SignInAsync("technician", "lan");
        Assert.Equal(201, await PlanAsync("00:00", "05:00"));
        Assert.Equal(201, await PlanAsync("06:00", "09:00"));
        Assert.Equal(400, await PlanAsync("05:00", "06:00"));
        Assert.Equal(400, await PlanAsync("04:00", "08:01"));
        Assert.Equal(201, await PlanAsync("09:00", "13:00"));
        Assert.Equal(400, await PlanAsync("13:00", "15:00"));
        Assert.Equal(201, await PlanAsync("13:00", "15:00", "drill"));

        async Task<int> PlanAsync(string from, string to, string mode = "test")
        {
            using var answer = await lan.PostAsync(
                "/api/v1/maintenance", $$"""{"scope":"zone","target":"z-1","mode":"{{mode}}","from":"2026-09-01T{{from}}:00Z","to":"2026-09-01T{{to}}:00Z"}""");
            return (int)answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test","to":"2026-09-01T08:00:00Z"}""", 201)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test","to":"2026-09-01T08:00:01Z"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"drill","to":"2026-09-02T00:00:00Z"}""", 201)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"drill","to":"2026-09-02T00:00:01Z"}""", 400)]
    [InlineData("""{"scope":"street","target":"s-1","mode":"works","to":"2026-10-01T00:00:00Z"}""", 201)]
    [InlineData("""{"scope":"street","target":"s-1","mode":"works","to":"2026-10-01T00:00:01Z"}""", 400)]
    [InlineData("""{"scope":"gateway","target":"g-1","mode":"works","from":"2026-09-05T00:00:00Z","to":"2026-09-06T00:00:00Z"}""", 201)]
    [InlineData("""{"scope":"device","target":"d-1","mode":"works","from":"2026-08-31T23:59:30Z","to":"2026-09-02T00:00:00Z"}""", 201)]
    [InlineData("""{"scope":"device","target":"d-1","mode":"works","from":"2026-08-31T23:00:00Z","to":"2026-09-02T00:00:00Z"}""", 400)]
    [InlineData("""{"scope":"device","target":"d-1","mode":"works","from":"2027-08-31T23:00:00Z","to":"2027-09-01T00:00:00Z"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test","to":"2026-08-31T23:59:59Z"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test","to":"2026-09-01T08:00:00"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test","to":"tomorrow"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-9","mode":"test","to":"2026-09-01T01:00:00Z"}""", 400)]
    [InlineData("""{"scope":"city","target":"z-1","mode":"test","to":"2026-09-01T01:00:00Z"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"holiday","to":"2026-09-01T01:00:00Z"}""", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test"}""", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{"scope":"zone","target":"z-1","mode":"test","to":"2026-09-01T01:00:00Z","colour":"red"}""", 400)]
    public async Task What_is_too_long_in_the_past_or_nowhere_is_refused(string body, int status)
    {
        await using var rig = await TownAsync();
        using var answer = await (await rig.SignInAsync("operator")).PostAsync("/api/v1/maintenance", body);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private static async Task<ApiRig> TownAsync()
    {
        var rig = await ApiRig.StartAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Zones = [new() { Id = "z-1" }],
                Streets = [new() { Id = "s-1" }],
                Gateways = [new() { Id = "g-1" }],
                Devices = [new() { Id = "d-1", Kind = ApiRig.Kind }],
            },
            "test",
            CancellationToken.None);
        return rig;
    }
}
