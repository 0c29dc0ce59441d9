using System.Globalization;

namespace SmartCity.City.Tests;

/// <summary>Random documents of one lamp over a year, from a seed: programmes, every form of a calendar's rule, lists of holidays, overrides and a minimum.</summary>
internal static class RandomLighting
{
    /// <summary>The lamp.</summary>
    public const string Lamp = "lamp";

    /// <summary>Places where something is unlike elsewhere.</summary>
    public static readonly (string Zone, double Latitude, double Longitude)[] Places =
    [
        ("Asia/Ho_Chi_Minh", 19.807, 105.776), // Thanh Hóa
        ("Europe/Oslo", 60, 10.75), // 60° N with daylight saving
        ("Europe/Oslo", 70, 25.7), // polar day and polar night
        ("Asia/Ho_Chi_Minh", double.NaN, double.NaN), // nobody knows where
        ("Australia/Lord_Howe", -31.55, 159.08), // the southern hemisphere; daylight saving of half an hour
        ("America/Santiago", -33.45, -70.67), // the clock changes at midnight
        ("Antarctica/McMurdo", -77.85, 166.67), // polar day and night of the south, with daylight saving
        ("UTC", 10, 105), // a clock that is not the sun's
    ];

    // The first day of the lunar year, which no rule of the sun's calendar gives.
    private static readonly DateOnly[] Tet =
        [new(2024, 2, 10), new(2025, 1, 29), new(2026, 2, 17), new(2027, 2, 6), new(2028, 1, 26), new(2029, 2, 13), new(2030, 2, 3), new(2031, 1, 23), new(2032, 2, 11), new(2033, 1, 31)];

    /// <summary>A document, and the place of its lamp.</summary>
    /// <param name="seed">The same gives the same.</param>
    /// <param name="place">Index of <see cref="Places"/>.</param>
    /// <param name="from">Overrides are strewn from here …</param>
    /// <param name="days">… over so many days.</param>
    public static DesiredDocument Document(int seed, int place, DateTimeOffset from, int days)
    {
        var random = new Random(seed);
        var (zone, latitude, longitude) = Places[place];
        var programmes = Enumerable.Range(0, 6).Select(n => Programme($"p{n}", random)).ToDictionary(p => p.Id, StringComparer.Ordinal);
        var year = from.Year;
        var holidays = new Dictionary<string, IReadOnlySet<DateOnly>>(StringComparer.Ordinal)
        {
            ["tet"] = Tet.SelectMany(first => Enumerable.Range(-1, random.Next(3, 9)).Select(first.AddDays)).ToHashSet(),
            ["strewn"] = Enumerable.Range(0, 20).Select(_ => new DateOnly(year, 1, 1).AddDays(random.Next(-2, 370))).ToHashSet(),
        };
        return new DesiredDocument
        {
            Version = 1,
            TimeZone = zone,
            Programmes = programmes,
            Holidays = holidays,
            Calendars = new Dictionary<string, LightCalendar>(StringComparer.Ordinal)
            {
                ["c"] = new("c", random.Next(8) == 0 ? null : "p0", [.. Enumerable.Range(0, random.Next(8)).Select(_ => Rule(random, year))]),
            },
            Lamps = new Dictionary<string, DesiredLamp>(StringComparer.Ordinal)
            {
                [Lamp] = new(Lamp)
                {
                    Calendar = random.Next(20) == 0 ? null : "c",
                    Minimum = random.Next(2) == 0 ? Level(random) : 0,
                    Latitude = latitude,
                    Longitude = longitude,
                    Overrides = [.. Enumerable.Range(0, random.Next(1 + Math.Min(days, 30))).Select(n => Override($"o{n}", random, from, days))],
                },
            },
        };
    }

    /// <summary>Noon of the day before a place's clock changes; null where it never does.</summary>
    public static DateTimeOffset? BeforeClockChange(int place, Random random)
    {
        var zone = CityTimeZone.Find(Places[place].Zone)!;
        var first = new DateTimeOffset(random.Next(2024, 2033), 1, 1, 12, 0, 0, TimeSpan.Zero);
        var days = Enumerable.Range(0, 365).Where(d => zone.GetUtcOffset(first.AddDays(d)) != zone.GetUtcOffset(first.AddDays(d + 1))).ToList();
        return days.Count == 0 ? null : first.AddDays(days[random.Next(days.Count)]);
    }

    /// <summary>The lamp's plan, put together from the document's parts by hand.</summary>
    public static LampPlan PlanOf(DesiredDocument document)
    {
        var lamp = document.Lamps[Lamp];
        return new LampPlan(Lamp, new LampPlace(CityTimeZone.Find(document.TimeZone)!, lamp.Latitude, lamp.Longitude))
        {
            Calendar = lamp.Calendar is null ? null : document.Calendars[lamp.Calendar],
            Programmes = document.Programmes,
            Holidays = document.Holidays,
            Minimum = lamp.Minimum,
            Overrides = lamp.Overrides,
        };
    }

    private static LightProgramme Programme(string id, Random random)
    {
        while (true)
        {
            var points = Enumerable.Range(0, random.Next(1, 7)).Select(_ => new SwitchPoint(
                random.Next(4) switch
                {
                    0 => new SwitchTime(SwitchBase.Sunset, random.Next(-90, 120)),
                    1 => new SwitchTime(SwitchBase.Sunrise, random.Next(-120, 90)),
                    2 => new SwitchTime(SwitchBase.Clock, random.Next(240)), // where clocks are put forward and back
                    _ => new SwitchTime(SwitchBase.Clock, random.Next(1440)),
                },
                Level(random),
                TimeSpan.FromSeconds(random.Next(3) == 0 ? random.Next(7_200) : 0))).ToList();
            if (LightProgramme.Fault(points) is null)
            {
                return new LightProgramme(id, points);
            }
        }
    }

    private static CalendarRule Rule(Random random, int year)
    {
        var first = new DateOnly(year, 1, 1);
        var date = first.AddDays(random.Next(-30, 366));
        var rule = new CalendarRule(string.Create(CultureInfo.InvariantCulture, $"p{random.Next(6)}"));
        rule = random.Next(8) switch
        {
            0 => rule with { From = date, To = date.AddDays(random.Next(200)) },
            1 => rule with { From = date },
            2 => rule with { To = date },
            3 => rule with { Yearly = (MonthDay.Of(date), MonthDay.Of(date.AddDays(random.Next(300)))) }, // a third of them go over New Year
            4 => rule with { Yearly = random.Next(2) == 0 ? (new MonthDay(12, 20), new MonthDay(1, 10)) : (new MonthDay(2, 29), new MonthDay(2, 29)) },
            _ => rule,
        };
        rule = random.Next(3) switch
        {
            0 => rule with { Weekdays = [(DayOfWeek)random.Next(7), (DayOfWeek)random.Next(7)] },
            1 => rule with { Weekdays = [(DayOfWeek)random.Next(7)], Nth = random.Next(3) switch { 0 => [-1], 1 => [random.Next(1, 6)], _ => [random.Next(1, 6), -1] } },
            _ => rule,
        };
        return random.Next(3) == 0 ? rule with { Holidays = random.Next(2) == 0 ? "tet" : "strewn" } : rule;
    }

    // Few priorities and, now and then, the same start: so that each of the three rules of who wins decides.
    private static LightOverride Override(string id, Random random, DateTimeOffset from, int days)
    {
        var start = random.Next(2) == 0 ? from.AddDays(random.Next(Math.Min(days, 6))) : from.AddSeconds(random.Next(-86_400, days * 86_400));
        return new LightOverride(id, Level(random), random.Next(10) == 0 ? LightOverride.EverythingOn : random.Next(3) * 100, start)
        {
            Expires = random.Next(8) switch
            {
                0 => null,
                1 => start.AddDays(random.Next(1, 1 + (days / 4))),
                _ => start.AddSeconds(random.Next(30, 54_000)),
            },
        };
    }

    private static double Level(Random random) => random.Next(3) == 0 ? Math.Round(random.NextDouble() * 100, 3) : random.Next(101);
}
