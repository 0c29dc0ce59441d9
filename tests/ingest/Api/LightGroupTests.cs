using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Groups of lamps over HTTP.</summary>
public sealed class LightGroupTests
{
    [Fact]
    public async Task A_group_is_made_of_streets_and_lamps_and_counts_each_lamp_once()
    {
        await using var rig = await LampsAsync();
        var lighting = await rig.SignInAsync("lighting");
        using (var put = await lighting.SendAsync(HttpMethod.Put, "/api/v1/lighting/groups/market", """{"name":"Chợ Vườn Hoa","members":["street/le-loi","lamp/a","lamp/c","street/le-loi"]}"""))
        {
            Assert.Equal(200, (int)put.StatusCode);
            Assert.Equal("\"1\"", put.Headers.ETag!.Tag);
            var made = await put.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(3, made.GetProperty("lamps").GetInt32());
            Assert.Equal(["street/le-loi", "lamp/a", "lamp/c"], made.GetProperty("members").EnumerateArray().Select(m => m.GetString()!));
            Assert.Equal(["Lê Lợi 2", "Cột 1 1", "c 1"], made.GetProperty("parts").EnumerateArray().Select(p => $"{p.GetProperty("name").GetString()} {p.GetProperty("lamps").GetInt32()}"));
        }

        await SaidAsync(lighting, 200, "nest", """{"members":["group/market"]}""");
        var viewer = await rig.SignInAsync("viewer");
        Assert.Equal("nest", (await viewer.ReadAsync("/api/v1/lighting/groups/market")).GetProperty("within")[0].GetString());
        Assert.Equal(["market 3", "nest 3"], (await viewer.ReadAsync("/api/v1/lighting/groups")).GetProperty("items").EnumerateArray().Select(g => $"{g.GetProperty("id").GetString()} {g.GetProperty("lamps").GetInt32()}"));
    }

    [Fact]
    public async Task Who_comes_second_is_told_who_was_first()
    {
        await using var rig = await LampsAsync();
        var (an, binh) = (await rig.SignInAsync("lighting", "an"), await rig.SignInAsync("lighting", "binh"));
        await SaidAsync(an, 200, "g", """{"members":["lamp/a"]}""");
        await SaidAsync(binh, 200, "g", """{"members":["lamp/b"]}""", 1);
        using var second = await an.SendAsync(HttpMethod.Put, "/api/v1/lighting/groups/g", """{"members":["lamp/c"]}""", 1);
        Assert.Equal(409, (int)second.StatusCode);
        var problem = await second.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("binh", 2), (problem.GetProperty("by").GetString(), problem.GetProperty("revision").GetInt32()));
        Assert.Equal("lamp/b", (await an.ReadAsync("/api/v1/lighting/groups/g")).GetProperty("members")[0].GetString());

        using var gone = await an.SendAsync(HttpMethod.Delete, "/api/v1/lighting/groups/g", revision: 1);
        Assert.Equal(409, (int)gone.StatusCode);
        using var removed = await an.SendAsync(HttpMethod.Delete, "/api/v1/lighting/groups/g", revision: 2);
        Assert.Equal(204, (int)removed.StatusCode);
        using var nothing = await an.GetAsync("/api/v1/lighting/groups/g");
        Assert.Equal(404, (int)nothing.StatusCode);
        Assert.Equal(["remove-group", "change-group", "add-group"], (await rig.Book.Store.ReadAsync(sql => sql.Audit("lighting/group/g", long.MaxValue, 9), CancellationToken.None)).Select(a => a.Act));
    }

    [Theory]
    [InlineData("g", """{"members":["street/nowhere"]}""", "There is no street/nowhere")]
    [InlineData("g", """{"members":["lamp/none"]}""", "There is no lamp/none")]
    [InlineData("g", """{"members":["ward/Xa"]}""", "There is no ward/Xa")]
    [InlineData("g", """{"members":["city"]}""", "is no member")]
    [InlineData("g", """{"members":["group/g"]}""", "hold itself")]
    [InlineData("g", """{"members":["group/h"]}""", "there is no group")]
    [InlineData("g", """{}""", "members")]
    [InlineData("G", """{"members":[]}""", "a-z 0-9")]
    [InlineData("g", """{"members":[],"name":"a\u0007"}""", "control character")]
    public async Task What_is_no_group_is_refused_in_words(string id, string json, string why)
    {
        await using var rig = await LampsAsync();
        Assert.Contains(why, await SaidAsync(await rig.SignInAsync("lighting"), 400, id, json), StringComparison.Ordinal);
        Assert.Empty(rig.Book.Lighting.Current.Groups);
    }

    [Fact]
    public async Task A_lamp_that_left_the_registry_may_stay_in_its_group()
    {
        await using var rig = await LampsAsync();
        var lighting = await rig.SignInAsync("lighting");
        await SaidAsync(lighting, 200, "g", """{"members":["lamp/a","lamp/c"]}""");
        await rig.Book.Registry.DecommissionDeviceAsync("a", "test", CancellationToken.None);
        await SaidAsync(lighting, 200, "g", """{"name":"Cầu","members":["lamp/a","lamp/c"]}""");
        Assert.Equal(1, (await lighting.ReadAsync("/api/v1/lighting/groups/g")).GetProperty("lamps").GetInt32());
    }

    /// <summary>Two streets: Lê Lợi (Hạc Thành) with lamps a and b, Trần Phú (Hàm Rồng) with c; a cabinet and a gateway in each.</summary>
    internal static async Task<ApiRig> LampsAsync(Func<ApiServices, ApiServices>? services = null)
    {
        var rig = await ApiRig.StartAsync(services: services);
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "le-loi", Name = "Lê Lợi", Ward = "Hạc Thành" }, new() { Id = "tran-phu", Name = "Trần Phú", Ward = "Hàm Rồng" }],
                Gateways = [new() { Id = "gw-1", Street = "le-loi" }, new() { Id = "gw-2", Street = "tran-phu" }],
                Devices =
                [
                    new() { Id = "a", Kind = "streetlight", Gateway = "gw-1", Name = "Cột 1", Lat = 19.80, Lon = 105.77 },
                    new() { Id = "b", Kind = "streetlight", Gateway = "gw-1", Name = "Cột 2", Lat = 19.81, Lon = 105.77 },
                    new() { Id = "c", Kind = "streetlight", Gateway = "gw-2", Lat = 19.82, Lon = 105.77 },
                    new() { Id = "cab-1", Kind = "power_cabinet", Gateway = "gw-1", Name = "Tủ Lê Lợi", Lat = 19.80, Lon = 105.77 },
                    new() { Id = "cab-2", Kind = "power_cabinet", Gateway = "gw-2", Name = "Tủ Trần Phú", Lat = 19.82, Lon = 105.77 },
                ],
            },
            "test",
            CancellationToken.None);
        return rig;
    }

    private static async Task<string> SaidAsync(Person who, int status, string id, string json, long? revision = null)
    {
        using var answer = await who.SendAsync(HttpMethod.Put, $"/api/v1/lighting/groups/{id}", json, revision);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, text);
        return text;
    }
}
