using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Signals;

/// <summary>The rest of the street: bins, counters, access points, cameras, manholes.</summary>
internal static class StreetSignals
{
    private const string Traffic = KindNames.TrafficCounter + "/";
    private const string Wifi = KindNames.WifiAccessPoint + "/";
    private const string Bin = KindNames.WasteBin + "/";
    private const string Manhole = KindNames.Manhole + "/";
    private const string Camera = KindNames.Camera + "/";

    /// <summary>By <c>kind/metric</c>, or metric name.</summary>
    public static Dictionary<string, Signal> All { get; } = new(StringComparer.Ordinal)
    {
        ["door_open"] = static (in Moment _) => 0,
        ["cover_open"] = static (in Moment _) => 0,
        ["tilted"] = static (in Moment _) => 0,
        ["tampered"] = static (in Moment _) => 0,
        ["online"] = static (in Moment _) => 1,
        ["recording"] = static (in Moment _) => 1,
        [Bin + "fill_percent"] = static (in Moment m) => Fill(m),
        [Bin + "temperature_celsius"] = static (in Moment m) => Sky.Temperature(m) + 3,
        [Traffic + "vehicles_per_minute"] = static (in Moment m) => Vehicles(m),
        [Traffic + "occupancy_percent"] = static (in Moment m) => 2 + (38 * Sky.Rush(m) * (0.5 + (0.5 * m.Trait(52)))),
        [Traffic + "vehicles_total"] = static (in Moment m) => Math.Floor((0.5 + m.Trait(52)) * 18_000 * (m.Days + Sky.RushSoFar(m))),
        [Traffic + "speed_km_h"] = static (in Moment m) => 47 - (24 * Sky.Rush(m)) + (4 * m.Wander(52, 600)),
        [Wifi + "clients"] = static (in Moment m) => 60 * Sky.Rush(m) * (0.5 + m.Trait(53)) * (1 + (0.2 * m.Wander(53, 600))),
        [Wifi + "traffic_mbit_s"] = static (in Moment m) => 3 + (80 * Sky.Rush(m) * (1 + (0.3 * m.Wander(54, 300)))),
        [Wifi + "temperature_celsius"] = static (in Moment m) => Sky.Temperature(m) + 12,
        [Camera + "bitrate_mbit_s"] = static (in Moment m) => 3.6 + (1.5 * Sky.Rush(m)) + (0.3 * m.Wander(55, 120)),
        [Camera + "temperature_celsius"] = static (in Moment m) => Sky.Temperature(m) + 14,
        [Manhole + "methane_percent_lel"] = static (in Moment m) => 1 + (0.6 * m.Wander(60, 7_200)),
        [Manhole + "water_level_m"] = static (in Moment m) => 0.15 + (0.1 * m.Trait(56)) + Math.Min(0.4, Sky.Rain(m) * 0.01),
    };

    /// <summary>Voltage of the mains at a cabinet: it sags in the rushes.</summary>
    public static double Mains(in Moment m) => 229 + (4 * m.Wander(61, 5_400)) - (5 * Sky.Rush(m));

    /// <summary>Frequency of the grid: the same everywhere.</summary>
    public static double Frequency(in Moment m) => 50 + (0.04 * Noise.Smooth(m.City, m.Seconds, 40));

    /// <summary>What leaks to earth behind a cabinet under voltage, in mA: more in the rain.</summary>
    public static double Leakage(in Moment m) => 14 + (6 * m.Trait(59)) + (2 * m.Wander(59, 3_600)) + Math.Min(12, Sky.Rain(m));

    /// <summary>Fills in a day and a half or so; emptied by the morning round.</summary>
    private static double Fill(in Moment m)
    {
        var period = 86_400 * (1.2 + m.Trait(50));
        var turn = (m.Seconds / period) + m.Trait(51);
        return 4 + (72 * (turn - Math.Floor(turn)));
    }

    private static double Vehicles(in Moment m) => 42 * Sky.Rush(m) * (0.5 + m.Trait(52)) * (1 + (0.15 * m.Wander(57, 300)));
}
