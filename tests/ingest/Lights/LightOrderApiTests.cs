using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Tests.Api;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>Orders for lamps over HTTP: who may, what is refused, how far the lamps have followed.</summary>
public sealed class LightOrderApiTests
{
    [Theory]
    [InlineData("city/override", "city", "Toàn thành phố", 4)]
    [InlineData("wards/H%E1%BA%A1c%20Th%C3%A0nh/override", "ward/Hạc Thành", "Hạc Thành", 2)]
    [InlineData("streets/s-1/override", "street/s-1", "Lê Lợi", 2)]
    [InlineData("groups/g/override", "group/g", "g", 1)]
    [InlineData("lamps/c/override", "lamp/c", "c", 1)]
    public async Task An_order_is_given_for_a_place_and_released(string address, string target, string name, int lamps)
    {
        await using var city = await LampCity.StartAsync();
        await city.PutAsync(LightKind.Group, "g", """["lamp/a"]""");
        var lan = await city.Rig.SignInAsync("lighting", "lan");
        var now = city.Rig.Store.Time.GetUtcNow();
        var order = await OrderAsync(lan, address, """{"level":40,"reason":" trận đấu ","minutes":90,"priority":200}""");
        Assert.Equal(
            (target, name, 40, 200, "trận đấu", "lan", "in-force", lamps, now, now.AddMinutes(90)),
            (Text(order, "target"), Text(order, "targetName"), order.GetProperty("level").GetDouble(), order.GetProperty("priority").GetInt32(), Text(order, "reason"), Text(order, "by"),
                Text(order, "state"), order.GetProperty("lamps").GetInt32(), order.GetProperty("start").GetDateTimeOffset(), order.GetProperty("expires").GetDateTimeOffset()));
        var listed = await lan.ReadAsync("/api/v1/lighting/overrides");
        Assert.Equal(Text(order, "id"), Text(Assert.Single(listed.GetProperty("items").EnumerateArray()), "id"));

        city.Pass(5);
        using var answer = await lan.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + Text(order, "id"));
        var released = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((200, "released", "lan", now.AddSeconds(5)), ((int)answer.StatusCode, Text(released, "state"), Text(released, "releasedBy"), released.GetProperty("releasedAt").GetDateTimeOffset()));
        Assert.Empty((await lan.ReadAsync("/api/v1/lighting/overrides")).GetProperty("items").EnumerateArray());
        Assert.Equal("released", Text((await lan.ReadAsync("/api/v1/lighting/overrides?state=all")).GetProperty("items")[0], "state"));
    }

    [Theory]
    [InlineData("streets/s-1", "{}", 400, "level")]
    [InlineData("streets/s-1", """{"level":101,"reason":"x"}""", 400, "level")]
    [InlineData("streets/s-1", """{"level":-1,"reason":"x"}""", 400, "level")]
    [InlineData("streets/s-1", """{"level":40}""", 400, "reason")]
    [InlineData("streets/s-1", """{"level":40,"reason":"  "}""", 400, "reason")]
    [InlineData("streets/s-1", """{"level":40,"reason":"a\nb"}""", 400, "reason")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","priority":1001}""", 400, "priority")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","minutes":0}""", 400, "minutes")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","minutes":9,"expires":"2030-01-01T00:00:00Z"}""", 400, "minutes")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","expires":"2020-01-01T00:00:00Z"}""", 400, "expires")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","expires":"22:00"}""", 400, "offset")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","start":"2020-01-01T00:00:00Z"}""", 400, "start")]
    [InlineData("streets/s-1", """{"level":40,"reason":"x","until":"22:00"}""", 400, "until")]
    [InlineData("streets/none", """{"level":40,"reason":"x"}""", 400, "no lamp in street/none")]
    [InlineData("rivers/ma", """{"level":40,"reason":"x"}""", 404, "wards, streets, groups, lamps")]
    public async Task What_makes_no_sense_is_refused(string place, string body, int status, string says)
    {
        await using var city = await LampCity.StartAsync();
        var lan = await city.Rig.SignInAsync("lighting", "lan");
        using var answer = await lan.PostAsync($"/api/v1/lighting/{place}/override", body);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(city.Lighting.Current.Orders);
    }

    [Fact]
    public async Task A_duty_officer_orders_light_and_releases_his_own_and_a_viewer_nothing()
    {
        await using var city = await LampCity.StartAsync();
        var (viewer, officer, lan) = (await city.Rig.SignInAsync("viewer"), await city.Rig.SignInAsync("operator", "binh"), await city.Rig.SignInAsync("lighting", "lan"));
        Assert.Equal(403, await StatusAsync(viewer.PostAsync("/api/v1/lighting/city/override", """{"level":100,"reason":"x"}""")));
        Assert.Equal(403, await StatusAsync(officer.PostAsync("/api/v1/lighting/city/override", """{"level":99,"reason":"x"}""")));
        var light = await OrderAsync(officer, "streets/s-1/override", """{"level":100,"reason":"tai nạn","priority":1000}""");
        var dim = await OrderAsync(lan, "streets/s-1/override", """{"level":40,"reason":"tiết kiệm"}""");
        Assert.Equal(403, await StatusAsync(officer.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + Text(dim, "id"))));
        Assert.Equal(403, await StatusAsync(viewer.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + Text(light, "id"))));
        Assert.Equal(2, city.Lighting.Current.Orders.Count);
        Assert.Equal(200, await StatusAsync(officer.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + Text(light, "id"))));
        Assert.Equal(200, await StatusAsync(lan.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + Text(dim, "id"))));
        Assert.Equal(404, await StatusAsync(lan.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/o-77")));
        Assert.Equal(404, await StatusAsync(lan.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/match")));
    }

    [Fact]
    public async Task Progress_goes_from_sent_to_confirmed_with_a_curve_and_a_list_of_who_does_not_follow()
    {
        await using var city = await LampCity.StartAsync();
        var lan = await city.Rig.SignInAsync("lighting", "lan");
        await city.ReportAsync(All(100, 100, 1, 60));
        var id = Text(await OrderAsync(lan, "streets/s-1/override", """{"level":40,"reason":"trận đấu"}"""), "id");
        city.Send();
        Assert.Equal((0, 0, 2, 0, 0, 0), await CountsAsync(lan, id));
        city.Pass(2);
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"stepAgeSeconds":1,"reason":"override"},"b":{"target":40,"feedback":100,"stepAgeSeconds":60,"reason":"override"}}""");
        Assert.Equal((0, 1, 1, 0, 0, 0), await CountsAsync(lan, id));
        city.Pass(2);
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"actual":43,"actualAgeSeconds":0,"stepAgeSeconds":3,"reason":"override"},"b":{"target":40,"feedback":40,"actual":0.4,"actualAgeSeconds":0,"stepAgeSeconds":2,"reason":"override"}}""");
        Assert.Equal((1, 0, 0, 1, 0, 0), await CountsAsync(lan, id));
        var order = await lan.ReadAsync("/api/v1/lighting/overrides/" + id);
        Assert.Equal([0, 1], order.GetProperty("curve").EnumerateArray().Select(p => p.GetProperty("confirmed").GetInt32()));
        var dark = await lan.ReadAsync($"/api/v1/lighting/overrides/{id}/lamps?follow=not-followed&lang=en");
        Assert.Equal(("b", "no-power"), (Text(dark.GetProperty("items")[0], "id"), Text(dark.GetProperty("items")[0], "why")));

        // Another order takes one of them; the rest of the first goes on.
        await OrderAsync(lan, "lamps/a/override", """{"level":80,"reason":"thợ","priority":200}""");
        Assert.Equal((0, 0, 0, 1, 0, 1), await CountsAsync(lan, id));
        Assert.Equal("a", Text((await lan.ReadAsync($"/api/v1/lighting/overrides/{id}/lamps?follow=outranked")).GetProperty("items")[0], "id"));
        city.Online = false;
        Assert.Equal((0, 0, 0, 0, 1, 1), await CountsAsync(lan, id));
        Assert.Equal("b", Text((await lan.ReadAsync($"/api/v1/lighting/overrides/{id}/lamps?follow=away")).GetProperty("items")[0], "id"));

        // After a restart it is worked out from the present.
        var again = new OrderWatch(city.Rig.Services);
        Assert.Empty(again.CurveOf(1));
        again.Look(await city.BoardAsync());
        Assert.True(again.CurveOf(1)[0].Seconds > 4);
    }

    [Fact]
    public async Task Of_an_order_that_was_released_is_shown_how_the_lamps_come_back()
    {
        await using var city = await LampCity.StartAsync();
        var lan = await city.Rig.SignInAsync("lighting", "lan");
        var id = Text(await OrderAsync(lan, "city/override", """{"level":40,"reason":"x"}"""), "id");
        city.Send();
        await city.ReportAsync(All(40, 43, 0, 5));
        await lan.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + id);
        city.Send();
        Assert.Equal((0, 0, 3, 0, 1, 0), await CountsAsync(lan, id));
        await city.ReportAsync(All(100, 101, 0, 3));
        Assert.Equal((3, 0, 0, 0, 1, 0), await CountsAsync(lan, id));
        city.Pass(601);
        Assert.Equal(JsonValueKind.Null, (await lan.ReadAsync("/api/v1/lighting/overrides/" + id)).GetProperty("progress").ValueKind);
    }

    [Fact]
    public async Task Two_orders_and_a_programme_contend_and_each_lamp_says_in_a_sentence_who_has_the_say()
    {
        await using var city = await LampCity.StartAsync();
        await city.PutAsync(LightKind.Programme, "evening", """{"points":[{"at":"12:00","level":60},{"at":"11:59","level":60}]}""");
        await city.PutAsync(LightKind.Calendar, "default", """{"default":"evening","rules":[]}""");
        var (lan, minh) = (await city.Rig.SignInAsync("lighting", "lan"), await city.Rig.SignInAsync("lighting", "minh"));
        var street = Text(await OrderAsync(lan, "streets/s-1/override", """{"level":40,"reason":"tiết kiệm"}"""), "id");
        city.Pass(1);
        var lamp = Text(await OrderAsync(minh, "lamps/a/override", """{"level":80,"reason":"sửa đường"}"""), "id");
        city.Pass(1);
        var sentences = await SentencesAsync(lan);
        Assert.StartsWith($"Wanted at 80 % by order {lamp} of minh “sửa đường” (priority 100, until released), over order {street} of lan (priority 100, 40 %); ", sentences["a"], StringComparison.Ordinal);
        Assert.StartsWith($"Wanted at 40 % by order {street} of lan “tiết kiệm” (priority 100, until released); ", sentences["b"], StringComparison.Ordinal);
        Assert.StartsWith("Wanted at 60 % by the programme “evening”", sentences["c"], StringComparison.Ordinal);
        Assert.StartsWith("Wanted at 60 % by the programme “evening”", sentences["loose"], StringComparison.Ordinal);
        var (first, second) = (await lan.ReadAsync("/api/v1/lighting/overrides/" + street), await lan.ReadAsync("/api/v1/lighting/overrides/" + lamp));
        Assert.Equal((lamp, "minh", 1), Rival(first, "outrankedBy"));
        Assert.Equal((street, "lan", 1), Rival(second, "outranks"));

        // A greater priority goes before a later start; released, the other one has the say again; last the programme.
        var event200 = Text(await OrderAsync(lan, "city/override", """{"level":100,"reason":"lễ","priority":200}"""), "id");
        city.Pass(1);
        await OrderAsync(minh, "lamps/a/override", """{"level":10,"reason":"thử"}""");
        Assert.Contains($"by order {event200} of lan", (await SentencesAsync(lan))["a"], StringComparison.Ordinal);
        Assert.Contains("and 2 more;", (await SentencesAsync(lan))["a"], StringComparison.Ordinal);
        foreach (var held in city.Lighting.Current.Orders.Values.ToList())
        {
            await lan.SendAsync(HttpMethod.Delete, "/api/v1/lighting/overrides/" + held.Id);
        }

        Assert.All((await SentencesAsync(lan)).Values, s => Assert.StartsWith("Wanted at 60 % by the programme", s, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_contends_the_say_is_with_the_highest_priority_then_the_latest_start_then_who_came_last()
    {
        await using var city = await LampCity.StartAsync();
        var random = new Random(20260922);
        var now = city.Rig.Store.Time.GetUtcNow();
        LightTarget[] places = [LightTarget.City, new(LightScope.Ward, "Hạc Thành"), new(LightScope.Street, "s-1"), new(LightScope.Lamp, "a"), new(LightScope.Lamp, "c")];
        for (var round = 0; round < 60; round++)
        {
            var start = now.AddMinutes(random.Next(0, 6)); // often the same
            await city.OrderAsync(
                places[random.Next(places.Length)], random.Next(0, 101), random.Next(3) * 100, start, random.Next(2) == 0 ? null : start.AddMinutes(random.Next(1, 9)), "x", random.Next(2) == 0 ? "lan" : "minh");
            if (round % 2 == 1)
            {
                var held = city.Lighting.Current.Orders.Values.Skip(1).ToList();
                await city.Lighting.ReleaseAsync(held[random.Next(held.Count)].Sequence, "lan", CancellationToken.None);
            }

            if (round % 7 == 6)
            {
                city.Pass(60);
                await city.Lighting.TickAsync(CancellationToken.None);
            }

            var board = await city.BoardAsync();
            foreach (var lamp in board.Lamps)
            {
                var reference = city.Lighting.Current.Orders.Values
                    .Where(o => o.Start <= board.At && !(o.Expires <= board.At) && board.Directory.Of(o.Target).Any(l => l.Id == lamp.Lamp.Id))
                    .OrderByDescending(o => o.Priority).ThenByDescending(o => o.Start).ThenByDescending(o => o.Sequence)
                    .FirstOrDefault();
                Assert.Equal((reference?.Id, reference?.Level ?? 100), (lamp.Wanted.Override?.Id, lamp.Wanted.Percent));
            }
        }

        Assert.Contains(city.Lighting.Current.Orders.Keys, k => k >= 10);
    }

    [Theory]
    [InlineData("", "city ward/Hạc Thành street/s-1")]
    [InlineData("le loi", "street/s-1")]
    [InlineData("LỢI", "street/s-1")]
    [InlineData("toan", "city")]
    [InlineData("hac", "ward/Hạc Thành street/s-1 lamp/a")]
    [InlineData("loose", "lamp/loose")]
    [InlineData("cho", "group/market")]
    [InlineData("xyz", "")]
    public async Task A_place_is_found_by_a_few_letters(string search, string targets)
    {
        await using var city = await LampCity.StartAsync();
        Assert.Null(await city.Lighting.PutAsync(LightKind.Group, "market", "Chợ Đông", """["lamp/a"]""", null, "an", CancellationToken.None));
        var viewer = await city.Rig.SignInAsync("viewer");
        var found = await viewer.ReadAsync("/api/v1/lighting/targets?limit=3&search=" + Uri.EscapeDataString(search));
        Assert.Equal(targets, string.Join(' ', found.GetProperty("items").EnumerateArray().Select(t => Text(t, "target"))));
        Assert.All(found.GetProperty("items").EnumerateArray(), t => Assert.True(t.GetProperty("lamps").GetInt32() > 0));
    }

    private static string All(double level, double watts, double age, double step) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{{{string.Join(',', new[] { "a", "b", "c" }.Select(l => string.Create(CultureInfo.InvariantCulture, $"\"{l}\":{{\"target\":{level},\"feedback\":{level},\"actual\":{watts},\"actualAgeSeconds\":{age},\"stepAgeSeconds\":{step},\"reason\":\"override\"}}")))}}}""");

    private static async Task<JsonElement> OrderAsync(Person who, string address, string body)
    {
        using var answer = await who.PostAsync("/api/v1/lighting/" + address, body);
        Assert.True((int)answer.StatusCode == 201, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<(int Confirmed, int InForce, int Sent, int Not, int Away, int Outranked)> CountsAsync(Person who, string id)
    {
        who.Rig.Store.Time.Advance(TimeSpan.FromSeconds(0.6));
        var counts = (await who.ReadAsync("/api/v1/lighting/overrides/" + id)).GetProperty("progress");
        int Of(string name) => counts.GetProperty(name).GetInt32();
        return (Of("confirmed"), Of("inForce"), Of("sent"), Of("notFollowed"), Of("away"), Of("outranked"));
    }

    private static async Task<Dictionary<string, string>> SentencesAsync(Person who)
    {
        who.Rig.Store.Time.Advance(TimeSpan.FromSeconds(0.6));
        return (await who.ReadAsync("/api/v1/lighting/lamps?lang=en")).GetProperty("items").EnumerateArray().ToDictionary(l => Text(l, "id"), l => Text(l, "sentence"), StringComparer.Ordinal);
    }

    private static (string Id, string By, int Lamps) Rival(JsonElement order, string list) =>
        Assert.Single(order.GetProperty(list).EnumerateArray()) is var rival ? (Text(rival, "id"), Text(rival, "by"), rival.GetProperty("lamps").GetInt32()) : default;

    private static async Task<int> StatusAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return (int)answer.StatusCode;
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
