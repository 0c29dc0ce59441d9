using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.City.Tests;

/// <summary>The level at every minute of random programmes, calendars, holidays and overrides, against <see cref="SlowLighting"/>.</summary>
public sealed class LightingPropertyTests
{
    private static readonly (string Zone, double Latitude, double Longitude)[] Places =
    [
        ("Asia/Ho_Chi_Minh", 19.807, 105.776),
        ("Europe/Oslo", 59.91, 10.75),
        ("Europe/Oslo", 69.65, 18.96),
        ("Australia/Lord_Howe", -31.55, 159.08), // daylight saving of half an hour
        ("America/Santiago", -33.45, -70.67), // the clock changes at midnight
        ("Antarctica/McMurdo", -77.85, 166.67),
        ("Asia/Ho_Chi_Minh", double.NaN, double.NaN),
        ("UTC", 10, 105), // a clock that is not the sun's
    ];

    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void Every_minute_of_random_nights() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(3 * 366 * 1440));
        AssertSame(RandomPlan(random, start), start, days: 3);
    }));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Every_minute_of_a_leap_year(int seed, int place)
    {
        var start = new DateTimeOffset(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);
        AssertSame(RandomPlan(new Random(seed), start, place), start, days: 366);
    }

    private static void AssertSame(LampPlan plan, DateTimeOffset start, int days)
    {
        var slow = new SlowLighting(plan);
        for (var minute = 0; minute < days * 1440; minute++)
        {
            var instant = start.AddMinutes(minute);
            var expected = slow.Level(instant);
            var level = City.Lighting.Level(plan, instant);
            if (Math.Abs(level.Percent - expected.Percent) > 1e-9 || level.Reason != expected.Reason)
            {
                Assert.Fail($"{instant:O} at {plan.Place}: {level.Percent} {level.Reason}, not {expected}\n{Describe(plan, instant)}");
            }
        }
    }

    private static string Describe(LampPlan plan, DateTimeOffset instant)
    {
        var night = plan.NightOf(instant);
        return string.Join('\n', night.Programme?.Points.Zip(night.Times, (p, t) => $"{p.At} {p.Level} {p.Ramp} → {t:O}") ?? [])
            + $"\nsunset {night.Night.Sunset:O} sunrise {night.Night.Sunrise:O} minimum {plan.Minimum}";
    }

    private static LampPlan RandomPlan(Random random, DateTimeOffset around, int? place = null)
    {
        var (zone, latitude, longitude) = Places[place ?? random.Next(Places.Length)];
        var programmes = Enumerable.Range(0, 4).Select(n => RandomProgramme($"p{n}", random)).ToDictionary(p => p.Id, StringComparer.Ordinal);
        var holidays = new Dictionary<string, IReadOnlySet<DateOnly>>(StringComparer.Ordinal)
        {
            ["tet"] = Enumerable.Range(0, 5).Select(n => DateOnly.FromDateTime(around.DateTime).AddDays(random.Next(-3, 10))).ToHashSet(),
        };
        var rules = Enumerable.Range(0, random.Next(4)).Select(_ => RandomRule(random, around)).ToList();
        return new LampPlan("lamp", new LampPlace(CityTimeZone.Find(zone)!, latitude, longitude))
        {
            Calendar = random.Next(20) == 0 ? null : new LightCalendar("c", random.Next(6) == 0 ? null : "p0", rules),
            Programmes = programmes,
            Holidays = holidays,
            Minimum = random.Next(3) == 0 ? random.Next(60) : 0,
            Overrides = [.. Enumerable.Range(0, random.Next(4)).Select(n => RandomOverride($"o{n}", random, around))],
        };
    }

    private static LightProgramme RandomProgramme(string id, Random random)
    {
        while (true)
        {
            var points = Enumerable.Range(0, random.Next(1, 7)).Select(_ => new SwitchPoint(
                random.Next(4) switch
                {
                    0 => new SwitchTime(SwitchBase.Sunset, random.Next(-90, 120)),
                    1 => new SwitchTime(SwitchBase.Sunrise, random.Next(-120, 90)),
                    _ => new SwitchTime(SwitchBase.Clock, random.Next(1440)),
                },
                random.Next(101),
                TimeSpan.FromSeconds(random.Next(3) == 0 ? random.Next(7_200) : 0))).ToList();
            if (LightProgramme.Fault(points) is null)
            {
                return new LightProgramme(id, points);
            }
        }
    }

    private static CalendarRule RandomRule(Random random, DateTimeOffset around)
    {
        var date = DateOnly.FromDateTime(around.DateTime).AddDays(random.Next(-2, 4));
        var rule = new CalendarRule($"p{random.Next(1, 4)}");
        return random.Next(5) switch
        {
            0 => rule with { From = date, To = date.AddDays(random.Next(200)) },
            1 => rule with { Yearly = (MonthDay.Of(date), MonthDay.Of(date.AddDays(random.Next(300)))) },
            2 => rule with { Weekdays = [(DayOfWeek)random.Next(7), (DayOfWeek)random.Next(7)] },
            3 => rule with { Weekdays = [(DayOfWeek)random.Next(7), (DayOfWeek)random.Next(7)], Nth = [random.Next(1, 6), -1] },
            _ => rule with { Holidays = "tet", From = random.Next(2) == 0 ? date : null },
        };
    }

    private static LightOverride RandomOverride(string id, Random random, DateTimeOffset around)
    {
        var start = around.AddMinutes(random.Next(-600, 3_600));
        return new LightOverride(id, random.Next(101), random.Next(3) * 100, start)
        {
            Expires = random.Next(2) == 0 ? null : start.AddMinutes(random.Next(1, 900)),
        };
    }
}
