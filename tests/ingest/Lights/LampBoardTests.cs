using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>Orders, reports and telemetry come together: what each lamp really does.</summary>
public sealed class LampBoardTests
{
    [Fact]
    public async Task An_order_is_sent_then_in_force_then_confirmed_by_power_that_was_measured_after_the_step()
    {
        await using var city = await LampCity.StartAsync();
        await city.ReportAsync("""{"a":{"target":100,"feedback":100,"actual":100,"actualAgeSeconds":1,"stepAgeSeconds":50,"reason":"default"}}""");
        Assert.Equal((LampFollow.Confirmed, null), await city.FollowAsync("a"));

        await city.OrderAsync(LightTarget.City, 40);
        Assert.Equal((LampFollow.Sent, null), await city.FollowAsync("a"));
        city.Send();
        city.Pass(1);
        await city.ReportAsync("""{"a":{"target":40,"feedback":100,"actual":100,"actualAgeSeconds":2,"stepAgeSeconds":51,"reason":"override"}}""");
        Assert.Equal((LampFollow.Sent, null), await city.FollowAsync("a"));
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"actual":100,"actualAgeSeconds":3,"stepAgeSeconds":1,"reason":"override"}}""");
        Assert.Equal((LampFollow.InForce, null), await city.FollowAsync("a"));
        city.Pass(2);
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"actual":43.1,"actualAgeSeconds":0.1,"stepAgeSeconds":3,"reason":"override"}}""");
        Assert.Equal((LampFollow.Confirmed, null), await city.FollowAsync("a"));
        Assert.Equal((43.1, 43.6), ((await city.FindAsync("a")).Actual, Math.Round((await city.FindAsync("a")).Expected, 1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"stepAgeSeconds\":-5")]
    public async Task A_report_that_does_not_say_when_it_stepped_confirms_nothing_by_power_older_than_the_order(string step)
    {
        await using var city = await LampCity.StartAsync();
        await city.OrderAsync(LightTarget.City, 40);
        city.Send();
        city.Pass(1);
        await city.ReportAsync("{\"a\":{\"target\":40,\"feedback\":40,\"actual\":43.1,\"actualAgeSeconds\":100,\"reason\":\"override\"" + step + "}}");
        Assert.Equal((LampFollow.InForce, LampWhy.Unmeasured), await city.FollowAsync("a"));
        city.Pass(3);
        await city.ReportAsync("{\"a\":{\"target\":40,\"feedback\":40,\"actual\":43.1,\"actualAgeSeconds\":1,\"reason\":\"override\"" + step + "}}");
        Assert.Equal((LampFollow.Confirmed, null), await city.FollowAsync("a"));
    }

    [Fact]
    public async Task What_no_lamp_can_draw_is_as_good_as_not_said()
    {
        await using var city = await LampCity.StartAsync();
        await city.ReportAsync("""{"a":{"target":1e308,"feedback":-1e308,"actual":1e308,"actualAgeSeconds":1},"b":{"target":100,"feedback":100,"actual":1e308,"actualAgeSeconds":1}}""");
        var lamp = await city.FindAsync("a");
        Assert.Equal((null, null, null), (lamp.Target, lamp.Feedback, lamp.Actual));
        var b = await city.FindAsync("b");
        Assert.Equal((100.0, null), (b.Target!.Value, b.Actual));
    }

    [Fact]
    public async Task Telemetry_confirms_a_level_only_if_its_own_reading_says_that_it_was_in_force()
    {
        await using var city = await LampCity.StartAsync();
        await city.OrderAsync(LightTarget.City, 40);
        city.Send();
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"stepAgeSeconds":1,"reason":"override"}}""");
        city.Measure("a", 100, 100);
        Assert.Equal((LampFollow.InForce, null), await city.FollowAsync("a"));
        Assert.Equal(100, (await city.FindAsync("a")).Actual);
        city.Measure("a", 40, 43);
        Assert.Equal((LampFollow.Confirmed, null), await city.FollowAsync("a"));

        // A driver needs a moment: what was measured before it was there says nothing.
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"stepAgeSeconds":0,"reason":"override"}}""");
        city.Measure("a", 40, 43, before: 0.5);
        Assert.Equal((LampFollow.InForce, null), await city.FollowAsync("a"));
        city.Measure("a", 40, 43);
        Assert.Equal((LampFollow.InForce, null), await city.FollowAsync("a"));
        city.Pass(1);
        city.Measure("a", 40, 60);
        Assert.Equal((LampFollow.NotFollowed, LampWhy.PowerDoesNotFit), await city.FollowAsync("a"));
        city.Measure("a", 40, 1);
        Assert.Equal((LampFollow.NotFollowed, LampWhy.NoPower), await city.FollowAsync("a"));
    }

    [Fact]
    public async Task A_gateway_that_is_away_behind_or_refuses_is_seen_on_each_of_its_lamps()
    {
        await using var city = await LampCity.StartAsync();
        await city.OrderAsync(LightTarget.City, 40);
        city.Send();
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"reason":"override"},"b":{"target":40,"feedback":40,"reason":"override"}}""");
        Assert.Equal((LampFollow.InForce, LampWhy.Unmeasured), await city.FollowAsync("a"));

        await city.OrderAsync(new LightTarget(LightScope.Street, "s-1"), 80);
        city.Send();
        city.Pass(20);
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"reason":"override"},"b":{"target":40,"feedback":40,"reason":"override"}}""", version: city.Version - 1);
        Assert.Equal((LampFollow.NotFollowed, LampWhy.OlderVersion), await city.FollowAsync("a"));
        Assert.Equal((city.Version - 1, city.Version), ((await city.FindAsync("a")).Version!.Value, (await city.FindAsync("a")).DesiredVersion!.Value));
        await city.ReportAsync("{}", version: city.Version - 1, refused: city.Version);
        Assert.Equal((LampFollow.NotFollowed, LampWhy.Refused), await city.FollowAsync("a"));
        city.Online = false;
        Assert.Equal((LampFollow.NotFollowed, LampWhy.GatewayAway), await city.FollowAsync("a"));
        Assert.Equal((LampFollow.NotFollowed, LampWhy.GatewayAway), await city.FollowAsync("loose"));
    }

    [Fact]
    public async Task A_ramp_is_followed_though_reports_come_behind_it_and_a_step_is_not()
    {
        await using var city = await LampCity.StartAsync();

        // 17:00 UTC is midnight here: from 100 % down to 40 % within ten minutes, then a step to 20 %.
        city.PassTo(16, 50);
        await city.PutAsync(LightKind.Programme, "p", """{"points":[{"at":"18:00","level":100},{"at":"00:00","level":40,"rampSeconds":600},{"at":"00:30","level":20},{"at":"06:00","level":0}]}""");
        await city.PutAsync(LightKind.Calendar, "default", """{"default":"p","rules":[]}""");
        city.Send();
        city.PassTo(17, 5);
        var wanted = (await city.FindAsync("a")).Wanted.Percent;
        Assert.InRange(wanted, 69.9, 70);
        await city.ReportAsync("""{"a":{"target":71,"feedback":72,"actual":75,"actualAgeSeconds":2,"stepAgeSeconds":5,"reason":"programme"}}""");
        Assert.Equal((LampFollow.Confirmed, null), await city.FollowAsync("a"));
        await city.ReportAsync("""{"a":{"target":100,"feedback":100,"actual":100,"actualAgeSeconds":2,"stepAgeSeconds":305,"reason":"programme"}}""");
        Assert.Equal((LampFollow.NotFollowed, LampWhy.OtherLevel), await city.FollowAsync("a"));

        city.PassTo(17, 30);
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"actual":43,"actualAgeSeconds":2,"stepAgeSeconds":305,"reason":"programme"}}""");
        Assert.Equal((LampFollow.Sent, null), await city.FollowAsync("a"));
        city.Pass(20);
        Assert.Equal((LampFollow.NotFollowed, LampWhy.OtherLevel), await city.FollowAsync("a"));
    }

    [Fact]
    public async Task Open_alerts_of_a_lamp_stand_beside_it_until_they_are_over()
    {
        await using var city = await LampCity.StartAsync();
        await city.Rig.RaiseAsync(BookRig.Change("x-1", kind: "lamp", device: "a", zone: null), BookRig.Change("x-2", kind: "door", device: "a", zone: null));
        Assert.Equal(["smoke"], (await city.FindAsync("a")).Faults);
        Assert.Empty((await city.FindAsync("b")).Faults);
        await city.Rig.RaiseAsync(
            BookRig.Change("x-1", "cleared", AlertChangeKind.Cleared, "lamp", device: "a", zone: null, autoResolve: true),
            BookRig.Change("x-2", "cleared", AlertChangeKind.Cleared, "door", device: "a", zone: null, autoResolve: true));
        Assert.Empty((await city.FindAsync("a")).Faults);
    }

    [Fact]
    public async Task The_api_lists_lamps_of_a_place_with_a_sentence_in_the_callers_language_and_counts()
    {
        await using var city = await LampCity.StartAsync();
        var order = await city.OrderAsync(new LightTarget(LightScope.Street, "s-1"), 40, reason: "trận đấu");
        city.Send();
        city.Pass(20);
        await city.ReportAsync("""{"a":{"target":40,"feedback":40,"actual":43.1,"actualAgeSeconds":0.1,"stepAgeSeconds":3,"reason":"override"},"b":{"target":40,"feedback":40,"actual":0.3,"actualAgeSeconds":0.1,"stepAgeSeconds":3,"reason":"override"},"c":{"target":100,"feedback":100,"reason":"default"}}""");
        var viewer = await city.Rig.SignInAsync("viewer");
        var page = await viewer.ReadAsync("/api/v1/lighting/lamps?target=street/s-1&lang=en");
        Assert.Equal(
            [
                ("a", "confirmed", null, $"Wanted at 40 % by order {order.Id} of lan “trận đấu” (priority 100, until released); it does, 43.1 W measured."),
                ("b", "not-followed", "no-power", $"Wanted at 40 % by order {order.Id} of lan “trận đấu” (priority 100, until released); but it takes no power, only 0.3 W measured."),
            ],
            page.GetProperty("items").EnumerateArray().Select(l => (
                l.GetProperty("id").GetString()!, l.GetProperty("follow").GetString()!, l.GetProperty("why").GetString(), l.GetProperty("sentence").GetString()!)));
        Assert.Equal((1, 1, 0), (Count(page, "confirmed"), Count(page, "notFollowed"), Count(page, "away")));

        var city1 = await viewer.ReadAsync("/api/v1/lighting/lamps?limit=1&cursor=b");
        Assert.Equal(("c", "c"), (city1.GetProperty("items")[0].GetProperty("id").GetString(), city1.GetProperty("next").GetString()));
        Assert.StartsWith("Cần sáng 100 % vì đêm nay không có chương trình nào; ", city1.GetProperty("items")[0].GetProperty("sentence").GetString(), StringComparison.Ordinal);
        var none = await viewer.ReadAsync("/api/v1/lighting/lamps?target=street/s-1&follow=not-followed");
        Assert.Equal("b", Assert.Single(none.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        foreach (var bad in new[] { "target=street", "follow=ok", "lang=fr" })
        {
            using var answer = await viewer.GetAsync("/api/v1/lighting/lamps?" + bad);
            Assert.Equal(400, (int)answer.StatusCode);
        }
    }

    private static int Count(JsonElement page, string name) => page.GetProperty("counts").GetProperty(name).GetInt32();
}
