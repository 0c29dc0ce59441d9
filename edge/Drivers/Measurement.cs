namespace SmartCity.Edge.Drivers;

/// <summary>What one device measured at one moment, gathered from its parts. Reused: cleared before each measurement.</summary>
internal sealed class Measurement
{
    /// <summary>More metrics than any kind has.</summary>
    private const int Capacity = 64;

    private readonly MetricValue[] _values = new MetricValue[Capacity];
    private int _count;

    /// <summary>The values.</summary>
    public ReadOnlySpan<MetricValue> Values => _values.AsSpan(0, _count);

    /// <summary>When it was measured, as a stamp of the clock; 0 = when the measurement ended.</summary>
    public long At { get; set; }

    /// <summary>It is reported whatever moved (a row of a replayed file is a reading by itself); dead-bands and intervals do not apply.</summary>
    public bool Report { get; set; }

    /// <summary>Adds or replaces a value.</summary>
    /// <exception cref="ArgumentException">The value is not finite, or there are more than any kind has.</exception>
    public void Add(string metric, double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"{metric} is {value}; what was not measured is left out", nameof(value));
        }

        value = Significant(value);
        for (var i = 0; i < _count; i++)
        {
            if (string.Equals(_values[i].Name, metric, StringComparison.Ordinal))
            {
                _values[i] = new MetricValue(metric, value);
                return;
            }
        }

        if (_count == Capacity)
        {
            throw new ArgumentException($"more than {Capacity} metrics", nameof(metric));
        }

        _values[_count++] = new MetricValue(metric, value);
    }

    /// <summary>Seven significant digits: what a 32-bit float carries, and more than any sensor here resolves. Noise beyond it would be sent,
    /// stored and read for ever. Whole numbers (counters) stay as they are.</summary>
    private static double Significant(double value)
    {
        if (value == Math.Floor(value))
        {
            return value;
        }

        var decimals = 6 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return decimals switch
        {
            < 0 => Math.Round(value),
            <= 15 => Math.Round(value, decimals),
            _ => value,
        };
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_values, 0, _count);
        _count = 0;
        At = 0;
        Report = false;
    }
}
