using System.Text.Json;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>The tree of places and the map: counts that add up, looks that say what is so.</summary>
public sealed class LightTreeTests
{
    private const string AllAt40 = """{"a":{"target":40,"feedback":40,"reason":"override"},"b":{"target":40,"feedback":40,"reason":"override"},"c":{"target":40,"feedback":40,"reason":"override"}}""";

    [Fact]
    public async Task Each_lamp_is_counted_once_in_each_place_it_belongs_to()
    {
        await using var city = await LampCity.StartAsync();
        await city.PutAsync(LightKind.Group, "inner", """["lamp/a","lamp/c"]""");
        await city.PutAsync(LightKind.Group, "outer", """["group/inner","street/s-1"]""");
        await city.OrderAsync(LightTarget.City, 40);
        await city.OrderAsync(new LightTarget(LightScope.Lamp, "c"), 0);
        city.Send();
        await city.ReportAsync(AllAt40.Replace("\"c\":{\"target\":40,\"feedback\":40", "\"c\":{\"target\":0,\"feedback\":0", StringComparison.Ordinal));
        city.Measure("a", 40, 43);
        city.Measure("c", 0, 0.4);
        await city.Rig.RaiseAsync(BookRig.Change("x", kind: "lamp", device: "b", zone: null) with { Rule = "lamp-failure" });
        var tree = await ReadAsync(city, "tree");

        Assert.Equal("4 lamps: off 1, dimmed 1, on 0, notFollowed 0, faults 1, silent 1; confirmed 2, 43.4 W, 0–40 %", Told(tree.GetProperty("city")));
        var wards = tree.GetProperty("wards");
        Assert.Equal(["Hạc Thành", null], wards.EnumerateArray().Select(w => w.GetProperty("ward").GetString()));
        Assert.Equal("2 lamps: off 0, dimmed 1, on 0, notFollowed 0, faults 1, silent 0; confirmed 1, 43 W, 40–40 %", Told(wards[0]));
        Assert.Equal(("s-1", "Lê Lợi"), (wards[0].GetProperty("streets")[0].GetProperty("id").GetString(), wards[0].GetProperty("streets")[0].GetProperty("name").GetString()));
        Assert.Equal(Told(wards[0]), Told(wards[0].GetProperty("streets")[0]));
        Assert.Equal(JsonValueKind.Null, wards[1].GetProperty("streets")[0].GetProperty("id").ValueKind);
        var groups = tree.GetProperty("groups");
        Assert.Equal(["inner", "outer"], groups.EnumerateArray().Select(g => g.GetProperty("id").GetString()!));
        Assert.StartsWith("2 lamps: off 1, dimmed 1", Told(groups[0]), StringComparison.Ordinal);
        Assert.StartsWith("3 lamps: off 1, dimmed 1, on 0, notFollowed 0, faults 1", Told(groups[1]), StringComparison.Ordinal);
        Assert.Equal("inner", groups[1].GetProperty("inner")[0].GetString());
        Assert.Equal(JsonValueKind.Null, (await ReadAsync(city, "tree")).GetProperty("groups")[0].GetProperty("name").ValueKind);
    }

    [Fact]
    public async Task The_map_has_every_lamp_with_its_level_its_street_and_its_groups()
    {
        await using var city = await LampCity.StartAsync();
        await city.PutAsync(LightKind.Group, "g", """["lamp/a"]""");
        await city.OrderAsync(LightTarget.City, 40);
        city.Send();
        await city.ReportAsync(AllAt40);
        var map = await ReadAsync(city, "map");
        Assert.Equal(["s-1"], map.GetProperty("streets").EnumerateArray().Select(s => s.GetString()!));
        Assert.Equal(
            ["""["a",null,null,null,0,1,40,1,[0]]""", """["b",null,null,null,0,1,40,1,[]]""", """["c",null,null,null,-1,1,40,1,[]]""", """["loose",null,null,null,-1,5,40,3,[]]"""],
            map.GetProperty("lamps").EnumerateArray().Select(l => l.GetRawText()));
        Assert.Equal(LampLooks.Words, map.GetProperty("looks").EnumerateArray().Select(l => l.GetString()!));
    }

    [Fact]
    public async Task A_look_says_the_worst_that_is_known()
    {
        await using var city = await LampCity.StartAsync();
        await city.ReportAsync("""{"a":{"target":100,"feedback":100,"reason":"default"},"b":{"target":100,"feedback":100,"reason":"default"},"c":{"target":100,"feedback":100,"reason":"default"}}""");
        Assert.Equal("On On On Silent", await LooksAsync(city));
        await city.Rig.RaiseAsync(BookRig.Change("x", kind: "door", device: "a", zone: null) with { Rule = "pole-door" });
        Assert.Equal("On On On Silent", await LooksAsync(city));
        await city.Rig.RaiseAsync(BookRig.Change("y", kind: "lamp", device: "b", zone: null) with { Rule = "lamp-cycling" });
        Assert.Equal("On Fault On Silent", await LooksAsync(city));
        city.Measure("c", 100, 0.4);
        Assert.Equal("On Fault Fault Silent", await LooksAsync(city));
        city.Pass(60);
        await city.ReportAsync("""{"a":{"target":30,"feedback":30,"reason":"default"},"b":{"target":100,"feedback":100,"reason":"default"},"c":{"target":100,"feedback":100,"reason":"default"}}""");
        Assert.Equal("NotFollowed Fault Fault Silent", await LooksAsync(city));
        city.Online = false;
        Assert.Equal("Silent Silent Silent Silent", await LooksAsync(city));
    }

    private static async Task<string> LooksAsync(LampCity city) => string.Join(' ', (await city.BoardAsync()).Lamps.Select(LampLooks.Of));

    private static async Task<JsonElement> ReadAsync(LampCity city, string what)
    {
        city.Pass(1.1);
        return await (await city.Rig.SignInAsync("wall")).ReadAsync($"/api/v1/lighting/{what}");
    }

    private static string Told(JsonElement place)
    {
        string Of(string name) => place.GetProperty(name).GetRawText();
        return $"{Of("lamps")} lamps: off {Of("off")}, dimmed {Of("dimmed")}, on {Of("on")}, notFollowed {Of("notFollowed")}, faults {Of("faults")}, silent {Of("silent")}; "
            + $"confirmed {Of("confirmed")}, {Of("watts")} W, {Of("least")}–{Of("most")} %";
    }
}
