using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Signals;

/// <summary>Fire devices at rest: normal loops, silent sirens, clean air. Only a scenario changes that.</summary>
internal static class SafetySignals
{
    /// <summary>By metric name, or <c>kind/metric</c> where a room differs from the street.</summary>
    public static Dictionary<string, Signal> All { get; } = new(StringComparer.Ordinal)
    {
        ["loop_state"] = static (in Moment _) => 0,
        ["siren_on"] = static (in Moment _) => 0,
        ["pressed"] = static (in Moment _) => 0,
        ["fault_code"] = static (in Moment _) => 0,
        ["combustible_ppm"] = static (in Moment _) => 0,
        ["smoke_percent_per_m"] = static (in Moment m) => 0.15 + (0.1 * m.Wander(40, 1_800)),
        [KindNames.FireDetector + "/battery_volt"] = static (in Moment m) => Panel(m),
        [KindNames.CallPoint + "/battery_volt"] = static (in Moment m) => Panel(m),
        [KindNames.FireDetector + "/temperature_celsius"] = static (in Moment m) => 26 + ((Sky.Temperature(m) - 26) * 0.5) + m.Wander(42, 5_400),
    };

    /// <summary>The floating 12 V battery of a fire panel.</summary>
    private static double Panel(in Moment m) => 13.3 + (0.3 * m.Trait(43)) + (0.1 * m.Wander(43, 30_000));
}
