using System.Globalization;

namespace SmartCity.Ingest.Reports;

/// <summary>A span of time that is reported on, in the city's own days.</summary>
/// <param name="Kind">daily, monthly or shift.</param>
/// <param name="Name">2026-09-01, 2026-09, or the shift's number.</param>
/// <param name="From">Its first instant.</param>
/// <param name="To">The first instant after it.</param>
internal sealed record ReportPeriod(string Kind, string Name, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>A day; null when the text is none between 2000 and 2199.</summary>
    public static ReportPeriod? Day(string text, TimeZoneInfo zone) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and < 2200
            ? new("daily", text, Midnight(day, zone), Midnight(day.AddDays(1), zone))
            : null;

    /// <summary>A month; null when the text is none between 2000 and 2199.</summary>
    public static ReportPeriod? Month(string text, TimeZoneInfo zone) =>
        DateOnly.TryParseExact(text + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first) && first.Year is >= 2000 and < 2200
            ? new("monthly", text, Midnight(first, zone), Midnight(first.AddMonths(1), zone))
            : null;

    /// <summary>The beginnings of its days in the city, the first of them <see cref="From"/>.</summary>
    public IEnumerable<DateTimeOffset> Days(TimeZoneInfo zone)
    {
        yield return From;
        for (var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(From, zone).DateTime).AddDays(1); ; day = day.AddDays(1))
        {
            var at = Midnight(day, zone);
            if (at >= To)
            {
                yield break;
            }

            yield return at;
        }
    }

    /// <summary>The first instant of a day: where clocks jump over midnight, the first minute there is.</summary>
    internal static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        // Where midnight comes twice, the day begins with the first: the larger offset is the earlier instant.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
