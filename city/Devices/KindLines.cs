using SmartCity.Telemetry;

namespace SmartCity.City;

/// <summary>Reads the fields of lines of one kind, and remembers in which order they named metrics: lines of a kind mostly look alike. For one thread.</summary>
public sealed class KindLines
{
    // Behind "nothing yet" and behind each metric: what came next the last time.
    private readonly int[] _next;

    /// <summary>For lines of a kind.</summary>
    public KindLines(DeviceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Kind = kind;
        _next = new int[kind.Metrics.Count + 1];
    }

    /// <summary>The kind.</summary>
    public DeviceKind Kind { get; }

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
