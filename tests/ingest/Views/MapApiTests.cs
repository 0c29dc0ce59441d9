using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Api;

namespace SmartCity.Ingest.Tests.Views;

public sealed class MapApiTests
{
    [Fact]
    public async Task The_map_is_asked_for_whole_and_then_by_version()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.PutDeviceAsync("d-1", "gw-1");
        var viewer = await rig.SignInAsync("viewer");
        var map = await viewer.ReadAsync("/api/v1/map");
        Assert.True(map.GetProperty("full").GetBoolean());
        var row = Assert.Single(map.GetProperty("devices").EnumerateArray());
        Assert.Equal("d-1", row[0].GetString());
        Assert.Equal(ApiRig.Kind, map.GetProperty("kinds")[row[1].GetInt32()].GetString());
        Assert.Equal((JsonValueKind.Null, 2, 0, -1), (row[2].ValueKind, row[4].GetInt32(), row[5].GetInt64(), row[6].GetInt32()));
        var after = await viewer.ReadAsync("/api/v1/map?since=" + map.GetProperty("version").GetInt64());
        Assert.False(after.GetProperty("full").GetBoolean());
        Assert.Empty(after.GetProperty("devices").EnumerateArray());
    }

    [Theory]
    [InlineData("since=-1")]
    [InlineData("since=abc")]
    [InlineData("since=99999999999999999999")]
    [InlineData("since=1&since=2")]
    [InlineData("sinse=1")]
    public async Task A_question_that_is_none_is_answered_so(string query)
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await (await rig.SignInAsync("viewer")).GetAsync("/api/v1/map?" + query);
        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Areas_are_geojson_in_its_order_of_coordinates()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Book.Registry.PutAsync(
            new()
            {
                Streets = [new() { Id = "s-1", Name = "Lê Lợi", Ward = "Điện Biên", Line = [[19.80, 105.77], [19.81, 105.78]] }, new() { Id = "s-2" }],
                Zones = [new() { Id = "z-1", Name = "Chợ Vườn Hoa", Kind = "fire", Lat = 19.81, Lon = 105.775 }, new() { Id = "z-2" }, new() { Id = "z-3", Boundary = ZoneBoundary.Parse("""{"type":"Polygon","coordinates":[[[105.7,19.8],[105.8,19.8],[105.8,19.9],[105.7,19.8]]]}""") }],
                Gateways = [new() { Id = "gw-1", Lat = 19.82, Lon = 105.79 }],
            },
            "test",
            CancellationToken.None);
        var viewer = await rig.SignInAsync("viewer");
        using var answer = await viewer.GetAsync("/api/v1/areas");
        Assert.Equal("application/geo+json", answer.Content.Headers.ContentType!.MediaType);
        var features = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("features").EnumerateArray().ToList();
        Assert.Equal(["street s-1 LineString", "zone z-1 Point", "zone z-3 Polygon", "gateway gw-1 Point"], features.Select(f =>
            $"{f.GetProperty("properties").GetProperty("type")} {f.GetProperty("properties").GetProperty("id")} {f.GetProperty("geometry").GetProperty("type")}"));
        Assert.Equal("[[105.77,19.8],[105.78,19.81]]", features[0].GetProperty("geometry").GetProperty("coordinates").GetRawText());
        Assert.Equal("[[[105.7,19.8],[105.8,19.8],[105.8,19.9],[105.7,19.8]]]", features[2].GetProperty("geometry").GetProperty("coordinates").GetRawText());
        Assert.Equal("Lê Lợi", features[0].GetProperty("properties").GetProperty("name").GetString());
    }
}
