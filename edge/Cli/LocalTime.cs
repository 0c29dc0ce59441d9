using System.Globalization;

namespace SmartCity.Edge.Cli;

/// <summary>Times as a technician types them.</summary>
internal static class LocalTime
{
    private static readonly string[] Clocks = ["H:mm", "H:mm:ss"];
    private static readonly string[] Days = ["yyyy-MM-dd H:mm", "yyyy-MM-dd H:mm:ss", "yyyy-MM-dd'T'H:mm", "yyyy-MM-dd'T'H:mm:ss"];
    private static readonly string[] Offsets = ["yyyy-MM-dd'T'H:mmzzz", "yyyy-MM-dd'T'H:mm:sszzz", "yyyy-MM-dd H:mm:sszzz", "yyyy-MM-dd H:mmzzz"];

    /// <summary>Reads <c>14:05</c> (of today), <c>2026-11-22 14:05</c> (both by the zone's clocks) or <c>2026-11-22T14:05+07:00</c>.</summary>
    /// <param name="text">As typed.</param>
    /// <param name="now">What the machine takes for now: tells today.</param>
    /// <param name="zone">Whose clocks.</param>
    /// <param name="moment">The moment.</param>
    /// <param name="today">Whether the date was taken from <paramref name="now"/>.</param>
    public static bool TryParse(string text, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset moment, out bool today)
    {
        today = false;
        text = text.Trim();
        if (text.EndsWith('Z'))
        {
            text = text[..^1] + "+00:00";
        }

        if (DateTimeOffset.TryParseExact(text, Offsets, CultureInfo.InvariantCulture, DateTimeStyles.None, out moment))
        {
            return true;
        }

        var local = TimeZoneInfo.ConvertTime(now, zone);
        today = TimeOnly.TryParseExact(text, Clocks, CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock);
        if (!today && !DateTime.TryParseExact(text, Days, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            return false;
        }

        var wall = today
            ? DateOnly.FromDateTime(local.DateTime).ToDateTime(clock)
            : DateTime.ParseExact(text, Days, CultureInfo.InvariantCulture, DateTimeStyles.None);
        if (zone.IsInvalidTime(wall))
        {
            return false;
        }

        moment = new DateTimeOffset(wall, zone.GetUtcOffset(wall));
        return true;
    }

    /// <summary>The zone of a configuration, else Vietnam's (which has no daylight saving and needs no tzdata).</summary>
    public static TimeZoneInfo Zone(ConfigPeek? config)
    {
        if (config?.Text("timeZone") is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            return zone;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById("Asia/Ho_Chi_Minh", out var here)
            ? here
            : TimeZoneInfo.CreateCustomTimeZone("Asia/Ho_Chi_Minh", TimeSpan.FromHours(7), "Asia/Ho_Chi_Minh", "+07");
    }
}
