using System.Buffers.Text;
using System.Globalization;

namespace SmartCity.Telemetry;

/// <summary>Why a line could not be written.</summary>
public enum LineWriteError : byte
{
    /// <summary>Nothing is wrong so far.</summary>
    None,

    /// <summary>The buffer is too small.</summary>
    Full,

    /// <summary>The parts came in an order that makes no line: no measurement, no field, a tag behind a field.</summary>
    Order,

    /// <summary>A measurement, key or tag value that line protocol cannot carry: empty, with a newline, with a backslash at its end, or (measurement) with '#' in front.</summary>
    Name,

    /// <summary>A float that is NaN or infinite.</summary>
    NotFinite,

    /// <summary>A string passed as escaped is not.</summary>
    String,
}

/// <summary>
/// Writes lines of line protocol in the one canonical spelling of the log into a piece of memory: single separators, floats as
/// the shortest digits that read back the same, integers with <c>i</c>, <c>true</c>/<c>false</c>, '\n' at the end. It
/// allocates nothing. A line is there whole or not at all: what fails before <see cref="End()"/> takes the line back.
/// </summary>
public ref struct LineWriter
{
    private readonly Span<byte> _buffer;
    private int _lineStart;
    private int _at;
    private State _state;

    /// <summary>Begins to write at the start of <paramref name="buffer"/>.</summary>
    public LineWriter(Span<byte> buffer)
    {
        _buffer = buffer;
    }

    private enum State : byte
    {
        Idle,
        Tags,
        Fields,
    }

    /// <summary>Bytes of whole lines written so far.</summary>
    public readonly int Written => _lineStart;

    /// <summary>The whole lines written so far.</summary>
    public readonly ReadOnlySpan<byte> Lines => _buffer[.._lineStart];

    /// <summary>What is wrong with the line being written, or was with the last one.</summary>
    public LineWriteError Error { get; private set; }

    /// <summary>Begins a line; a line that was begun and not ended is dropped.</summary>
    public void Measurement(ReadOnlySpan<byte> name)
    {
        _at = _lineStart;
        Error = LineWriteError.None;
        _state = State.Tags;
        if (!name.IsEmpty && name[0] is (byte)'#' or (byte)' ' or (byte)'\t')
        {
            // A leading blank would be skipped and '#' begins a comment: neither can be escaped.
            Error = LineWriteError.Name;
            return;
        }

        Name(name, LineText.MeasurementSpecials);
    }

    /// <summary>Adds a tag; only before the first field.</summary>
    public void Tag(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (_state != State.Tags)
        {
            Fail(LineWriteError.Order);
            return;
        }

        Byte((byte)',');
        Name(key, LineText.NameSpecials);
        Byte((byte)'=');
        Name(value, LineText.NameSpecials);
    }

    /// <summary>Adds a float; NaN and infinities fail the line.</summary>
    public void Float(ReadOnlySpan<byte> name, double value)
    {
        if (!double.IsFinite(value))
        {
            Fail(LineWriteError.NotFinite);
            return;
        }

        if (!BeginField(name))
        {
            return;
        }

        if (!LineNumber.TryFormat(value, _buffer[_at..], out var length))
        {
            Fail(LineWriteError.Full);
            return;
        }

        _at += length;
    }

    /// <summary>Adds a signed integer.</summary>
    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        if (BeginField(name))
        {
            Take(Utf8Formatter.TryFormat(value, _buffer[_at..], out var length), length);
            Byte((byte)'i');
        }
    }

    /// <summary>Adds an unsigned integer. InfluxDB 1.x refuses those; the log never holds one.</summary>
    public void Unsigned(ReadOnlySpan<byte> name, ulong value)
    {
        if (BeginField(name))
        {
            Take(Utf8Formatter.TryFormat(value, _buffer[_at..], out var length), length);
            Byte((byte)'u');
        }
    }

    /// <summary>Adds a boolean.</summary>
    public void Boolean(ReadOnlySpan<byte> name, bool value)
    {
        if (BeginField(name))
        {
            Bytes(value ? "true"u8 : "false"u8);
        }
    }

    /// <summary>Adds a string, escaping it.</summary>
    public void String(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (BeginField(name))
        {
            Byte((byte)'"');
            Escape(value, LineText.StringSpecials);
            Byte((byte)'"');
        }
    }

    /// <summary>Adds a string that is escaped already, as <see cref="LineField.String"/> gives it.</summary>
    public void EscapedString(ReadOnlySpan<byte> name, ReadOnlySpan<byte> escaped)
    {
        if (!BeginField(name))
        {
            return;
        }

        var open = _at;
        Byte((byte)'"');
        Bytes(escaped);
        Byte((byte)'"');
        if (Error == LineWriteError.None && LineText.ClosingQuote(_buffer[.._at], open) != _at - 1)
        {
            Fail(LineWriteError.String);
        }
    }

    /// <summary>Ends the line without a timestamp; false when it could not be written, and then nothing of it remains.</summary>
    public bool End()
    {
        Byte((byte)'\n');
        if (_state != State.Fields)
        {
            Fail(LineWriteError.Order);
        }

        _state = State.Idle;
        if (Error != LineWriteError.None)
        {
            _at = _lineStart;
            return false;
        }

        _lineStart = _at;
        return true;
    }

    /// <summary>Ends the line with its timestamp in nanoseconds since 1970; false when it could not be written, and then nothing of it remains.</summary>
    public bool End(long timestamp)
    {
        Byte((byte)' ');
        Take(Utf8Formatter.TryFormat(timestamp, _buffer[_at..], out var length), length);
        return End();
    }

    /// <summary>Drops the line that was begun.</summary>
    public void Cancel()
    {
        _at = _lineStart;
        _state = State.Idle;
    }

    /// <summary>Forgets every line and begins at the start of the buffer again.</summary>
    public void Clear()
    {
        _lineStart = _at = 0;
        _state = State.Idle;
        Error = LineWriteError.None;
    }

    private bool BeginField(ReadOnlySpan<byte> name)
    {
        if (_state == State.Idle)
        {
            Fail(LineWriteError.Order);
            return false;
        }

        Byte(_state == State.Tags ? (byte)' ' : (byte)',');
        _state = State.Fields;
        Name(name, LineText.NameSpecials);
        Byte((byte)'=');
        return Error == LineWriteError.None;
    }

    private void Name(ReadOnlySpan<byte> name, ReadOnlySpan<byte> specials)
    {
        if (name.IsEmpty || name[^1] == '\\' || name.IndexOfAny((byte)'\n', (byte)'\r') >= 0)
        {
            Fail(LineWriteError.Name);
            return;
        }

        Escape(name, specials);
    }

    private void Escape(ReadOnlySpan<byte> text, scoped ReadOnlySpan<byte> specials)
    {
        while (true)
        {
            var special = text.IndexOfAny(specials);
            if (special < 0)
            {
                Bytes(text);
                return;
            }

            Bytes(text[..special]);
            Byte((byte)'\\');
            Byte(text[special]);
            text = text[(special + 1)..];
        }
    }

    private void Byte(byte value)
    {
        if (_at < _buffer.Length)
        {
            _buffer[_at++] = value;
        }
        else
        {
            Fail(LineWriteError.Full);
        }
    }

    private void Bytes(ReadOnlySpan<byte> bytes) => Take(bytes.TryCopyTo(_buffer[_at..]), bytes.Length);

    private void Take(bool written, int length)
    {
        if (written)
        {
            _at += length;
        }
        else
        {
            Fail(LineWriteError.Full);
        }
    }

    /// <summary>Keeps the first error: the ones after it are its consequences.</summary>
    private void Fail(LineWriteError error)
    {
        if (Error == LineWriteError.None)
        {
            Error = error;
        }
    }
}

/// <summary>Floats as text.</summary>
internal static class LineNumber
{
    /// <summary>Below this every decimal of three places has at most 15 digits, and such a decimal is the shortest that reads back as its double.</summary>
    private const double ExactThousandths = 1e12;

    /// <summary>Writes the shortest digits that read back as <paramref name="value"/>; readings of up to three decimal places take a short cut.</summary>
    public static bool TryFormat(double value, Span<byte> destination, out int length)
    {
        if (Math.Abs(value) < ExactThousandths && (value != 0 || !double.IsNegative(value)))
        {
            var thousandths = (long)Math.Round(value * 1000);
            if (thousandths / 1000.0 == value)
            {
                return TryFormatThousandths(thousandths, destination, out length);
            }
        }

        return value.TryFormat(destination, out length, "R", CultureInfo.InvariantCulture);
    }

    private static bool TryFormatThousandths(long thousandths, Span<byte> destination, out int length)
    {
        Span<byte> text = stackalloc byte[24];
        var at = text.Length;
        var rest = (ulong)Math.Abs(thousandths);
        var places = 3;
        while (places > 0 && rest % 10 == 0)
        {
            rest /= 10;
            places--;
        }

        for (var digit = 0; rest > 0 || digit <= places; digit++)
        {
            if (digit == places && places > 0)
            {
                text[--at] = (byte)'.';
            }

            text[--at] = (byte)('0' + (rest % 10));
            rest /= 10;
        }

        if (thousandths < 0)
        {
            text[--at] = (byte)'-';
        }

        length = text.Length - at;
        return text[at..].TryCopyTo(destination);
    }
}
