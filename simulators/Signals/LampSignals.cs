using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Signals;

/// <summary>A LED lamp on a plain programme: on at dusk, dimmed from 23:00 to 05:00, off at dawn.</summary>
internal static class LampSignals
{
    private const string Lamp = KindNames.Streetlight + "/";

    /// <summary>Sun below this many degrees: lamps are on (the height at which street lighting is usually switched).</summary>
    private const double Dusk = -2.5;

    /// <summary>What a driver draws when its lamp is off, in watts.</summary>
    private const double Standby = 0.4;

    /// <summary>By <c>kind/metric</c>.</summary>
    public static Dictionary<string, Signal> All { get; } = new(StringComparer.Ordinal)
    {
        [Lamp + "dim_percent"] = static (in Moment m) => Level(m),
        [Lamp + "power_w"] = static (in Moment m) => Power(m),
        [Lamp + "voltage_v"] = static (in Moment m) => Voltage(m),
        [Lamp + "current_a"] = static (in Moment m) => Power(m) / (Voltage(m) * Factor(m)),
        [Lamp + "power_factor"] = static (in Moment m) => Factor(m),
        [Lamp + "energy_kwh"] = static (in Moment m) => Nights(m) * Rated(m) * 9.4 / 1_000,
        [Lamp + "burning_hours"] = static (in Moment m) => (m.Trait(3) * 9_000) + (Nights(m) * 11.6),
        [Lamp + "switch_on_count"] = static (in Moment m) => (m.Trait(4) * 700) + Math.Floor(Nights(m)),
        [Lamp + "pole_door_open"] = static (in Moment _) => 0,
        [Lamp + "temperature_celsius"] = static (in Moment m) => Sky.Temperature(m) + (22 * Level(m) / 100) + m.Wander(6, 1_800),
    };

    /// <summary>Rated power of a lamp by its seed, in watts: the usual LED sizes, most of them 100 W.</summary>
    public static double RatedWatts(ulong device) => Noise.Unit(device ^ 0x1AB) switch
    {
        < 0.2 => 75,
        < 0.7 => 100,
        < 0.9 => 120,
        _ => 150,
    };

    /// <summary>The programme's level in percent at a moment.</summary>
    public static double Level(in Moment m)
    {
        if (Sky.SunElevation(m) > Dusk)
        {
            return 0;
        }

        return m.Hour is >= 23 or < 5 ? 60 : 100;
    }

    /// <summary>What the lamp draws, in watts.</summary>
    private static double Power(in Moment m)
    {
        var level = Level(m);
        return level <= 0 ? Standby : Rated(m) * (0.06 + (0.94 * level / 100)) * (1 + (0.012 * m.Wander(5, 600)));
    }

    private static double Rated(in Moment m) => RatedWatts(m.Device);

    private static double Voltage(in Moment m) => 226 + (5 * m.Wander(2, 5_400)) - (4 * Sky.Rush(m));

    private static double Factor(in Moment m) => Level(m) > 0 ? 0.955 + (0.01 * m.Wander(7, 7_200)) : 0.6;

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
