using System.Buffers.Text;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>How a store wants its lines.</summary>
/// <param name="NumericOnly">Numbers only: booleans become 1 and 0, strings are left out, and so is a line that has nothing else.</param>
/// <param name="Precision">Unit of the time stamps.</param>
internal sealed record PointEncoding(bool NumericOnly, Precision Precision)
{
    /// <summary>Lines as the log has them.</summary>
    public static PointEncoding Canonical { get; } = new(NumericOnly: false, Precision.Nanosecond);

    /// <summary>Not lines but the log's frames as they are, for the store that reads them itself.</summary>
    public static PointEncoding Logged { get; } = new(NumericOnly: false, Precision.Nanosecond);
}

/// <summary>Turns a frame of the log into lines for a store. Allocates nothing once the buffer has its size.</summary>
internal static class PointEncoder
{
    private const int LongestNumber = 32;

    /// <summary>Appends the frame's lines, each ended by a newline.</summary>
    /// <returns>Lines appended and lines that hold nothing this store can keep.</returns>
    public static (int Lines, int Skipped) Append(ByteBuffer buffer, FrameFlags flags, ReadOnlySpan<byte> payload, PointEncoding encoding)
    {
        var arrival = (flags & FrameFlags.ArrivalTime) != 0;
        if (encoding.NumericOnly || encoding.Precision != Precision.Nanosecond)
        {
            return Rewrite(buffer, payload, encoding, arrival);
        }

        if (HasUnsigned(payload))
        {
            return Rewrite(buffer, payload, encoding, arrival);
        }

        if (arrival)
        {
            return Mark(buffer, payload);
        }

        var lines = Count(payload);
        buffer.Write(payload);
        if (payload.Length > 0 && payload[^1] != '\n')
        {
            buffer.Write((byte)'\n');
        }

        return (lines, 0);
    }

    /// <summary>Without strings every newline ends a line; a string may hold some, so then the lines are read.</summary>
    private static int Count(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return 0;
        }

        if (!payload.Contains((byte)'"'))
        {
            return payload.Count((byte)'\n') + (payload[^1] == '\n' ? 0 : 1);
        }

        var count = 0;
        var reader = new LineReader(payload);
        while (reader.Read())
        {
            count++;
        }

        return count;
    }

    /// <summary>
    /// A digit and a 'u' in front of a comma or blank may be an unsigned integer, which InfluxDB v1 cannot read. Intake writes
    /// none (a kind declares float, integer, boolean or string), so this is a guard, and a name that looks like one only costs time.
    /// </summary>
    private static bool HasUnsigned(ReadOnlySpan<byte> payload)
    {
        var rest = payload;
        while (true)
        {
            var at = rest.IndexOf((byte)'u');
            if (at < 0)
            {
                return false;
            }

            if (at > 0 && at + 1 < rest.Length && rest[at - 1] is >= (byte)'0' and <= (byte)'9' && rest[at + 1] is (byte)',' or (byte)' ')
            {
                return true;
            }

            rest = rest[(at + 1)..];
        }
    }

    /// <summary>Adds <c>time_is_arrival=true</c>; the last blank of a canonical line stands before its time stamp.</summary>
    private static (int Lines, int Skipped) Mark(ByteBuffer buffer, ReadOnlySpan<byte> payload)
    {
        var lines = 0;
        var reader = new LineReader(payload);
        while (reader.Read())
        {
            var line = reader.Line;
            var blank = reader.Error == LineError.None && reader.HasTimestamp ? line.LastIndexOf((byte)' ') : line.Length;
            buffer.Write(line[..blank]);
            if (blank < line.Length)
            {
                buffer.Write(",time_is_arrival=true"u8);
            }

            buffer.Write(line[blank..]);
            buffer.Write((byte)'\n');
            lines++;
        }

        return (lines, 0);
    }

    private static (int Lines, int Skipped) Rewrite(ByteBuffer buffer, ReadOnlySpan<byte> payload, PointEncoding encoding, bool arrival)
    {
        int lines = 0, skipped = 0;
        var reader = new LineReader(payload);
        while (reader.Read())
        {
            if (reader.Error != LineError.None)
            {
                // The log holds what intake wrote; should that be wrong, the store says so and the quarantine gets it.
                buffer.Write(reader.Line);
                buffer.Write((byte)'\n');
                lines++;
                continue;
            }

            if (WriteLine(buffer, ref reader, encoding, arrival))
            {
                lines++;
            }
            else
            {
                skipped++;
            }
        }

        return (lines, skipped);
    }

    private static bool WriteLine(ByteBuffer buffer, ref LineReader reader, PointEncoding encoding, bool arrival)
    {
        var start = buffer.Length;
        buffer.Write(reader.Measurement);
        while (reader.NextTag(out var key, out var value))
        {
            buffer.Write((byte)',');
            buffer.Write(key);
            buffer.Write((byte)'=');
            buffer.Write(value);
        }

        var separator = (byte)' ';
        while (reader.NextField(out var field))
        {
            if (encoding.NumericOnly && field.Type == LineFieldType.String)
            {
                continue;
            }

            buffer.Write(separator);
            buffer.Write(field.Name);
            buffer.Write((byte)'=');
            WriteValue(buffer, field, encoding);
            separator = (byte)',';
        }

        if (separator == ' ')
        {
            buffer.Truncate(start);
            return false;
        }

        if (arrival)
        {
            buffer.Write(encoding.NumericOnly ? ",time_is_arrival=1"u8 : ",time_is_arrival=true"u8);
        }

        if (reader.HasTimestamp)
        {
            buffer.Write((byte)' ');
            WriteNumber(buffer, Floor(reader.Timestamp, encoding.Precision.Factor()));
        }

        buffer.Write((byte)'\n');
        return true;
    }

    private static void WriteValue(ByteBuffer buffer, in LineField field, PointEncoding encoding)
    {
        if (field.Type == LineFieldType.Boolean && encoding.NumericOnly)
        {
            buffer.Write(field.Boolean ? (byte)'1' : (byte)'0');
        }
        else if (field.Type == LineFieldType.Unsigned)
        {
            // Beyond a signed integer the digits alone are a float: rounded, but never refused.
            buffer.Write(field.Raw[..^1]);
            if (field.Unsigned <= long.MaxValue)
            {
                buffer.Write((byte)'i');
            }
        }
        else
        {
            buffer.Write(field.Raw);
        }
    }

    /// <summary>Rounds towards the past, before 1970 too.</summary>
    private static long Floor(long nanoseconds, long factor)
    {
        var quotient = nanoseconds / factor;
        return nanoseconds % factor < 0 ? quotient - 1 : quotient;
    }

    private static void WriteNumber(ByteBuffer buffer, long value)
    {
        Utf8Formatter.TryFormat(value, buffer.GetSpan(LongestNumber), out var written);
        buffer.Advance(written);
    }
}
