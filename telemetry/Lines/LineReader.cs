using System.Text.Unicode;

namespace SmartCity.Telemetry;

/// <summary>
/// Reads InfluxDB line protocol, one line after the other, out of one piece of memory. It allocates nothing and throws on no
/// input. <see cref="Read"/> checks a line whole before it returns, so tags and fields may be trusted when
/// <see cref="Error"/> is <see cref="LineError.None"/>.
/// </summary>
/// <remarks>
/// The rules are those of InfluxDB's documentation ("Line protocol reference") and, where that is silent, of its first
/// parser (influxdb 1.x, models/points.go): comma and space are escaped in measurements, comma, space and '=' in tag keys, tag
/// values and field names, '"' and '\' in strings, any other backslash stands for itself; a string may hold newlines.
/// Stricter than InfluxDB: a field name that stands twice is an error, and so are text that is not UTF-8, more than
/// <see cref="MaximumTags"/> tags and more than <see cref="MaximumFields"/> fields.
/// After a bad line reading goes on behind the next newline; when a string is not closed properly, behind the first newline
/// inside it, so that one lost quote never swallows the good lines after it.
/// </remarks>
public ref partial struct LineReader
{
    /// <summary>Tags a line may have; the check for duplicates is quadratic.</summary>
    public const int MaximumTags = 64;

    /// <summary>Fields a line may have; their places are kept inside the reader (24 bytes each).</summary>
    public const int MaximumFields = 128;

    private readonly ReadOnlySpan<byte> _text;
    private readonly bool _isUtf8;
    private int _start;
    private int _next;
    private int _nextNumber;
    private int _measurementStart;
    private int _measurementEnd;
    private int _tagsEnd;
    private int _tagCursor;
    private int _fieldCount;
    private int _fieldCursor;
    private Slots _slots;

    /// <summary>Begins reading <paramref name="text"/>: any number of lines, ended by LF or CRLF, the last one perhaps by nothing.</summary>
    public LineReader(ReadOnlySpan<byte> text)
    {
        _text = text;
        _isUtf8 = Utf8.IsValid(text);
        _nextNumber = 1;
    }

    /// <summary>The same, of a text about which it is known whether all of it is UTF-8.</summary>
    internal LineReader(ReadOnlySpan<byte> text, bool isUtf8)
    {
        _text = text;
        _isUtf8 = isUtf8;
        _nextNumber = 1;
    }

    /// <summary>What is wrong with the line.</summary>
    public LineError Error { get; private set; }

    /// <summary>Where <see cref="Error"/> was noticed: the 1-based byte in <see cref="Line"/>, one past its end when something is missing there; 0 without an error.</summary>
    public int Column { get; private set; }

    /// <summary>The 1-based number, in the text, of the physical line on which the line begins.</summary>
    public int LineNumber { get; private set; }

    /// <summary>The line as written, without its line ending.</summary>
    public ReadOnlySpan<byte> Line { get; private set; }

    /// <summary>The measurement in its escaped form, as written; see <see cref="NeedsUnescape"/>.</summary>
    public readonly ReadOnlySpan<byte> Measurement => Line[_measurementStart.._measurementEnd];

    /// <summary>Whether the line has a timestamp.</summary>
    public bool HasTimestamp { get; private set; }

    /// <summary>The timestamp as written, in the unit the sender meant (<see cref="Precision"/>); 0 without one.</summary>
    public long Timestamp { get; private set; }

    /// <summary>How many fields the line has.</summary>
    public readonly int FieldCount => Error == LineError.None ? _fieldCount : 0;

    /// <summary>The offset in the text just behind the line and its ending.</summary>
    public readonly int Consumed => _next;

    /// <summary>Where the line begins in the text.</summary>
    internal readonly int Start => _start;

    /// <summary>The number that the next line will have.</summary>
    public readonly int NextLineNumber => _nextNumber;

    /// <summary>Offsets in the line; <c>Tag</c> is the end of the last tag that was read.</summary>
    internal readonly (int Measurement, int MeasurementEnd, int TagsEnd, int FieldsEnd, int Tag) Places =>
        (_measurementStart, _measurementEnd, _tagsEnd, FieldCount > 0 ? _slots[_fieldCount - 1].ValueEnd : _tagsEnd, _tagCursor);

    /// <summary>Goes on reading at <paramref name="offset"/>, where the line of that number begins; 0 ≤ offset ≤ the text's length.</summary>
    public void Seek(int offset, int lineNumber)
    {
        _next = offset;
        _nextNumber = lineNumber;
    }

    /// <summary>
    /// Goes to the next line that is neither blank nor a comment ('#'); false at the end of the text. A bad line counts: look
    /// at <see cref="Error"/>.
    /// </summary>
    public bool Read()
    {
        while (_next < _text.Length)
        {
            _start = _next;
            LineNumber = _nextNumber;
            EndAt(_start);
            var first = Line.IndexOfAnyExcept((byte)' ', (byte)'\t');
            if (first < 0 || Line[first] == '#')
            {
                continue;
            }

            Error = LineError.None;
            Column = 0;
            HasTimestamp = false;
            Timestamp = 0;
            _fieldCount = 0;
            _fieldCursor = 0;
            _measurementStart = _measurementEnd = _tagsEnd = _tagCursor = first;
            Parse(first);
            if (Error == LineError.None && !_isUtf8 && !Utf8.IsValid(Line))
            {
                Fail(LineError.InvalidUtf8, LineText.IndexOfInvalidUtf8(Line));
            }

            return true;
        }

        _start = _next;
        Line = default;
        _measurementStart = _measurementEnd = _tagsEnd = _tagCursor = 0;
        _fieldCount = _fieldCursor = 0;
        return false;
    }

    /// <summary>The line's next tag, key and value in their escaped forms; false after the last one, or when the line is bad.</summary>
    public bool NextTag(out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        if (_tagCursor >= _tagsEnd || Error != LineError.None)
        {
            key = value = default;
            return false;
        }

        var keyStart = _tagCursor + 1;
        var equals = LineText.EndOfName(Line, keyStart);
        _tagCursor = LineText.EndOfName(Line, equals + 1);
        key = Line[keyStart..equals];
        value = Line[(equals + 1).._tagCursor];
        return true;
    }

    /// <summary>The line's next field; false after the last one, or when the line is bad.</summary>
    public bool NextField(out LineField field)
    {
        if (_fieldCursor >= _fieldCount || Error != LineError.None)
        {
            field = default;
            return false;
        }

        ref readonly var slot = ref _slots[_fieldCursor++];
        field = new LineField(Line[slot.NameStart..(slot.ValueStart - 1)], slot.Type, Line[slot.ValueStart..slot.ValueEnd], slot.Bits);
        return true;
    }

    /// <summary>Begins again with the line's first tag and field.</summary>
    public void Rewind()
    {
        _tagCursor = _measurementEnd;
        _fieldCursor = 0;
    }

    /// <summary>Whether a measurement, key, tag value or string holds a backslash, and so may differ from what it means.</summary>
    public static bool NeedsUnescape(ReadOnlySpan<byte> escaped) => escaped.Contains((byte)'\\');

    /// <summary>Writes what an escaped measurement, tag key, tag value or field name means; returns its length, never more than <paramref name="escaped"/>'s.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="escaped"/>.</exception>
    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> destination) =>
        LineText.Unescape(escaped, destination, LineText.NameSpecials);

    /// <summary>The same for a measurement, in which '=' needs no backslash and <c>\=</c> stands for itself.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="escaped"/>.</exception>
    public static int UnescapeMeasurement(ReadOnlySpan<byte> escaped, Span<byte> destination) =>
        LineText.Unescape(escaped, destination, LineText.MeasurementSpecials);

    /// <summary>The same for what stands between a string's quotes.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="escaped"/>.</exception>
    public static int UnescapeString(ReadOnlySpan<byte> escaped, Span<byte> destination) =>
        LineText.Unescape(escaped, destination, LineText.StringSpecials);

    private void Fail(LineError error, int at)
    {
        Error = error;
        Column = at + 1;
    }

    /// <summary>Makes the line end at the first newline at or behind <paramref name="from"/> (an offset in the text).</summary>
    private void EndAt(int from)
    {
        var newline = _text[from..].IndexOf((byte)'\n');
        var end = newline < 0 ? _text.Length : from + newline;
        _next = newline < 0 ? end : end + 1;
        _nextNumber++;
        if (end > from && _text[end - 1] == '\r')
        {
            end--;
        }

        Line = _text[_start..end];
    }
}
