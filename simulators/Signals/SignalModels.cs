using SmartCity.City;

namespace SmartCity.Simulators.Signals;

/// <summary>A metric as a function of time: no state, so any moment can be asked for in any order.</summary>
internal delegate double Signal(in Moment moment);

/// <summary>Finds the signal of a metric: the one made for it, or, for a kind nobody has described yet, a plausible wander.</summary>
internal static class SignalModels
{
    private static readonly Dictionary<string, Signal> Known = new(
        [.. LampSignals.All, .. AirSignals.All, .. WaterSignals.All, .. SafetySignals.All, .. StreetSignals.All],
        StringComparer.Ordinal);

    /// <summary>The signal of a kind's metric; its values are always in the metric's range.</summary>
    public static Signal Of(DeviceKind kind, Metric metric)
    {
        var model = Known.GetValueOrDefault($"{kind.Name}/{metric.Name}")
            ?? Known.GetValueOrDefault(metric.Name)
            ?? Generic(metric);
        var (minimum, maximum) = (metric.Minimum, metric.Maximum);
        return metric.Type switch
        {
            MetricType.Float => (in Moment m) => Math.Round(Math.Clamp(model(m), minimum, maximum), 3),
            MetricType.Integer => (in Moment m) => Math.Round(Math.Clamp(model(m), minimum, maximum)),
            _ => (in Moment m) => model(m) >= 0.5 ? 1 : 0,
        };
    }

    /// <summary>Whether a metric is what hardware does and nothing of the surroundings.</summary>
    public static bool IsOfHardware(string kind, string metric) => LampSignals.OfHardware.Contains($"{kind}/{metric}");

    /// <summary>Whether somebody has described this metric.</summary>
    public static bool IsDescribed(string kind, string metric) => Known.ContainsKey($"{kind}/{metric}") || Known.ContainsKey(metric);

    private static Signal Generic(Metric metric)
    {
        if (metric.Type == MetricType.Boolean)
        {
            return static (in Moment _) => 0;
        }

        // A range may be wide beyond reason (a counter's); the wander stays in its lower quarter.
        var (minimum, span) = (metric.Minimum, metric.Maximum - metric.Minimum);
        return (in Moment m) => minimum + (span * (0.12 + (0.05 * m.Trait(90)) + (0.03 * m.Wander(91, 3_600))));
    }
}
