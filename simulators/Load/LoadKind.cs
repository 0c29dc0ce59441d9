using SmartCity.City;

namespace SmartCity.Simulators.Load;

/// <summary>What a load sends of a kind.</summary>
internal static class LoadKind
{
    /// <summary>Metrics in a reading: four, as the figure of 100,000 readings/s counts them.</summary>
    private const int Metrics = 4;

    /// <summary>The first four numeric metrics of a kind, with their ranges.</summary>
    /// <exception cref="ArgumentException">No such kind, or it has no number to send.</exception>
    public static IReadOnlyList<(string Name, bool Integer, double Minimum, double Maximum)> Of(string kind)
    {
        var found = KindCatalog.BuiltIn.Find(System.Text.Encoding.UTF8.GetBytes(kind))
            ?? throw new ArgumentException($"--kind {kind}: no such kind of device");
        var metrics = found.Metrics
            .Where(m => m.Type is MetricType.Float or MetricType.Integer)
            .Take(Metrics)
            .Select(m => (m.Name, m.Type == MetricType.Integer, m.Minimum, m.Maximum))
            .ToList();
        return metrics.Count > 0 ? metrics : throw new ArgumentException($"--kind {kind}: it measures no number");
    }
}
