using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SmartCity.Telemetry;

/// <summary>
/// Reads lines that intake has checked and written: the payload of a frame of the log, behind its checksum. One lazy pass, which checks nothing twice that
/// intake and checksum answer for: a field is taken apart when it is asked for. What does not look as intake writes it today (a string, an escape, other
/// tags, no time of nineteen digits) is read as <see cref="LineReader"/> reads it. Allocates nothing and throws on no input.
/// </summary>
/// <remarks>
/// Of a line that <see cref="LineReader"/> accepts, this says the same. A line that it refuses gets an <see cref="Error"/> here too, but perhaps only when
/// its fields are read to the bad one, and without a column; fields too many and fields that stand twice are not noticed.
/// </remarks>
public ref struct LoggedLines
{
    /// <summary>A space and nineteen digits: how each line that intake wrote ends.</summary>
    private const int StampBytes = 20;

    private readonly ReadOnlySpan<byte> _text;
    private int _start;
    private int _end;
    private int _next;
    private int _nextNumber;
    private int _measurementStart;
    private int _measurementEnd;
    private int _deviceStart;
    private int _deviceEnd;
    private int _seriesEnd;
    private int _field;
    private int _fieldsEnd;
    private bool _slow;
    private Checked _utf8;

    /// <summary>Begins reading a frame's payload.</summary>
    public LoggedLines(ReadOnlySpan<byte> payload)
    {
        _text = payload;
        _nextNumber = 1;
        _field = FieldsStart = 1;
    }

    private enum Checked : byte
    {
        NotYet,
        Good,
        Bad,
    }

    /// <summary>What is wrong with the line, as far as it was read.</summary>
    public LineError Error { get; private set; }

    /// <summary>The 1-based number, in the payload, of the physical line on which the line begins.</summary>
    public int LineNumber { get; private set; }

    /// <summary>Whether the line has a timestamp; those of the log have, unless they are old.</summary>
    public bool HasTimestamp { get; private set; }

    /// <summary>Nanoseconds since 1970; 0 without one.</summary>
    public long Timestamp { get; private set; }

    /// <summary>The line without its line ending.</summary>
    public readonly ReadOnlySpan<byte> Line => _text[_start.._end];

    /// <summary>The measurement: the kind's name.</summary>
    public readonly ReadOnlySpan<byte> Measurement => _text[_measurementStart.._measurementEnd];

    /// <summary>The tag <c>device</c>; empty when there is none.</summary>
    public readonly ReadOnlySpan<byte> Device => _text[_deviceStart.._deviceEnd];

    /// <summary>Measurement and tags as they stand: <c>kind,device=ID</c>.</summary>
    public readonly ReadOnlySpan<byte> Series => _text[_measurementStart.._seriesEnd];

    /// <summary>The fields as they stand, from the first one's name to the last one's value (which <see cref="NextField(out LineField)"/> checks).</summary>
    public readonly ReadOnlySpan<byte> Fields => FieldsStart < _fieldsEnd ? _text[FieldsStart.._fieldsEnd] : default;

    /// <summary>The offset in the payload just behind the line and its ending.</summary>
    public readonly int Consumed => _next;

    private int FieldsStart { get; set; }

    /// <summary>Goes to the next line; false at the end.</summary>
    public bool Read()
    {
        Error = LineError.None;
        _start = _next;
        if (_start < _text.Length && ReadPlain())
        {
            LineNumber = _nextNumber++;
            HasTimestamp = true;
            _slow = false;
            return true;
        }

        return ReadSlowly();
    }

    /// <summary>The line's next field; false after the last one, or when the line is bad (<see cref="Error"/>).</summary>
    public bool NextField(out LineField field)
    {
        var at = _field;
        if (at > _fieldsEnd || _slow)
        {
            return NextSlowly(out field);
        }

        var rest = _text[at.._fieldsEnd];
        var equals = rest.IndexOfAny((byte)'=', (byte)',', (byte)' ');
        if (equals <= 0 || rest[equals] != '=')
        {
            return Fail(LineError.MissingFieldValue, out field);
        }

        return Value(rest[..equals], at + equals + 1, out field);
    }

    /// <summary>The same, faster where the field's name is <paramref name="expected"/>; then <see cref="LineField.Name"/> is that very span
    /// (<c>field.Name == expected</c>, which compares addresses), and need not be looked up.</summary>
    /// <param name="expected">A name, unescaped: that at the same place in the line before. Empty where nothing is expected.</param>
    /// <param name="field">The next field, whatever its name.</param>
    public bool NextField(ReadOnlySpan<byte> expected, out LineField field)
    {
        var equals = _field + expected.Length;
        return !_slow && equals < _fieldsEnd && _text[equals] == '=' && !expected.IsEmpty && _text[_field..equals].SequenceEqual(expected)
            ? Value(expected, equals + 1, out field)
            : NextField(out field);
    }

    /// <summary>Begins again with the line's first field.</summary>
    public void Rewind() => _field = FieldsStart;

    /// <summary>A line as intake writes it, without strings, up to its fields.</summary>
    private bool ReadPlain()
    {
        var end = EndOfPlain(_start);
        if (end < 0)
        {
            return false;
        }

        var line = _text[_start..end];
        var stamp = line.Length - StampBytes;
        if (stamp < 1 || line[stamp] != ' ' || line[stamp - 1] == ' ' || line[0] is (byte)'#' or (byte)'\t'
            || !QuickNumber.Nanoseconds(in line[stamp + 1], out var timestamp))
        {
            return false;
        }

        var comma = line.IndexOfAny((byte)',', (byte)' ');
        if (comma < 1 || !line[comma..].StartsWith(",device="u8))
        {
            return false;
        }

        var device = comma + ",device=".Length;
        var length = line[device..].IndexOfAny((byte)' ', (byte)',', (byte)'=');
        var space = device + length;
        if (length < 1 || space >= stamp || line[space] != ' ' || line[space + 1] is (byte)' ' or (byte)'\t')
        {
            return false;
        }

        _end = end;
        _next = end + 1;
        _measurementStart = _start;
        _measurementEnd = _start + comma;
        _deviceStart = _start + device;
        _deviceEnd = _seriesEnd = _start + space;
        _field = FieldsStart = _seriesEnd + 1;
        _fieldsEnd = _start + stamp;
        Timestamp = timestamp;
        return true;
    }

    /// <summary>The next newline, when nothing before it is a quote, a backslash or not ASCII; else −1.</summary>
    private readonly int EndOfPlain(int at)
    {
        ref var text = ref MemoryMarshal.GetReference(_text);
        for (; at <= _text.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            var bytes = Vector256.LoadUnsafe(ref text, (nuint)at);
            var stops = bytes | Vector256.Equals(bytes, Vector256.Create((byte)'\n')) | Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'));
            var mask = stops.ExtractMostSignificantBits();
            if (mask != 0)
            {
                at += System.Numerics.BitOperations.TrailingZeroCount(mask);
                return _text[at] == '\n' ? at : -1;
            }
        }

        for (; at < _text.Length; at++)
        {
            var one = _text[at];
            if (one is (byte)'\n' or (byte)'"' or (byte)'\\' or > 0x7F)
            {
                return one == '\n' ? at : -1;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Value(ReadOnlySpan<byte> name, int at, out LineField field)
    {
        var length = QuickNumber.Read(in _text[at], out var type, out var bits);
        if (length == 0)
        {
            return OtherValue(name, at, out field);
        }

        field = new LineField(name, type, _text.Slice(at, length), bits);
        return Behind(at + length) || Fail(LineError.TrailingText, out field);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool OtherValue(ReadOnlySpan<byte> name, int at, out LineField field)
    {
        var rest = _text[at.._fieldsEnd];
        var length = rest.IndexOfAny((byte)',', (byte)' ');
        var raw = length < 0 ? rest : rest[..length];
        if (raw.IsEmpty)
        {
            return Fail(LineError.MissingFieldValue, out field);
        }

        var error = LineValue.Read(raw, out var type, out var bits, out _);
        field = new LineField(name, type, raw, bits);
        return error == LineError.None
            ? Behind(at + raw.Length) || Fail(LineError.TrailingText, out field)
            : Fail(error, out field);
    }

    /// <summary>Goes behind the value's comma, or to the end; a space before the end is one too many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Behind(int value)
    {
        _field = value + 1;
        return value == _fieldsEnd || _text[value] == ',';
    }

    private bool Fail(LineError error, out LineField field)
    {
        field = default;
        Error = error;
        _field = _fieldsEnd + 1;
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadSlowly()
    {
        if (_utf8 == Checked.NotYet && _start < _text.Length)
        {
            _utf8 = System.Text.Unicode.Utf8.IsValid(_text) ? Checked.Good : Checked.Bad;
        }

        var reader = new LineReader(_text, _utf8 == Checked.Good);
        reader.Seek(_start, _nextNumber);
        var found = reader.Read();
        _slow = true;
        _start = reader.Start;
        _next = reader.Consumed;
        _nextNumber = reader.NextLineNumber;
        _end = _start + reader.Line.Length;
        LineNumber = reader.LineNumber;
        Error = reader.Error;
        HasTimestamp = reader.HasTimestamp;
        Timestamp = reader.Timestamp;
        (_measurementStart, _measurementEnd, _seriesEnd) = (_start + reader.Places.Measurement, _start + reader.Places.MeasurementEnd, _start + reader.Places.TagsEnd);
        _deviceStart = _deviceEnd = _start;
        while (reader.NextTag(out var key, out var value))
        {
            if (key.SequenceEqual("device"u8))
            {
                _deviceEnd = _start + reader.Places.Tag;
                _deviceStart = _deviceEnd - value.Length;
                break;
            }
        }

        if (found && Error == LineError.None)
        {
            _field = FieldsStart = LineText.SkipBlanks(_text, _seriesEnd);
            _fieldsEnd = _start + reader.Places.FieldsEnd;
        }
        else
        {
            _fieldsEnd = _end;
            _field = FieldsStart = _end + 1;
        }

        return found;
    }

    /// <summary>A field of a line that <see cref="LineReader"/> has found good.</summary>
    private bool NextSlowly(out LineField field)
    {
        var at = _field;
        if (at > _fieldsEnd)
        {
            field = default;
            return false;
        }

        var rest = _text[.._fieldsEnd];
        var equals = LineText.EndOfName(rest, at);
        if (_text[equals + 1] != '"')
        {
            return OtherValue(rest[at..equals], equals + 1, out field);
        }

        var close = LineText.ClosingQuote(rest, equals + 1);
        field = new LineField(rest[at..equals], LineFieldType.String, rest[(equals + 1)..(close + 1)], 0);
        _field = close + 2;
        return true;
    }
}
