using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.City.Tests;

/// <summary>
/// The level at every minute of random programmes, calendars, holidays and overrides, against <see cref="SlowLighting"/>. What is asked is the document after the way
/// from the server to a gateway: written, read, and made a plan there. What is expected comes from the parts as they were made.
/// </summary>
public sealed class LightingPropertyTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    private static bool Long => Environment.GetEnvironmentVariable("SMARTCITY_LONG") == "1";

    [Fact]
    public void Every_minute_of_random_nights() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(9 * 366 * 1440));
        AssertSame(seed, random.Next(RandomLighting.Places.Length), start, days: 3);
    }));

    [Fact]
    public void Every_minute_of_nights_in_which_the_clock_changes() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var place = random.Next(RandomLighting.Places.Length);
        if (RandomLighting.BeforeClockChange(place, random) is { } start)
        {
            AssertSame(seed, place, start, days: 2);
        }
    }));

    [Theory]
    [InlineData(0, 2028)] // a leap year at Thanh Hóa
    [InlineData(1, 2027)]
    [InlineData(2, 2028)] // polar day and night in one
    [InlineData(3, 2026)]
    [InlineData(4, 2026)]
    [InlineData(5, 2027)]
    [InlineData(6, 2028)]
    [InlineData(7, 2027)]
    public void Every_minute_of_a_year(int place, int year)
    {
        var years = Long ? 12 : 1;
        for (var n = 0; n < years; n++)
        {
            var start = new DateTimeOffset(year + (n % 5), 1, 1, 0, 0, 0, TimeSpan.Zero);
            var seen = AssertSame((1_000 * n) + place, place, start, days: DateTime.IsLeapYear(start.Year) ? 366 : 365);
            Assert.True(seen is { Programmed: > 100_000 } or { Default: > 100_000 } or { Overridden: > 100_000 }, $"{seen}");
        }
    }

    // How many minutes of what there were: a year in which nothing happens proves nothing.
    private static (int Default, int Programmed, int Overridden, int Between) AssertSame(int seed, int place, DateTimeOffset start, int days)
    {
        var document = RandomLighting.Document(seed, place, start, days);
        var slow = new SlowLighting(RandomLighting.PlanOf(document));
        var plan = DesiredDocument.Read(document.Write()).Plan(RandomLighting.Lamp);
        var seen = (Default: 0, Programmed: 0, Overridden: 0, Between: 0);
        for (var minute = 0; minute < days * 1440; minute++)
        {
            var instant = start.AddMinutes(minute);
            var expected = slow.Level(instant);
            var level = City.Lighting.Level(plan, instant);
            if (Math.Abs(level.Percent - expected.Percent) > 1e-9 || level.Reason != expected.Reason)
            {
                Assert.Fail($"seed {seed}, place {place}, {instant:O}: {level.Percent} {level.Reason}, not {expected}\n{Describe(plan, instant)}");
            }

            seen.Default += level.Reason == LightReason.Default ? 1 : 0;
            seen.Programmed += level.Reason == LightReason.Programme ? 1 : 0;
            seen.Overridden += level.Reason == LightReason.Override ? 1 : 0;
            seen.Between += level.Percent is > 0 and < 100 ? 1 : 0;
        }

        return seen;
    }

    private static string Describe(LampPlan plan, DateTimeOffset instant)
    {
        var night = plan.NightOf(instant);
        return string.Join('\n', night.Programme?.Points.Zip(night.Times, (p, t) => $"{p.At} {p.Level} {p.Ramp} → {t:O}") ?? [])
            + $"\nsunset {night.Night.Sunset:O} sunrise {night.Night.Sunrise:O} minimum {plan.Minimum}";
    }
}
