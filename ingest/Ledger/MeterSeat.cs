using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Ledger;

/// <summary>A kind whose devices count, and how their lines are read. For one thread.</summary>
internal sealed class MeterLines(MeterKind kind)
{
    private readonly KindLines _lines = new(kind.Kind);
    private readonly double[] _values = new double[kind.Kind.Metrics.Count];
    private readonly int[] _numbers = [.. kind.Numbers];

    public MeterKind Kind { get; } = kind;

    /// <summary>Does a line begin with this kind's name?</summary>
    public bool IsOf(ReadOnlySpan<byte> line)
    {
        var name = Kind.Kind.NameUtf8.Span;
        return line.Length > name.Length && line[name.Length] == ',' && line.StartsWith(name);
    }

    /// <summary>What a line says of counters; false when it says nothing, or is bad.</summary>
    public bool Read(ref LoggedLines line, out MeterSample sample)
    {
        sample = default;
        if (!_lines.Read(ref line, _values))
        {
            return false;
        }

        var any = false;
        Span<double> read = [double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN];
        for (var i = 0; i < _values.Length; i++)
        {
            if (_numbers[i] >= 0 && !double.IsNaN(_values[i]))
            {
                read[_numbers[i]] = _values[i];
                any = true;
            }
        }

        sample = new MeterSample(line.Timestamp, read[0], read[1], read[2], read[3], read[4], read[5]);
        return any;
    }
}

/// <summary>A device that counts, as the reader meets it: how its lines begin, its meter, and what the registry said of it when it was last asked.</summary>
internal sealed class MeterSeat(byte[] series, MeterLines lines, Meter meter)
{
    /// <summary>How its lines begin: <c>kind,device=ID</c>.</summary>
    public byte[] Series { get; } = series;

    public MeterLines Lines { get; } = lines;

    public Meter Meter { get; } = meter;

    /// <summary>The registry that was asked.</summary>
    public object? Seen { get; set; }

    /// <summary>Its word then; null when it knew no such device of this kind.</summary>
    public DeviceInfo? Info { get; set; }

    /// <summary>Where it stands, after that word.</summary>
    public MeterPlace? Place { get; set; }

    /// <summary>Whose line came after its own last time.</summary>
    public MeterSeat? Follower { get; set; }
}
