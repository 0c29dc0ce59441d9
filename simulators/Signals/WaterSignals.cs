using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Signals;

/// <summary>Rain and rivers.</summary>
internal static class WaterSignals
{
    /// <summary>By metric name.</summary>
    public static Dictionary<string, Signal> All { get; } = new(StringComparer.Ordinal)
    {
        ["rain_mm_h"] = static (in Moment m) => Rate(m),
        ["rain_total_mm"] = static (in Moment m) => Total(m),
        ["water_level_m"] = static (in Moment m) => Level(m),
        [KindNames.WaterLevel + "/battery_volt"] = static (in Moment m) => 12.7 + (0.5 * Math.Max(0, Math.Sin(Sky.SunElevation(m) * Math.PI / 180))) + (0.1 * m.Wander(34, 30_000)),
    };

    /// <summary>The shared front, a little different over each gauge.</summary>
    private static double Rate(in Moment m) => Sky.Rain(m) * (0.85 + (0.3 * m.Trait(31)));

    /// <summary>Rain since local midnight, summed in steps of ten minutes: a gauge that is emptied every night.</summary>
    private static double Total(in Moment m)
    {
        const double step = 600;
        var sum = 0.0;
        var at = m.Midnight;
        for (; at + step <= m.Seconds; at += step)
        {
            sum += Rate(m.With(at)) * step / 3_600;
        }

        // The step under way: at its beginning's rate, so that the sum never falls when the next step begins.
        return sum + (Rate(m.With(at)) * (m.Seconds - at) / 3_600);
    }

    /// <summary>A river at its quiet level: the tide of the lower Mã twice a day, and the season.</summary>
    private static double Level(in Moment m) =>
        1.1 + (0.4 * m.Trait(32))
        + (0.25 * Math.Sin(Math.Tau * m.Seconds / 44_714))
        + (0.35 * Math.Cos(Math.Tau * (m.Season - 0.68)))
        + (0.06 * m.Wander(33, 20_000));
}
