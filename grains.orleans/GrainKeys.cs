using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <summary>Keys of grains: the lane's letter, then what it is in the lane.</summary>
internal static class GrainKeys
{
    /// <summary><c>a/ID</c> on the alarm lane, <c>t/ID</c> on the other: of devices, gateways, and of zones with their row's name (<c>a/zone/hall</c>).</summary>
    public static string Of(Lane lane, string id) => string.Concat(lane == Lane.Alarm ? "a/" : "t/", id);

    public static Lane LaneOf(string key) => key.StartsWith("a/", StringComparison.Ordinal) ? Lane.Alarm : Lane.Telemetry;

    public static string IdOf(string key) => key[2..];

    /// <summary>The row of the zone that a device's words go to.</summary>
    public static string ZoneOf(string? zone, string device) => zone is null ? GrainSnapshots.AlonePrefix + device : GrainSnapshots.ZonePrefix + zone;
}
