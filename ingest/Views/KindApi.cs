using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Views;

/// <summary>The catalogue for people: what kinds of device measure and how they are judged.</summary>
internal static class KindApi
{
    /// <param name="Items">Every kind.</param>
    internal sealed record KindsView(IReadOnlyList<KindView> Items);

    internal sealed record KindView(
        string Name, Title Title, string Lane, double IntervalSeconds, IReadOnlyList<MetricView> Metrics, IReadOnlyList<RuleView> Rules);

    /// <summary>Bounds are null where there are none (booleans, text).</summary>
    internal sealed record MetricView(string Name, Title Title, string Unit, MetricType Type, double? Minimum, double? Maximum);

    /// <param name="Name">Unique in its kind.</param>
    /// <param name="Kind">Kind of the alert it raises; null when it tells its zone instead.</param>
    /// <param name="Severity">Of that alert.</param>
    /// <param name="Text">The condition in signs that need no language: <c>temperature_celsius ≥ 58, clear 50, hold 60 s</c>.</param>
    /// <param name="Form">See <see cref="RuleShape"/>.</param>
    /// <param name="Metrics">What it looks at.</param>
    /// <param name="Values">Of <c>equals</c> and <c>other-than</c>.</param>
    /// <param name="WindowSeconds">Of a rate or trend.</param>
    /// <param name="Parameters">Its numbers as the kind has them; null = no value. A device's thresholds go before them.</param>
    /// <param name="Detail">Words of its alerts.</param>
    internal sealed record RuleView(
        string Name,
        string? Kind,
        Severity Severity,
        string Text,
        string Form,
        IReadOnlyList<string> Metrics,
        IReadOnlyList<double> Values,
        double? WindowSeconds,
        IReadOnlyDictionary<string, double?> Parameters,
        string? Detail);

    public static Task ListAsync(Call call) => call.ReplyAsync(new KindsView([.. call.Services.Kinds.All.Select(View)]));

    private static KindView View(DeviceKind kind) => new(
        kind.Name,
        kind.Title,
        kind.Lane == Telemetry.Lane.Alarm ? "alarm" : "telemetry",
        kind.Interval.TotalSeconds,
        [.. kind.Metrics.Select(m => new MetricView(m.Name, m.Title, m.Unit, m.Type, Known(m.Minimum), Known(m.Maximum)))],
        [.. kind.Rules.Select(r => View(kind, r))]);

    private static RuleView View(DeviceKind kind, Rule rule)
    {
        var metrics = rule.Shape.Metrics.Select(m => kind.Metrics[m].Name).ToList();
        return new RuleView(
            rule.Name,
            rule is ConditionRule { TellsZone: true } ? null : rule.Alert,
            rule.Severity,
            Text(rule, metrics),
            rule.Shape.Form,
            metrics,
            rule.Shape.Values,
            rule.Shape.Window?.TotalSeconds,
            rule.Parameters.ToDictionary(p => p.Name, p => Known(p.Value), StringComparer.Ordinal),
            rule.Detail);
    }

    private static string Text(Rule rule, IReadOnlyList<string> metrics)
    {
        var subject = string.Join(", ", metrics);
        var of = rule.Parameters.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        var values = string.Join(", ", rule.Shape.Values.Select(Say));
        var text = rule.Shape.Form switch
        {
            "above" => $"{subject} ≥ {Say(of["raise"])}, clear {Say(of["clear"])}",
            "below" => $"{subject} ≤ {Say(of["raise"])}, clear {Say(of["clear"])}",
            "equals" => $"{subject} = {values}",
            "other-than" => $"{subject} ≠ {values}",
            "rises" => $"{subject} +{Say(of["raise"])}/min, clear {Say(of["clear"])}/min",
            "falls" => $"{subject} −{Say(of["raise"])}/min, clear {Say(of["clear"])}/min",
            "stage" => $"{subject} ≥ {string.Join(" | ", ((StageRule)rule).Stages)}",
            "vn-aqi" => $"VN_AQI ≥ {Say(of["from"])}",
            "silence" => $"> {Say(of["intervals"])} × {Say(rule.Shape.Window!.Value.TotalSeconds)} s",
            _ => subject,
        };
        return of.TryGetValue("hold", out var hold) && hold > 0 ? $"{text}, hold {Say(hold)} s" : text;
    }

    private static string Say(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
