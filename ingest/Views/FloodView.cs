using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>A river gauge beside its legal levels.</summary>
/// <param name="Device">The gauge.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Metric">The metric that is its level, for asking history.</param>
/// <param name="Zone">Its zone.</param>
/// <param name="Lat">Degrees north.</param>
/// <param name="Lon">Degrees east.</param>
/// <param name="Level">Metres at its own datum; null when it has never said.</param>
/// <param name="MeasuredAt">When that was measured.</param>
/// <param name="Stale">Older than three reporting intervals: nothing follows from it, no trend and no time.</param>
/// <param name="Stages">Báo động I, II, III in metres; null = not known, and then never raised.</param>
/// <param name="Stage">The highest level that is reached, 0 = none, with the rule's hysteresis.</param>
/// <param name="TrendMetresPerHour">Slope over the rule's window (three hours); null when the samples are too few.</param>
/// <param name="NextStage">The level that comes next while it rises; null when none is plausible.</param>
/// <param name="NextStageAt">When, if the trend goes on.</param>
internal sealed record FloodView(
    string Device,
    string? Name,
    string Metric,
    string? Zone,
    double? Lat,
    double? Lon,
    double? Level,
    DateTimeOffset? MeasuredAt,
    bool Stale,
    IReadOnlyList<double?> Stages,
    int Stage,
    double? TrendMetresPerHour,
    int? NextStage,
    DateTimeOffset? NextStageAt)
{
    /// <summary>The server that should have its readings and does not answer this one: then nobody here knows whether it is silent.</summary>
    public string? Unanswered { get; init; }


    /// <summary>A slower rise is what waves and a gauge's last digit make: 6 cm in the three hours of the trend, the rule's hysteresis of 5 cm and one more.</summary>
    internal const double LeastRise = 0.02;

    /// <summary>Farther ahead a straight line says nothing about a river: its flood waves rise within a day.</summary>
    internal static readonly TimeSpan Horizon = TimeSpan.FromHours(24);

    /// <summary>The gauges in service, by id: devices of a kind with a rule of stages.</summary>
    public static IReadOnlyList<FloodView> All(ApiServices services)
    {
        var registry = services.Book.Registry.Current;
        var now = services.Time.GetUtcNow();
        var items = new List<FloodView>();
        foreach (var device in registry.Ordered)
        {
            if (device.State == Service.Active && services.Kinds.Find(device.Kind) is { } kind && kind.Rules.OfType<StageRule>().FirstOrDefault() is { } rule)
            {
                items.Add(Of(device, registry.LocationOf(device.Id, device.Zone), kind, rule, services.Look(device.Id), now) with { Unanswered = services.Unanswered(device) });
            }
        }

        return items;
    }

    internal static FloodView Of(DeviceRow device, AlertLocation? place, DeviceKind kind, StageRule rule, DeviceView? seen, DateTimeOffset now)
    {
        var metric = kind.Metrics[rule.Shape.Metrics[0]].Name;
        var level = seen?.Values.Where(v => v.Name == metric).Select(v => (MetricValue?)v).FirstOrDefault();
        var at = level is { } known ? Instant.ToMoment(known.MeasuredAt) : (DateTimeOffset?)null;
        var stale = at is null || now - at > kind.Interval * MapStates.Intervals;
        var stages = rule.Stages.Select(name => Known(DeviceKind.Resolve(rule, rule.Parameters.First(p => p.Name == name), device.Thresholds))).ToList();
        var stage = (int)(Derived(seen, $"{rule.Name}_stage") ?? 0);
        var trend = stale ? null : Derived(seen, $"{rule.Name}_per_hour");
        var next = (int?)Derived(seen, $"{rule.Name}_next_stage");
        var until = Derived(seen, $"{rule.Name}_next_stage_seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        var plausible = trend >= LeastRise && next > stage && until <= Horizon;
        return new FloodView(
            device.Id, device.Name, metric, device.Zone, place?.Lat, place?.Lon, level?.Value, at, stale, stages, stage, trend,
            plausible ? next : null, plausible ? at + until : null);
    }

    private static double? Derived(DeviceView? seen, string name)
    {
        foreach (var value in seen?.Derived ?? [])
        {
            if (value.Name == name)
            {
                return Known(value.Value);
            }
        }

        return null;
    }

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
