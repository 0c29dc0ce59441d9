namespace SmartCity.Telemetry;

/// <summary>The types of a field's value in line protocol.</summary>
public enum LineFieldType : byte
{
    /// <summary>A 64-bit float: <c>21.5</c>, <c>1e-3</c>.</summary>
    Float,

    /// <summary>A signed 64-bit integer: <c>21i</c>.</summary>
    Integer,

    /// <summary>An unsigned 64-bit integer: <c>21u</c>.</summary>
    Unsigned,

    /// <summary><c>t</c>, <c>true</c>, <c>f</c>, <c>FALSE</c>, …</summary>
    Boolean,

    /// <summary>A quoted string.</summary>
    String,
}

/// <summary>One field of a line. Valid while the reader's text is.</summary>
public readonly ref struct LineField
{
    private readonly long _bits;

    internal LineField(ReadOnlySpan<byte> name, LineFieldType type, ReadOnlySpan<byte> raw, long bits)
    {
        Name = name;
        Type = type;
        Raw = raw;
        _bits = bits;
    }

    /// <summary>The name in its escaped form, as written; see <see cref="LineReader.NeedsUnescape"/>.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Which of the values below is meant.</summary>
    public LineFieldType Type { get; }

    /// <summary>The value as written, with its suffix or quotes.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>The value of a float: always finite.</summary>
    public double Float => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>The value of a signed integer.</summary>
    public long Integer => _bits;

    /// <summary>The value of an unsigned integer.</summary>
    public ulong Unsigned => (ulong)_bits;

    /// <summary>The value of a boolean.</summary>
    public bool Boolean => _bits != 0;

    /// <summary>What stands between a string's quotes, escaped as written; see <see cref="LineReader.UnescapeString"/>.</summary>
    public ReadOnlySpan<byte> String => Type == LineFieldType.String ? Raw[1..^1] : default;

    /// <summary>Any numeric value as a float (booleans are 0 and 1); false for a string.</summary>
    public bool TryGetDouble(out double value)
    {
        value = Type switch
        {
            LineFieldType.Float => Float,
            LineFieldType.Integer => Integer,
            LineFieldType.Unsigned => Unsigned,
            LineFieldType.Boolean => _bits,
            _ => double.NaN,
        };
        return Type != LineFieldType.String;
    }
}
