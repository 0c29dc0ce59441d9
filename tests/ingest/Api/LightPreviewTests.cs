using System.Globalization;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Previews: what the one function says, with corners where it changes.</summary>
public sealed class LightPreviewTests
{
    private static readonly TimeZoneInfo Vietnam = CityTimeZone.Find(CityTimeZone.Vietnam)!;

    [Fact]
    public async Task A_lamps_preview_has_its_programme_its_override_and_its_minimum()
    {
        await using var rig = await ApiRig.StartAsync();
        var lan = await LightingApiTests.PreparedAsync(rig);
        await LightingApiTests.SaysAsync(lan, "PUT", "settings", """{"scope":"street/s-1","calendar":"streets","minimum":50}""", 200);
        var start = new DateTimeOffset(2026, 11, 23, 20, 0, 0, TimeSpan.FromHours(7));
        await rig.Book.Lighting.OrderAsync(new LightTarget(LightScope.Street, "s-1"), 10, 100, start, start.AddHours(1), "trận đấu", "lan", CancellationToken.None);

        var view = await lan.ReadAsync("/api/v1/lighting/preview?lamp=a&from=2026-11-23T12:00:00%2B07:00&to=2026-11-24T12:00:00%2B07:00&lang=vi");
        Assert.Equal(("streets", "street/s-1", 50), (view.GetProperty("calendar").GetString(), view.GetProperty("calendarOf").GetString(), view.GetProperty("minimum").GetInt32()));
        var corners = view.GetProperty("points").EnumerateArray().Select(Corner).ToList();
        Assert.Contains("20:00 50 override", corners);
        Assert.Contains("21:00 100 programme", corners);
        Assert.Contains("22:30 60 programme", corners);
        var order = view.GetProperty("points").EnumerateArray().First(p => Corner(p) == "20:00 50 override").GetProperty("sentence").GetString();
        Assert.Equal("Lệnh tạm thời 10 % của lan: trận đấu, đến 21:00 23/11 (mức ưu tiên 100). Được nâng lên mức tối thiểu 50 % của nơi này.", order);
        var night = Assert.Single(view.GetProperty("nights").EnumerateArray());
        Assert.Equal(("2026-11-23", "evening", "Đường phố"), (night.GetProperty("date").GetString(), night.GetProperty("programme").GetString(), night.GetProperty("name").GetString()));
        Assert.StartsWith("2026-11-23T17:1", view.GetProperty("sunset").GetString(), StringComparison.Ordinal);
        Assert.True(night.GetProperty("fullHours").GetDouble() < night.GetProperty("burningHours").GetDouble());
        Assert.StartsWith("By the programme", (await lan.ReadAsync("/api/v1/lighting/preview?lamp=a&lang=en")).GetProperty("points")[0].GetProperty("sentence").GetString(), StringComparison.Ordinal);

        static string Corner(JsonElement p) => string.Create(
            CultureInfo.InvariantCulture, $"{p.GetProperty("at").GetDateTimeOffset():HH:mm} {p.GetProperty("level").GetDouble():0} {p.GetProperty("reason").GetString()}");
    }

    [Theory]
    [InlineData("?from=2026-11-23T12:00:00Z", 400)]
    [InlineData("?lamp=none", 404)]
    [InlineData("?lamp=a&from=2026-11-23T12:00:00Z&to=2026-12-02T12:00:00Z", 400)]
    [InlineData("?lamp=a&from=2026-11-23T12:00:00Z&to=2026-11-22T12:00:00Z", 400)]
    [InlineData("?lamp=a&from=9999-12-31T23:59:59Z", 400)]
    [InlineData("?lamp=a&from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", 400)]
    [InlineData("?lamp=a&lang=fr", 400)]
    [InlineData("?lamp=c", 200)]
    public async Task A_preview_is_bounded(string query, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        var lan = await LightingApiTests.PreparedAsync(rig);
        await LightingApiTests.SaysAsync(lan, "GET", "preview" + query, null, status);
    }

    [Fact]
    public async Task A_programme_that_is_not_saved_is_drawn_by_the_sun_of_its_date_and_place_and_kept_nowhere()
    {
        await using var rig = await ApiRig.StartAsync();
        await LightingApiTests.PreparedAsync(rig);
        var viewer = await rig.SignInAsync("viewer");
        var before = rig.Book.Lighting.Current;
        const string Body = """{"programme":{"name":"Thử","points":[{"at":"sunset","level":80,"rampSeconds":1800},{"at":"sunrise","level":0}]},"date":"DATE"PLACE}""";
        var (june, december) = (await ViewAsync("2026-06-21", ",\"place\":\"street/s-1\""), await ViewAsync("2026-12-21", ",\"lat\":19.8,\"lon\":105.77"));
        var shift = TimeOfDay(june, "sunset") - TimeOfDay(december, "sunset");
        Assert.InRange(shift.TotalMinutes, 70, 90); // 18:40 and 17:21 in Thanh Hóa
        Assert.Equal(june.GetProperty("sunset").GetDateTimeOffset(), june.GetProperty("nights")[0].GetProperty("times")[0].GetDateTimeOffset());
        Assert.Equal("Theo chương trình “Thử”.", june.GetProperty("points")[0].GetProperty("sentence").GetString());
        Assert.Equal([0, 0, 80, 80, 0, 0], june.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("level").GetDouble()));
        var night = june.GetProperty("nights")[0];
        Assert.InRange((night.GetProperty("dusk").GetDateTimeOffset() - june.GetProperty("sunset").GetDateTimeOffset()).TotalMinutes, 20, 32);
        Assert.Equal(JsonValueKind.Null, (await ViewAsync("2026-06-21", ",\"lat\":66,\"lon\":25")).GetProperty("nights")[0].GetProperty("dusk").ValueKind);

        await LightingApiTests.SaysAsync(viewer, "POST", "preview", Body.Replace("DATE", "2026-06-21", StringComparison.Ordinal).Replace("PLACE", ",\"lat\":19.8", StringComparison.Ordinal), 400, "field", "lat");
        await LightingApiTests.SaysAsync(viewer, "POST", "preview", """{"programme":{"points":[{"at":"sunset","level":180}]}}""", 400, "field", "points[0].level");
        Assert.Same(before, rig.Book.Lighting.Current);

        var tonight = await viewer.ReadAsync("/api/v1/lighting/preview/programmes?date=2026-06-21&place=street/s-1");
        Assert.Equal(["evening", "park"], tonight.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()));
        Assert.Equal(june.GetProperty("sunset").GetDateTimeOffset(), tonight.GetProperty("sunset").GetDateTimeOffset());

        Task<JsonElement> ViewAsync(string date, string place) => LightingApiTests.SaysAsync(
            viewer, "POST", "preview?lang=vi", Body.Replace("DATE", date, StringComparison.Ordinal).Replace("PLACE", place, StringComparison.Ordinal), 200);

        static TimeSpan TimeOfDay(JsonElement view, string member) => view.GetProperty(member).GetDateTimeOffset().TimeOfDay;
    }

    [Fact]
    public async Task A_year_has_every_night_with_its_programme_and_the_rule_that_named_it()
    {
        await using var rig = await ApiRig.StartAsync();
        await LightingApiTests.PreparedAsync(rig);
        var viewer = await rig.SignInAsync("viewer");
        var saved = await LightingApiTests.SaysAsync(viewer, "POST", "preview/year", """{"year":2028,"id":"streets"}""", 200);
        Assert.Equal(366, saved.GetProperty("nights").GetArrayLength());
        Assert.Equal("evening ", Night(saved, "2028-02-29"));
        Assert.Equal("park 1", Night(saved, "2028-02-26"));
        Assert.Equal(["evening 354", "park 12"], saved.GetProperty("programmes").EnumerateArray().Select(p => $"{p.GetProperty("id")} {p.GetProperty("nights")}"));
        var unsaved = await LightingApiTests.SaysAsync(
            viewer, "POST", "preview/year", """{"year":2026,"calendar":{"rules":[{"programme":"park","from":"02-29","to":"03-01"},{"programme":"evening","holidays":"tet"}]}}""", 200);
        Assert.Equal(365, unsaved.GetProperty("nights").GetArrayLength());
        Assert.Equal(("evening 1", "park 0", " "), (Night(unsaved, "2026-02-17"), Night(unsaved, "2026-03-01"), Night(unsaved, "2026-03-02")));
        var none = unsaved.GetProperty("programmes")[0];
        Assert.Equal((JsonValueKind.Null, 363), (none.GetProperty("id").ValueKind, none.GetProperty("nights").GetInt32()));
        Assert.Equal(363 * 24.0, none.GetProperty("fullHours").GetDouble());

        await LightingApiTests.SaysAsync(viewer, "POST", "preview/year", """{"year":2026}""", 400, "field", "id");
        await LightingApiTests.SaysAsync(viewer, "POST", "preview/year", """{"year":1,"id":"streets"}""", 400, "field", "year");
        await LightingApiTests.SaysAsync(viewer, "POST", "preview/year", """{"year":2026,"id":"none"}""", 404);
        await LightingApiTests.SaysAsync(viewer, "POST", "preview/year", """{"year":2026,"calendar":{"rules":[{"programme":"none"}]}}""", 400, "field", "rules[0].programme");

        static string Night(JsonElement year, string date)
        {
            var night = year.GetProperty("nights").EnumerateArray().Single(n => n.GetProperty("date").GetString() == date);
            return $"{night.GetProperty("programme").GetString()} {night.GetProperty("rule")}";
        }
    }

    /// <summary>Between two corners a straight line is what the function says, for any programme, minimum and override.</summary>
    [Fact]
    public void The_line_between_the_corners_is_the_level_at_every_moment()
    {
        var random = new Random(5);
        for (var n = 0; n < 150; n++)
        {
            var plan = Plan(random);
            var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(600_000));
            var to = from.AddMinutes(random.Next(1, 4000));
            var corners = LightCurve.Of(plan, from, to);
            Assert.Equal((from, to), (corners[0].At, corners[^1].At));
            for (var m = 0; m < 300; m++)
            {
                var at = from + ((to - from) * random.NextDouble());
                var level = City.Lighting.Level(plan, at);
                var i = corners.Count - 2;
                while (corners[i].At > at)
                {
                    i--;
                }

                var (before, after) = (corners[i], corners[i + 1]);
                var drawn = before.Level.Percent + ((after.Level.Percent - before.Level.Percent) * ((at - before.At) / (after.At - before.At)));
                Assert.True(Math.Abs(drawn - level.Percent) < 0.01, $"plan {n} at {at:O}: drawn {drawn}, is {level.Percent}");
                Assert.Equal(level with { Percent = 0 }, before.Level with { Percent = 0 });
            }
        }
    }

    private static LampPlan Plan(Random random)
    {
        var points = new List<SwitchPoint>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            points.Add(new SwitchPoint(new SwitchTime((SwitchBase)random.Next(1, 3), random.Next(-300, 300)), random.Next(101), TimeSpan.FromSeconds(random.Next(3) == 0 ? 0 : random.Next(20_000))));
        }

        var programme = new LightProgramme("p", points);
        return new LampPlan("l", new LampPlace(Vietnam, random.Next(4) == 0 ? double.NaN : random.Next(-70, 70), 105))
        {
            Calendar = random.Next(10) == 0 ? null : new LightCalendar("c", "p", []),
            Programmes = new Dictionary<string, LightProgramme>(StringComparer.Ordinal) { ["p"] = programme },
            Minimum = random.Next(2) == 0 ? 0 : random.Next(100),
            Overrides = [.. Enumerable.Range(0, random.Next(3)).Select(i =>
            {
                var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(600_000));
                return new LightOverride($"o-{i}", random.Next(101), random.Next(3), start) { Expires = random.Next(2) == 0 ? null : start.AddMinutes(random.Next(100_000)) };
            })],
        };
    }
}
