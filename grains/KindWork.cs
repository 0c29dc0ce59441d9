using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>What a host has for all devices of one kind: the step, and the order in which their lines name metrics. For one thread.</summary>
internal sealed class KindWork
{
    // Behind "nothing yet" and behind each metric: what came next the last time. Lines of a kind mostly look alike.
    private readonly int[] _next;

    public KindWork(DeviceKind kind)
    {
        Kind = kind;
        Logic = new DeviceLogic(kind);
        _next = new int[kind.Metrics.Count + 1];
    }

    public DeviceKind Kind { get; }

    public DeviceLogic Logic { get; }

    /// <summary>Reads a line's fields.</summary>
    /// <param name="line">The line.</param>
    /// <param name="values">By metric index; NaN for what the line does not have.</param>
    /// <returns>False when one of them is bad.</returns>
    public bool Read(ref LoggedLines line, Span<double> values)
    {
        values.Fill(double.NaN);
        var place = 0;
        while (true)
        {
            var guess = _next[place];
            var expected = Kind.NameAt(guess);
            if (!line.NextField(expected, out var field))
            {
                return line.Error == LineError.None;
            }

            var metric = field.Name == expected ? guess : Place(field.Name, place);
            if (metric >= 0)
            {
                place = metric + 1;
                if (field.TryGetDouble(out var value))
                {
                    values[metric] = value;
                }
            }
        }
    }

    private int Place(ReadOnlySpan<byte> name, int after)
    {
        var metric = Kind.IndexOf(name);
        if (metric >= 0)
        {
            _next[after] = metric;
        }

        return metric;
    }
}
