using System.Globalization;

namespace SmartCity.City.Tests;

/// <summary>Programmes, calendars and overrides by example.</summary>
public sealed class LightingTests
{
    private const string Usual = "sunset-10 100, 22:00 60, 05:00 100, sunrise+10 0";

    [Theory]
    [InlineData("22:30", true)]
    [InlineData("00:00", true)]
    [InlineData("23:59", true)]
    [InlineData("sunset", true)]
    [InlineData("sunset-15", true)]
    [InlineData("sunrise+360", true)]
    [InlineData("24:00", false)]
    [InlineData("7:30", false)]
    [InlineData("12:60", false)]
    [InlineData("sunset+361", false)]
    [InlineData("sunset15", false)]
    [InlineData("sunset+", false)]
    [InlineData("sunrise+-5", false)]
    [InlineData("Sunset", false)]
    [InlineData("noon", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Switch_times_are_read_and_written_the_same(string? text, bool good)
    {
        Assert.Equal(good, SwitchTime.TryParse(text, out var time));
        if (good)
        {
            Assert.Equal(text, time.ToString());
        }
    }

    [Theory]
    // Thanh Hóa on 22 November 2026: sunset 17:17, sunrise 06:09 (+7).
    [InlineData("2026-11-22 17:00", 0)]
    [InlineData("2026-11-22 17:08", 100)]
    [InlineData("2026-11-22 21:59", 100)]
    [InlineData("2026-11-22 22:00", 60)]
    [InlineData("2026-11-23 04:59", 60)]
    [InlineData("2026-11-23 05:00", 100)]
    [InlineData("2026-11-23 06:18", 100)]
    [InlineData("2026-11-23 06:24", 0)]
    [InlineData("2026-11-23 11:59", 0)]
    public void A_usual_night(string local, double expected) => Assert.Equal(expected, Level(Usual, "Asia/Ho_Chi_Minh", 19.8, 105.78, local));

    [Theory]
    // 60° N in midsummer: sunset 21:28, sunrise 02:36 (UTC at 0° E). What is fixed does nothing outside the night.
    [InlineData("sunset 100, 20:00 70, 23:00 50, 05:00 90, sunrise 0", "2026-06-21 20:30", 0)]
    [InlineData("sunset 100, 20:00 70, 23:00 50, 05:00 90, sunrise 0", "2026-06-21 21:30", 70)]
    [InlineData("sunset 100, 20:00 70, 23:00 50, 05:00 90, sunrise 0", "2026-06-21 23:00", 50)]
    [InlineData("sunset 100, 20:00 70, 23:00 50, 05:00 90, sunrise 0", "2026-06-22 02:30", 50)]
    [InlineData("sunset 100, 20:00 70, 23:00 50, 05:00 90, sunrise 0", "2026-06-22 02:40", 0)]
    [InlineData("sunset 100, 20:00 70, 23:00 50, 05:00 90, sunrise 0", "2026-06-22 06:00", 0)]
    [InlineData("sunset+180 100, sunrise-180 0", "2026-06-22 00:29", 0)] // it would close before it opens: nothing burns
    public void A_short_night(string programme, string local, double expected) => Assert.Equal(expected, Level(programme, "UTC", 60, 0, local));

    [Theory]
    // Tromsø: the sun does not set at midsummer and does not rise at midwinter.
    [InlineData("sunset-30 100, sunrise+30 0", "2026-06-21 22:00", 0)]
    [InlineData("sunset-30 100, sunrise+30 0", "2026-06-22 00:45", 0)]
    [InlineData("sunset-30 100, sunrise+30 0", "2026-06-22 03:00", 0)]
    [InlineData("sunset+30 100, 23:00 60, 05:00 90, sunrise-30 0", "2026-12-21 12:00", 100)]
    [InlineData("sunset+30 100, 23:00 60, 05:00 90, sunrise-30 0", "2026-12-21 23:30", 60)]
    [InlineData("sunset+30 100, 23:00 60, 05:00 90, sunrise-30 0", "2026-12-22 11:59", 90)]
    public void A_sun_that_does_not_set_or_rise(string programme, string local, double expected) =>
        Assert.Equal(expected, Level(programme, "Europe/Oslo", 69.65, 18.96, local));

    [Theory]
    // Oslo puts its clock forward on 29 March 2026 at 02:00 and back on 25 October 2026 at 03:00.
    [InlineData("2026-03-29 01:59+01:00", 100)]
    [InlineData("2026-03-29 03:29+02:00", 100)]
    [InlineData("2026-03-29 03:30+02:00", 40)] // where 02:30 would have been
    [InlineData("2026-10-25 02:29+02:00", 100)]
    [InlineData("2026-10-25 02:30+02:00", 40)] // the first 02:30
    [InlineData("2026-10-25 02:10+01:00", 40)]
    [InlineData("2026-10-25 06:59+01:00", 40)]
    [InlineData("2026-10-25 07:00+01:00", 0)]
    public void The_clock_is_put_forward_and_back(string at, double expected) => Assert.Equal(
        expected,
        City.Lighting.Level(Plan("18:00 100, 02:30 40, 07:00 0", "Europe/Oslo", 59.91, 10.75), DateTimeOffset.ParseExact(at, "yyyy-MM-dd HH:mmzzz", CultureInfo.InvariantCulture)).Percent);

    [Theory]
    [InlineData("2026-05-01 18:00", 0)]
    [InlineData("2026-05-01 18:05", 50)]
    [InlineData("2026-05-01 18:10", 100)]
    [InlineData("2026-05-01 20:06", 80)] // a fifth of the way down to 0 in half an hour …
    [InlineData("2026-05-01 20:16", 62.5)] // … from 60 at 20:12 half the way up to 65
    [InlineData("2026-05-01 20:30", 65)]
    public void Ramps_go_evenly_and_an_interrupted_one_goes_on_from_where_it_is(string local, double expected) =>
        Assert.Equal(expected, Level("18:00 100 600, 20:00 0 1800, 20:12 65 480, 06:00 0", "UTC", 0, 0, local), 9);

    [Fact]
    public void Where_nobody_knows_the_place_it_is_dark_from_17_to_7()
    {
        Assert.Equal(0, Level("sunset 100, sunrise 0", "UTC", double.NaN, double.NaN, "2026-05-01 16:59"));
        Assert.Equal(100, Level("sunset 100, sunrise 0", "UTC", double.NaN, double.NaN, "2026-05-01 17:00"));
        Assert.Equal(100, Level("sunset 100, sunrise 0", "UTC", double.NaN, double.NaN, "2026-05-02 06:59"));
        Assert.Equal(0, Level("sunset 100, sunrise 0", "UTC", double.NaN, double.NaN, "2026-05-02 07:00"));
    }

    [Theory]
    [InlineData("2026-11-22", "sunday")] // a Sunday; the last one is the 29th
    [InlineData("2026-11-29", "last")]
    [InlineData("2026-11-07", "first")] // the first Saturday
    [InlineData("2026-11-14", "usual")]
    [InlineData("2027-02-06", "festival")] // Tết, before the Saturday
    [InlineData("2026-12-31", "winter")]
    [InlineData("2027-01-15", "winter")]
    [InlineData("2027-01-16", "usual")]
    [InlineData("2028-02-29", "leap")]
    [InlineData("2026-07-01", "works")]
    [InlineData("2027-07-01", "usual")]
    public void The_first_rule_that_holds_of_the_date_of_the_evening_wins(string date, string expected)
    {
        var holidays = new Dictionary<string, IReadOnlySet<DateOnly>>(StringComparer.Ordinal) { ["tet"] = new HashSet<DateOnly> { new(2027, 2, 6) } };
        var calendar = new LightCalendar("c", "usual",
        [
            new("festival") { Holidays = "tet" },
            new("last") { Weekdays = [DayOfWeek.Sunday], Nth = [-1] },
            new("first") { Weekdays = [DayOfWeek.Saturday], Nth = [1] },
            new("winter") { Yearly = (new(12, 20), new(1, 15)) },
            new("leap") { Yearly = (new(2, 29), new(2, 29)) },
            new("works") { From = new(2026, 6, 30), To = new(2026, 7, 1) },
            new("sunday") { Weekdays = [DayOfWeek.Sunday] },
        ]);
        Assert.Equal(expected, calendar.ProgrammeOf(DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture), holidays));
    }

    [Fact]
    public void The_early_morning_belongs_to_the_evening_before()
    {
        var plan = new LampPlan("lamp", new LampPlace(TimeZoneInfo.Utc, 0, 0))
        {
            Calendar = new LightCalendar("c", "off", [new("on") { Weekdays = [DayOfWeek.Sunday] }]),
            Programmes = new Dictionary<string, LightProgramme>(StringComparer.Ordinal) { ["on"] = Programme("on", "12:00 100"), ["off"] = Programme("off", "12:00 0") },
        };
        Assert.Equal(0, City.Lighting.Level(plan, new(2026, 11, 22, 11, 59, 59, TimeSpan.Zero)).Percent);
        Assert.Equal(100, City.Lighting.Level(plan, new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero)).Percent);
        Assert.Equal(100, City.Lighting.Level(plan, new(2026, 11, 23, 11, 59, 59, TimeSpan.Zero)).Percent);
        Assert.Equal(0, City.Lighting.Level(plan, new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)).Percent);
    }

    [Fact]
    public void Highest_priority_then_latest_wins_and_after_it_the_programme_of_that_moment_returns()
    {
        var at = new DateTimeOffset(2026, 5, 1, 20, 0, 0, TimeSpan.Zero);
        var plan = Plan("18:00 100, 22:00 60, 06:00 0", "UTC", 0, 0,
        [
            new("a", 30, 10, at) { Expires = at.AddHours(3) },
            new("b", 20, 10, at.AddHours(1)) { Expires = at.AddHours(2), By = "lan", Reason = "match" },
            new("c", 90, LightOverride.EverythingOn, at.AddMinutes(90)) { Expires = at.AddMinutes(100) },
            new("d", 5, 0, at.AddHours(-9)),
        ]);
        (int Minutes, double Level)[] expected = [(-1, 5), (0, 30), (59, 30), (60, 20), (90, 90), (99, 90), (100, 20), (120, 30), (179, 30), (180, 5)];
        foreach (var (minutes, level) in expected)
        {
            Assert.Equal(level, City.Lighting.Level(plan, at.AddMinutes(minutes)).Percent);
        }

        Assert.Equal(
            "override b (priority 10) by lan: match, until 2026-05-01 22:00:00+00:00", City.Lighting.Level(plan, at.AddMinutes(61)).Sentence());

        // Released, and expired at 23:00: the programme's level of that moment, not the one before.
        var released = Plan("18:00 100, 22:00 60, 06:00 0", "UTC", 0, 0, [plan.Overrides[0]]);
        Assert.Equal((60.0, LightReason.Programme), Of(City.Lighting.Level(released, at.AddHours(3))));
    }

    [Fact]
    public void The_streets_minimum_holds_in_the_dark_only()
    {
        // 0° N 0° E on 1 May: sunset 18:01, sunrise 05:54 UTC.
        var noon = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var plan = Plan("18:30 100, 23:00 0", "UTC", 0, 0, [new("a", 10, 1, noon.AddHours(7)) { Expires = noon.AddHours(8) }], minimum: 30);
        (double Hours, double Level, bool Raised)[] expected =
            [(0, 0, false), (6.4, 30, true), (6.5, 100, false), (7.5, 30, true), (8, 100, false), (11, 30, true), (17.8, 30, true), (18, 0, false)];
        foreach (var (hours, level, raised) in expected)
        {
            var found = City.Lighting.Level(plan, noon.AddHours(hours));
            Assert.Equal((level, raised), (found.Percent, found.Raised));
        }

        Assert.EndsWith("raised to the street's minimum of 30 %", City.Lighting.Level(plan, noon.AddHours(7.5)).Sentence(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_programme_it_is_the_default()
    {
        var plan = new LampPlan("lamp", new LampPlace(TimeZoneInfo.Utc));
        Assert.Equal((100.0, LightReason.Default), Of(City.Lighting.Level(plan, DateTimeOffset.UnixEpoch)));
    }

    [Fact]
    public void Points_that_make_no_night_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Programme("p", "22:00 1, 21:00 2"));
        Assert.Throws<ArgumentException>(() => Programme("p", "06:00 1, 18:00 2")); // noon to noon: 18:00 is the earlier one
        Assert.Throws<ArgumentException>(() => Programme("p", "06:00 101"));
        Assert.Throws<ArgumentException>(() => new LightProgramme("p", []));
        Programme("p", "18:00 1, 06:00 2");
    }

    [Theory]
    [InlineData("Asia/Ho_Chi_Minh", true)]
    [InlineData("Asia/Saigon", true)]
    [InlineData("UTC", true)]
    [InlineData("Europe/Oslo", false)]
    public void A_machine_without_tzdata_still_knows_its_own_city(string name, bool known)
    {
        var zone = CityTimeZone.Find(name, _ => null);
        Assert.Equal(known, zone is not null);
        Assert.Equal(name.StartsWith("Asia", StringComparison.Ordinal) ? TimeSpan.FromHours(7) : TimeSpan.Zero, zone?.BaseUtcOffset ?? TimeSpan.Zero);
    }

    private static (double, LightReason) Of(LightLevel level) => (level.Percent, level.Reason);

    private static double Level(string programme, string zone, double latitude, double longitude, string local)
    {
        var plan = Plan(programme, zone, latitude, longitude);
        var wall = DateTime.ParseExact(local, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return City.Lighting.Level(plan, new DateTimeOffset(wall, plan.Place.Zone.GetUtcOffset(wall))).Percent;
    }

    private static LampPlan Plan(
        string programme, string zone, double latitude, double longitude, IReadOnlyList<LightOverride>? overrides = null, double minimum = 0) =>
        new("lamp", new LampPlace(CityTimeZone.Find(zone)!, latitude, longitude))
        {
            Calendar = new LightCalendar("c", "p", []),
            Programmes = new Dictionary<string, LightProgramme>(StringComparer.Ordinal) { ["p"] = Programme("p", programme) },
            Overrides = overrides ?? [],
            Minimum = minimum,
        };

    private static LightProgramme Programme(string id, string points) => new(id, [.. points.Split(", ").Select(text =>
    {
        var words = text.Split(' ');
        Assert.True(SwitchTime.TryParse(words[0], out var at), words[0]);
        return new SwitchPoint(
            at,
            double.Parse(words[1], CultureInfo.InvariantCulture),
            TimeSpan.FromSeconds(words.Length > 2 ? double.Parse(words[2], CultureInfo.InvariantCulture) : 0));
    })]);
}
