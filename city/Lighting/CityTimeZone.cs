namespace SmartCity.City;

/// <summary>
/// Time zones by IANA name. The machine's own table answers where it has one (package tzdata). Where it has none, Vietnam (UTC+7 without
/// daylight saving since 1975) and UTC are known all the same, and any other name is not: the wrong hour would be worse than a refusal.
/// </summary>
public static class CityTimeZone
{
    /// <summary>The pilot's.</summary>
    public const string Vietnam = "Asia/Ho_Chi_Minh";

    /// <summary>Finds one; null when neither the machine nor the city knows it.</summary>
    public static TimeZoneInfo? Find(string id) => Find(id, static name => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null);

    internal static TimeZoneInfo? Find(string id, Func<string, TimeZoneInfo?> machine) => machine(id) ?? id switch
    {
        Vietnam or "Asia/Saigon" => TimeZoneInfo.CreateCustomTimeZone(id, TimeSpan.FromHours(7), id, id),
        "UTC" or "Etc/UTC" => TimeZoneInfo.Utc,
        _ => null,
    };
}
