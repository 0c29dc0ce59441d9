using System.Globalization;

namespace SmartCity.Edge.Cli;

/// <summary>Moments and spans as a technician reads them.</summary>
internal static class Moments
{
    /// <summary>A day, <c>2026-11-22</c>.</summary>
    public static string Day(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A minute with its distance from UTC, <c>2026-11-22 14:03 +07:00</c>.</summary>
    public static string Minute(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);

    /// <summary>A second with its distance from UTC.</summary>
    public static string Second(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>A span in its two largest units, without words: <c>3 d 4 h</c>, <c>12 min 5 s</c>, <c>850 ms</c>. Never negative.</summary>
    public static string Span(TimeSpan span) => span.Duration() switch
    {
        { TotalSeconds: < 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0.#} s"),
        { TotalHours: < 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.Minutes} min {s.Seconds} s"),
        { TotalDays: < 1 } s => string.Create(CultureInfo.InvariantCulture, $"{s.Hours} h {s.Minutes} min"),
        { TotalDays: < 400 } s => string.Create(CultureInfo.InvariantCulture, $"{s.Days} d {s.Hours} h"),
        var s => string.Create(CultureInfo.InvariantCulture, $"{s.Days} d"),
    };

    /// <summary>Bytes in their largest binary unit, <c>12.3 MiB</c>; no line is broken between number and unit.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? value : Math.Round(value, 1)):0.#}\u00a0{units[unit]}");
    }
}
