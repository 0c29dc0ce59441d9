using System.Buffers.Binary;
using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// The fields of one reading as a few bytes: for each, a varint <c>metric × 16 + type</c>, then the value. A float that is a
/// decimal of at most three places is stored as a whole number and its scale (21.37 takes three bytes); dividing gives the same
/// double again, which is checked when writing.
/// </summary>
internal static class FieldCodec
{
    /// <summary>Whole numbers below this are exact doubles.</summary>
    private const double ExactLimit = 1L << 53;

    private const int LongestVarint = 10;

    private static readonly double[] Scales = [1, 10, 100, 1000];

    private enum Code : byte
    {
        Decimal0,
        Decimal1,
        Decimal2,
        Decimal3,
        Double,
        Integer,
        False,
        True,
        Text,
    }

    /// <summary>Appends one field.</summary>
    public static void Write(ByteBuffer buffer, int metric, in LineField field)
    {
        switch (field.Type)
        {
            case LineFieldType.Float:
                WriteFloat(buffer, metric, field);
                break;
            case LineFieldType.Integer:
                Head(buffer, metric, Code.Integer);
                WriteVarint(buffer, ZigZag(field.Integer));
                break;
            case LineFieldType.Unsigned:
                WriteFloat(buffer, metric, field.Unsigned);
                break;
            case LineFieldType.Boolean:
                Head(buffer, metric, field.Boolean ? Code.True : Code.False);
                break;
            default:
                Head(buffer, metric, Code.Text);
                WriteText(buffer, field.String);
                break;
        }
    }

    /// <summary>Appends a boolean that is true.</summary>
    public static void WriteTrue(ByteBuffer buffer, int metric) => Head(buffer, metric, Code.True);

    /// <summary>Finds one metric's value; null when the reading does not have it.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what was written.</exception>
    public static HistoryValue? Find(ReadOnlySpan<byte> fields, int metric)
    {
        while (!fields.IsEmpty)
        {
            var head = ReadVarint(ref fields);
            if ((long)(head >> 4) == metric)
            {
                return ReadValue(ref fields, (Code)(head & 15));
            }

            Skip(ref fields, (Code)(head & 15));
        }

        return null;
    }

    /// <summary>Appends the union of two readings of one device at one time, the later one's values first, as InfluxDB does.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what was written.</exception>
    public static void Merge(ByteBuffer to, ReadOnlySpan<byte> earlier, ReadOnlySpan<byte> later)
    {
        to.Write(later);
        if (earlier.SequenceEqual(later))
        {
            return;
        }

        var rest = earlier;
        while (!rest.IsEmpty)
        {
            var field = rest;
            var head = ReadVarint(ref rest);
            Skip(ref rest, (Code)(head & 15));
            if (!Has(later, head >> 4))
            {
                to.Write(field[..^rest.Length]);
            }
        }
    }

    private static bool Has(ReadOnlySpan<byte> fields, ulong metric)
    {
        while (!fields.IsEmpty)
        {
            var head = ReadVarint(ref fields);
            if (head >> 4 == metric)
            {
                return true;
            }

            Skip(ref fields, (Code)(head & 15));
        }

        return false;
    }

    private static void Skip(ref ReadOnlySpan<byte> bytes, Code code)
    {
        switch (code)
        {
            case <= Code.Decimal3 or Code.Integer:
                ReadVarint(ref bytes);
                break;
            case Code.Double:
                Take(ref bytes, sizeof(double));
                break;
            case Code.False or Code.True:
                break;
            case Code.Text:
                Take(ref bytes, ReadVarint(ref bytes));
                break;
            default:
                throw new InvalidDataException("A stored reading is damaged.");
        }
    }

    private static void WriteFloat(ByteBuffer buffer, int metric, in LineField field)
    {
        if (TryDecimal(field.Raw, out var digits, out var places))
        {
            Head(buffer, metric, Code.Decimal0 + (byte)places);
            WriteVarint(buffer, ZigZag(digits));
        }
        else
        {
            WriteFloat(buffer, metric, field.Float);
        }
    }

    /// <summary>
    /// A decimal of at most fifteen digits and three places, as a whole number and its scale. Both are exact doubles, and dividing
    /// rounds correctly (IEEE 754), as reading the text does: the value is the same bit for bit, and no double was read for it.
    /// </summary>
    private static bool TryDecimal(ReadOnlySpan<byte> text, out long digits, out int places)
    {
        digits = 0;
        places = 0;
        var negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 16)
        {
            return false;
        }

        var point = -1;
        for (var i = negative ? 1 : 0; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == '.' && point < 0)
            {
                point = i;
            }
            else
            {
                return false;
            }
        }

        places = point < 0 ? 0 : text.Length - 1 - point;
        if (places > 3 || (negative && digits == 0) || digits >= 1_000_000_000_000_000)
        {
            return false; // minus nothing has a sign that a whole number cannot keep
        }

        digits = negative ? -digits : digits;
        return true;
    }

    private static void WriteFloat(ByteBuffer buffer, int metric, double value)
    {
        for (var i = 0; i < Scales.Length; i++)
        {
            var scaled = Math.Round(value * Scales[i]);
            if (Math.Abs(scaled) >= ExactLimit)
            {
                break;
            }

            if (BitConverter.DoubleToInt64Bits((long)scaled / Scales[i]) == BitConverter.DoubleToInt64Bits(value))
            {
                Head(buffer, metric, Code.Decimal0 + (byte)i);
                WriteVarint(buffer, ZigZag((long)scaled));
                return;
            }
        }

        Head(buffer, metric, Code.Double);
        BinaryPrimitives.WriteDoubleLittleEndian(buffer.GetSpan(sizeof(double)), value);
        buffer.Advance(sizeof(double));
    }

    private static void WriteText(ByteBuffer buffer, ReadOnlySpan<byte> escaped)
    {
        Span<byte> small = stackalloc byte[256];
        var text = escaped.Length <= small.Length ? small : new byte[escaped.Length];
        var length = LineReader.UnescapeString(escaped, text);
        WriteVarint(buffer, (ulong)length);
        buffer.Write(text[..length]);
    }

    private static HistoryValue ReadValue(ref ReadOnlySpan<byte> bytes, Code code)
    {
        switch (code)
        {
            case <= Code.Decimal3:
                return new(UnZigZag(ReadVarint(ref bytes)) / Scales[(int)code]);
            case Code.Double:
                return new(BinaryPrimitives.ReadDoubleLittleEndian(Take(ref bytes, sizeof(double))));
            case Code.Integer:
                return new(UnZigZag(ReadVarint(ref bytes)));
            case Code.False:
                return new(null, Flag: false);
            case Code.True:
                return new(null, Flag: true);
            case Code.Text:
                return new(null, null, Encoding.UTF8.GetString(Take(ref bytes, ReadVarint(ref bytes))));
            default:
                throw new InvalidDataException("A stored reading is damaged.");
        }
    }

    private static void Head(ByteBuffer buffer, int metric, Code code) => WriteVarint(buffer, ((ulong)(uint)metric << 4) | (byte)code);

    internal static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    internal static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));

    private static void WriteVarint(ByteBuffer buffer, ulong value) => buffer.Advance(PutVarint(buffer.GetSpan(LongestVarint), value));

    /// <summary>Writes seven bits a byte, the least first; returns the bytes used.</summary>
    internal static int PutVarint(Span<byte> to, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            to[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        to[length++] = (byte)value;
        return length;
    }

    internal static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0 && bytes[0] < 0x80)
        {
            var small = bytes[0];
            bytes = bytes[1..];
            return small;
        }

        ulong value = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("A stored reading is damaged.");
    }

    internal static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> bytes, ulong length)
    {
        if (length > (ulong)bytes.Length)
        {
            throw new InvalidDataException("A stored reading is damaged.");
        }

        var taken = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return taken;
    }
}
