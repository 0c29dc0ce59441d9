using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Signals;

/// <summary>What a lamp and its cabinet had counted before the simulator looked at them: some years of nights. Whether a lamp burns now is no signal:
/// the gateway's output says so (<see cref="Wiring.SimLamp"/>).</summary>
internal static class LampSignals
{
    private const string Lamp = KindNames.Streetlight + "/";
    private const string Cabinet = KindNames.PowerCabinet + "/";

    /// <summary>Hours of darkness in a night, and what they count for with the hours of 60 %.</summary>
    private const double NightHours = 11.6;
    private const double FullHours = 9.4;

    /// <summary>By <c>kind/metric</c>.</summary>
    public static Dictionary<string, Signal> All { get; } = new(StringComparer.Ordinal)
    {
        [Lamp + "energy_kwh"] = static (in Moment m) => Nights(m) * RatedWatts(m.Device) * FullHours / 1_000,
        [Lamp + "burning_hours"] = static (in Moment m) => (m.Trait(3) * 9_000) + (Nights(m) * NightHours),
        [Lamp + "switch_on_count"] = static (in Moment m) => (m.Trait(4) * 700) + Math.Floor(Nights(m)),
        [Lamp + "pole_door_open"] = static (in Moment _) => 0,
        [Cabinet + "energy_kwh"] = static (in Moment m) => (m.Trait(58) * 40_000) + ((m.Days + (m.Hour / 24)) * 36),
    };

    /// <summary>What only the hardware knows: metrics of lamps and cabinets that have no signal. By <c>kind/metric</c>.</summary>
    public static IReadOnlySet<string> OfHardware { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        Lamp + "dim_percent", Lamp + "driver_percent", Lamp + "power_w", Lamp + "voltage_v", Lamp + "current_a", Lamp + "power_factor", Lamp + "temperature_celsius",
        Cabinet + "power_w", Cabinet + "voltage_v", Cabinet + "current_a", Cabinet + "frequency_hz", Cabinet + "temperature_celsius",
        Cabinet + "leakage_ma",
    };

    /// <summary>Rated power of a lamp by its seed, in watts: the usual LED sizes, most of them 100 W.</summary>
    public static double RatedWatts(ulong device) => Noise.Unit(device ^ 0x1AB) switch
    {
        < 0.2 => 75,
        < 0.7 => 100,
        < 0.9 => 120,
        _ => 150,
    };

    /// <summary>Nights lived through since the beginning of 2026, with the part of the current one: only ever grows.</summary>
    private static double Nights(in Moment m)
    {
        const double begin = 1_767_200_400;
        var noons = (m.Seconds - begin) / 86_400;
        var whole = Math.Floor(noons);

        // Counted from noon to noon; within a day the night's share passes between 17:30 and 05:30.
        return Math.Max(0, whole + Math.Clamp(((noons - whole) * 24 / 12) - 0.46, 0, 1));
    }
}
