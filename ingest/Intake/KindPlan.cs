using System.Text;
using SmartCity.City;

namespace SmartCity.Ingest.Intake;

/// <summary>A kind as its next line is expected to look: a gateway's program writes the same metrics in the same order each time. Not thread-safe.</summary>
internal sealed class KindPlan
{
    // By metric + 1: what followed it last time; at 0, what came first.
    private readonly byte[] _after;
    private readonly Expected[] _metrics;
    private readonly int _longest;

    public KindPlan(DeviceKind kind)
    {
        Kind = kind;
        Prefix = Encoding.UTF8.GetBytes(kind.Name + ",device=");
        _metrics = [.. kind.Metrics.Select(m => new Expected(m))];
        _longest = _metrics.Select(m => m.Name.Length).DefaultIfEmpty().Max();
        _after = new byte[_metrics.Length + 1];
        for (var i = 0; i < _metrics.Length; i++)
        {
            _after[i] = (byte)i;
        }
    }

    public DeviceKind Kind { get; }

    /// <summary>How every canonical line of it begins.</summary>
    public byte[] Prefix { get; }

    /// <summary>The metric whose name and '=' <paramref name="fields"/> begins with; null when there is none.</summary>
    /// <param name="previous">The metric before it in the line; −1 before the first.</param>
    /// <param name="fields">The line from the field's name on.</param>
    /// <param name="index">Its index.</param>
    public Expected? Next(int previous, ReadOnlySpan<byte> fields, out int index)
    {
        index = _after[previous + 1];
        if ((uint)index < (uint)_metrics.Length && fields.StartsWith(_metrics[index].Name))
        {
            return _metrics[index];
        }

        var equals = fields[..Math.Min(fields.Length, _longest)].IndexOf((byte)'=');
        index = equals < 0 ? -1 : Kind.IndexOf(fields[..equals]);
        if (index < 0)
        {
            return null;
        }

        _after[previous + 1] = (byte)index;
        return _metrics[index];
    }

    /// <summary>What is asked of every value of a metric, in one place.</summary>
    internal sealed class Expected(Metric metric)
    {
        /// <summary>With its '='.</summary>
        public readonly byte[] Name = [.. metric.NameUtf8.Span, (byte)'='];

        public readonly MetricType Type = metric.Type;

        public readonly double Minimum = metric.Minimum;

        public readonly double Maximum = metric.Maximum;
    }
}
