using System.Globalization;
using System.Text;

namespace SmartCity.Ingest.Api;

/// <summary>Kind of a figure.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
}

/// <summary>One figure.</summary>
/// <param name="Name">By Prometheus' rules: <c>smartcity_…</c>, counters end in <c>_total</c>, units in the name.</param>
/// <param name="Help">What it counts.</param>
/// <param name="Kind">Counter or gauge.</param>
/// <param name="Value">Its value now.</param>
/// <param name="Labels">Which one of several; few and bounded.</param>
internal sealed record MetricSample(string Name, string Help, MetricKind Kind, double Value, params (string Name, string Value)[] Labels);

/// <summary>Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).</summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Samples of one name are brought together, as the format asks.</summary>
    public static string Write(IEnumerable<MetricSample> samples)
    {
        var text = new StringBuilder();
        foreach (var family in samples.GroupBy(s => s.Name, StringComparer.Ordinal))
        {
            var first = family.First();
            text.Append(CultureInfo.InvariantCulture, $"# HELP {first.Name} {Escaped(first.Help, quote: false)}\n");
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {first.Name} {(first.Kind == MetricKind.Counter ? "counter" : "gauge")}\n");
            foreach (var sample in family)
            {
                text.Append(sample.Name);
                if (sample.Labels.Length > 0)
                {
                    text.Append('{').AppendJoin(',', sample.Labels.Select(l => $"{l.Name}=\"{Escaped(l.Value, quote: true)}\"")).Append('}');
                }

                text.Append(' ').Append(Number(sample.Value)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escaped(string text, bool quote)
    {
        text = text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return quote ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }
}
