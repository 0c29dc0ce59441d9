using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Edge;

/// <summary>A reading as a line: <c>kind,device=ID metric=value… time</c>.</summary>
internal static class ReadingLine
{
    /// <summary>Writes one line; gives its length, or 0 when a metric is not the kind's, there is no value at all, or it does not fit.</summary>
    /// <param name="to">Room for the line and, at its end, for the identifier while it is written.</param>
    /// <param name="kind">The device's kind.</param>
    /// <param name="device">A valid identifier.</param>
    /// <param name="metrics">Values; NaN and null are left out.</param>
    /// <param name="measuredAt">When; null writes a line without a stamp.</param>
    public static int Write(Span<byte> to, DeviceKind kind, string device, ReadOnlySpan<MetricValue> metrics, DateTimeOffset? measuredAt)
    {
        var id = to[^Identifier.MaximumLength..];
        id = id[..Encoding.UTF8.GetBytes(device, id)];
        var writer = new LineWriter(to[..^Identifier.MaximumLength]);
        writer.Measurement(kind.NameUtf8.Span);
        writer.Tag("device"u8, id);
        foreach (var value in metrics)
        {
            var index = kind.IndexOf(value.Name);
            if (index < 0)
            {
                return 0;
            }

            Field(ref writer, kind.Metrics[index], value);
        }

        var ended = measuredAt is { } at ? writer.End((at - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick) : writer.End();
        return ended ? writer.Written : 0;
    }

    private static void Field(ref LineWriter writer, Metric metric, in MetricValue value)
    {
        var name = metric.NameUtf8.Span;
        switch (metric.Type)
        {
            case MetricType.String:
                if (value.Text is { } text)
                {
                    writer.String(name, Encoding.UTF8.GetBytes(text));
                }

                break;
            case var _ when double.IsNaN(value.Number):
                break;
            case MetricType.Float:
                writer.Float(name, value.Number);
                break;
            case MetricType.Integer:
                writer.Integer(name, (long)Math.Round(value.Number));
                break;
            default:
                writer.Boolean(name, value.Number != 0);
                break;
        }
    }
}
