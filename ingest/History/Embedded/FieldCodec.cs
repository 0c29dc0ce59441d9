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
                WriteFloat(buffer, metric, field.Float);
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

    /// <summary>Finds one metric's value; null when the reading does not have it.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what was written.</exception>
    public static HistoryValue? Find(ReadOnlySpan<byte> fields, int metric)
    {
        while (!fields.IsEmpty)
        {
            var head = ReadVarint(ref fields);
            var found = (long)(head >> 4) == metric;
            var value = ReadValue(ref fields, (Code)(head & 15), found);
            if (found)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The union of two readings of one device at one time, the later one's values first, as InfluxDB does.</summary>
    public static byte[] Merge(byte[] earlier, byte[] later)
    {
        if (earlier.AsSpan().SequenceEqual(later))
        {
            return earlier;
        }

        var merged = new ByteBuffer(earlier.Length + later.Length);
        merged.Write(later);
        ReadOnlySpan<byte> rest = earlier;
        while (!rest.IsEmpty)
        {
            var field = rest;
            var head = ReadVarint(ref rest);
            ReadValue(ref rest, (Code)(head & 15), wanted: false);
            if (Find(later, (int)(head >> 4)) is null)
            {
                merged.Write(field[..^rest.Length]);
            }
        }

        return merged.Span.ToArray();
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

    private static HistoryValue ReadValue(ref ReadOnlySpan<byte> bytes, Code code, bool wanted)
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
                var text = Take(ref bytes, ReadVarint(ref bytes));
                return wanted ? new(null, null, Encoding.UTF8.GetString(text)) : default;
            default:
                throw new InvalidDataException("A stored reading is damaged.");
        }
    }

    private static void Head(ByteBuffer buffer, int metric, Code code) => WriteVarint(buffer, ((ulong)(uint)metric << 4) | (byte)code);

    private static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    private static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));

    private static void WriteVarint(ByteBuffer buffer, ulong value)
    {
        var span = buffer.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        buffer.Advance(length);
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
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

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, ulong length)
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
