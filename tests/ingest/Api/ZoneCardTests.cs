using System.Net.Http.Json;
using System.Text.Json;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>A zone's border, runbook and telephone numbers, and changes that hold only if nobody was first.</summary>
public sealed class ZoneCardTests
{
    private const string Square = """{"type":"Polygon","coordinates":[[[105.77,19.80],[105.78,19.80],[105.78,19.81],[105.77,19.80]]]}""";
    private const string Body = $$"""
        {"name":"Chợ Vườn Hoa","boundary":{{Square}},
         "runbook":"Gọi bảo vệ.\nMở cổng sau.","phones":[{"name":"Bảo vệ","phone":"+84 237 385 1234","role":"trực đêm"}]}
        """;

    [Fact]
    public async Task A_zone_keeps_its_border_its_runbook_and_its_numbers_over_a_restart()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        using (var put = await technician.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", Body))
        {
            Assert.Equal(200, (int)put.StatusCode);
        }

        await using var again = await rig.Store.AgainAsync();
        var zone = again.Registry.Current.Zones["z-1"];
        Assert.Equal(rig.Book.Registry.Current.Zones["z-1"].Boundary, zone.Boundary);
        Assert.Equal(Square.Replace(".80,", ".8,", StringComparison.Ordinal).Replace("19.80", "19.8", StringComparison.Ordinal), zone.Boundary!.ToString());
        Assert.Equal("Gọi bảo vệ.\nMở cổng sau.", zone.Runbook);
        Assert.Equal(("Bảo vệ", "+84 237 385 1234", "trực đêm"), (zone.Phones[0].Name, zone.Phones[0].Phone, zone.Phones[0].Role));

        var seen = await technician.ReadAsync("/api/v1/zones/z-1");
        Assert.Equal("Polygon", seen.GetProperty("boundary").GetProperty("type").GetString());

        // Who knows nothing of them takes nothing away; who says null does.
        await technician.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", """{"name":"Chợ"}""");
        Assert.NotNull(rig.Book.Registry.Current.Zones["z-1"].Boundary);
        Assert.Single(rig.Book.Registry.Current.Zones["z-1"].Phones);
        await technician.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", """{"name":"Chợ","boundary":null,"runbook":null,"phones":null}""");
        Assert.Null(rig.Book.Registry.Current.Zones["z-1"].Boundary);
        Assert.Empty(rig.Book.Registry.Current.Zones["z-1"].Phones);
    }

    [Fact]
    public async Task Telephone_numbers_are_for_who_works_here_and_what_others_export_takes_none_away()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        using (var put = await technician.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", Body))
        {
            Assert.Contains("237 385", await put.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        foreach (var role in new[] { "viewer", "wall" })
        {
            var looker = await rig.SignInAsync(role);
            foreach (var path in new[] { "zones", "zones/z-1", "export?format=csv", "export?format=json", "export?format=geojson" })
            {
                using var answer = await looker.GetAsync("/api/v1/" + path);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.Contains("sau.", text, StringComparison.Ordinal);
                Assert.DoesNotContain("237 385", text, StringComparison.Ordinal);
                if (path.StartsWith("export", StringComparison.Ordinal))
                {
                    Assert.DoesNotContain("phones", text, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [InlineData("""{"boundary":{"type":"Point","coordinates":[105.7,19.8]}}""", "Polygon or MultiPolygon")]
    [InlineData("""{"boundary":{"type":"Polygon","coordinates":[[[19.80,105.77],[19.80,105.78],[19.81,105.78],[19.80,105.77]]]}}""", "longitude (-180 to 180) comes first")]
    [InlineData("""{"boundary":{"type":"Polygon","coordinates":[[[105.77,19.8],[105.78,19.8],[105.78,19.81]]]}}""", "its last is its first")]
    [InlineData("""{"boundary":{"type":"Polygon","coordinates":[]}}""", "list of rings")]
    [InlineData("""{"boundary":{"type":"Polygon"}}""", "GeoJSON geometry")]
    [InlineData("""{"boundary":{"type":"MultiPolygon","coordinates":[[[[1,1],["a",2],[3,3],[1,1]]]]}}""", "two numbers")]
    [InlineData("""{"phones":[{"name":"","phone":"113"}]}""", "has a name")]
    [InlineData("""{"phones":[{"name":"Công an","phone":"call me"}]}""", "3 to 32 of")]
    [InlineData("""{"phones":[{"name":"Công an"}]}""", "3 to 32 of")]
    [InlineData("""{"phones":[null]}""", "has a name")]
    [InlineData("""{"id":"z-2"}""", "not the one in the address")]
    public async Task What_is_wrong_with_a_zone_is_said(string body, string says)
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        using var answer = await technician.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", body);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(says, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(rig.Book.Registry.Current.Zones);
    }

    [Fact]
    public async Task A_border_has_at_most_two_thousand_points_and_a_runbook_eight_thousand_characters()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        Assert.Equal(200, await PutAsync(2000, 8000, 20));
        Assert.Equal(400, await PutAsync(2001, 10, 1));
        Assert.Equal(400, await PutAsync(10, 8001, 1));
        Assert.Equal(400, await PutAsync(10, 10, 21));

        async Task<int> PutAsync(int points, int characters, int phones)
        {
            var ring = string.Join(',', Enumerable.Range(0, points - 1).Append(0).Select(i => FormattableString.Invariant($"[105.{1234567890123 + i},19.{1234567890123 + i}]")));
            var numbers = string.Join(',', Enumerable.Repeat("""{"name":"a","phone":"114"}""", phones));
            using var answer = await technician.SendAsync(
                HttpMethod.Put,
                "/api/v1/zones/z-1",
                $$"""{"boundary":{"type":"Polygon","coordinates":[[{{ring}}]]},"runbook":"{{new string('ữ', characters)}}","phones":[{{numbers}}]}""");
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task An_officer_keeps_the_card_and_nothing_else()
    {
        await using var rig = await ApiRig.StartAsync();
        var (technician, officer) = (await rig.SignInAsync("technician"), await rig.SignInAsync("operator"));
        await technician.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", Body);
        using (var card = await officer.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1/card", """{"runbook":"Gọi 114.","phones":[{"name":"Đội PCCC","phone":"114"}]}""", revision: 1))
        {
            Assert.Equal(200, (int)card.StatusCode);
        }

        var zone = rig.Book.Registry.Current.Zones["z-1"];
        Assert.Equal(("Chợ Vườn Hoa", "Gọi 114.", "114", true), (zone.Name, zone.Runbook, zone.Phones[0].Phone, zone.Boundary is not null));
        Assert.Equal(403, (int)(await officer.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1", Body)).StatusCode);
        Assert.Equal(404, (int)(await officer.SendAsync(HttpMethod.Put, "/api/v1/zones/z-9/card", "{}")).StatusCode);
        Assert.Equal(400, (int)(await officer.SendAsync(HttpMethod.Put, "/api/v1/zones/z-1/card", """{"phones":[{"name":"x","phone":"y"}]}""")).StatusCode);
    }

    [Theory]
    [InlineData("gateways", "{\"name\":\"a\"}", "{\"name\":\"b\"}")]
    [InlineData("zones", "{\"name\":\"a\"}", "{\"name\":\"b\"}")]
    [InlineData("streets", "{\"name\":\"a\"}", "{\"name\":\"b\"}")]
    [InlineData("devices", "{\"kind\":\"KIND\"}", "{\"kind\":\"KIND\",\"name\":\"b\"}")]
    public async Task Who_changes_what_somebody_else_has_changed_meanwhile_is_told_who_it_was(string what, string first, string second)
    {
        await using var rig = await ApiRig.StartAsync();
        var (lan, minh) = (await rig.SignInAsync("technician", "lan"), await rig.SignInAsync("technician", "minh"));
        (first, second) = (first.Replace("KIND", ApiRig.Kind, StringComparison.Ordinal), second.Replace("KIND", ApiRig.Kind, StringComparison.Ordinal));
        var path = $"/api/v1/{what}/x-1";
        using (var create = minh.Request(HttpMethod.Put, path, first))
        {
            create.Headers.TryAddWithoutValidation("If-None-Match", "*");
            Assert.Equal(200, (int)(await rig.Client.SendAsync(create)).StatusCode);
        }

        using (var twice = minh.Request(HttpMethod.Put, path, second))
        {
            twice.Headers.TryAddWithoutValidation("If-None-Match", "*");
            Assert.Equal(409, (int)(await rig.Client.SendAsync(twice)).StatusCode);
        }

        Assert.Equal(200, (int)(await lan.SendAsync(HttpMethod.Put, path, second, revision: 1)).StatusCode);
        using var late = await minh.SendAsync(HttpMethod.Put, path, first, revision: 1);
        Assert.Equal(409, (int)late.StatusCode);
        var problem = await late.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("lan", "put", 2L), (problem.GetProperty("by").GetString(), problem.GetProperty("what").GetString(), problem.GetProperty("revision").GetInt64()));
        Assert.Equal(rig.Store.Time.GetUtcNow(), problem.GetProperty("at").GetDateTimeOffset());
        Assert.Equal(200, (int)(await minh.SendAsync(HttpMethod.Put, path, first)).StatusCode);
        Assert.Equal(400, (int)(await minh.SendAsync(HttpMethod.Put, path, first, revision: -1)).StatusCode);
    }
}
