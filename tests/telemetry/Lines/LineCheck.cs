using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>Compares the reader with the slow parser.</summary>
internal static class LineCheck
{
    private static readonly LineError[] ValueErrors = [LineError.BadValue, LineError.BadNumber, LineError.NotFinite, LineError.NumberRange];

    /// <summary>Reads everything there is to read, for what it does to the heap and whether it ends; returns a sum so that nothing is optimised away.</summary>
    public static long Touch(ReadOnlySpan<byte> text)
    {
        var reader = new LineReader(text);
        long sum = 0;
        var lines = 0;
        while (reader.Read())
        {
            if (++lines > text.Length)
            {
                throw new InvalidOperationException("more lines than bytes");
            }

            sum += reader.Column + reader.LineNumber + reader.Line.Length + reader.Measurement.Length + reader.Timestamp;
            while (reader.NextTag(out var key, out var value))
            {
                sum += key.Length + value.Length;
            }

            while (reader.NextField(out var field))
            {
                sum += field.Name.Length + field.Raw.Length + field.String.Length + field.Integer;
            }
        }

        return sum;
    }

    public static void Agrees(ReadOnlySpan<byte> text)
    {
        var expected = LineReference.Parse(text);
        var reader = new LineReader(text);
        foreach (var line in expected)
        {
            Assert.True(reader.Read());
            Assert.Equal(line.Raw, Latin(reader.Line));
            Assert.Equal(line.Number, reader.LineNumber);
            CheckError(line, reader.Error, reader.Column);
            if (line.Error == LineError.None)
            {
                CheckParts(line, ref reader);
            }
            else
            {
                Assert.False(reader.NextTag(out _, out _));
                Assert.False(reader.NextField(out _));
            }
        }

        Assert.False(reader.Read());
        Assert.False(reader.Read());
        Assert.Equal(text.Length, reader.Consumed);
    }

    /// <summary>Writes what the reader accepted, and expects to read the same from that.</summary>
    public static void RoundTrips(ReadOnlySpan<byte> text)
    {
        var buffer = new byte[(text.Length * 2) + 64];
        var scratch = new byte[text.Length + 1];
        var reader = new LineReader(text);
        while (reader.Read())
        {
            if (reader.Error != LineError.None)
            {
                continue;
            }

            var writer = new LineWriter(buffer);
            Copy(ref reader, ref writer, scratch, out var sayable);
            if (!sayable)
            {
                continue;
            }

            Assert.Equal(LineWriteError.None, writer.Error);
            var again = LineReference.Parse(writer.Lines);
            var first = LineReference.Parse(reader.Line);
            Assert.Single(again);
            Assert.Equal(first[0].Measurement, again[0].Measurement);
            Assert.Equal(first[0].Tags, again[0].Tags);
            Assert.Equal(first[0].Fields, again[0].Fields);
            Assert.Equal(first[0].Timestamp, again[0].Timestamp);
        }
    }

    /// <summary>Writes the reader's line. A carriage return within a name can be read and not be written: <paramref name="sayable"/> is false then.</summary>
    private static void Copy(ref LineReader reader, ref LineWriter writer, byte[] scratch, out bool sayable)
    {
        sayable = true;
        writer.Measurement(scratch.AsSpan(0, LineReader.UnescapeMeasurement(reader.Measurement, scratch)));
        while (reader.NextTag(out var key, out var value))
        {
            var k = scratch.AsSpan(0, LineReader.Unescape(key, scratch)).ToArray();
            writer.Tag(k, scratch.AsSpan(0, LineReader.Unescape(value, scratch)));
        }

        while (reader.NextField(out var field))
        {
            var name = scratch.AsSpan(0, LineReader.Unescape(field.Name, scratch)).ToArray();
            switch (field.Type)
            {
                case LineFieldType.Float:
                    writer.Float(name, field.Float);
                    break;
                case LineFieldType.Integer:
                    writer.Integer(name, field.Integer);
                    break;
                case LineFieldType.Unsigned:
                    writer.Unsigned(name, field.Unsigned);
                    break;
                case LineFieldType.Boolean:
                    writer.Boolean(name, field.Boolean);
                    break;
                default:
                    writer.String(name, scratch.AsSpan(0, LineReader.UnescapeString(field.String, scratch)));
                    break;
            }
        }

        var written = reader.HasTimestamp ? writer.End(reader.Timestamp) : writer.End();
        if (!written)
        {
            Assert.Equal(LineWriteError.Name, writer.Error);
            sayable = false;
        }
    }

    private static void CheckError(ReferenceLine line, LineError error, int column)
    {
        if (line.Error == LineError.BadValue)
        {
            Assert.Contains(error, ValueErrors);
        }
        else
        {
            Assert.Equal(line.Error, error);
        }

        Assert.InRange(column, line.Column.First, line.Error == LineError.None ? 0 : line.Column.Last);
    }

    private static void CheckParts(ReferenceLine line, ref LineReader reader)
    {
        var scratch = new byte[reader.Line.Length];
        Assert.Equal(line.Measurement, Latin(scratch.AsSpan(0, LineReader.UnescapeMeasurement(reader.Measurement, scratch))));
        foreach (var (key, value) in line.Tags)
        {
            Assert.True(reader.NextTag(out var k, out var v));
            Assert.Equal(key, Latin(scratch.AsSpan(0, LineReader.Unescape(k, scratch))));
            Assert.Equal(value, Latin(scratch.AsSpan(0, LineReader.Unescape(v, scratch))));
        }

        Assert.False(reader.NextTag(out _, out _));
        Assert.Equal(line.Fields.Count, reader.FieldCount);
        foreach (var (name, type, value) in line.Fields)
        {
            Assert.True(reader.NextField(out var field));
            Assert.Equal(name, Latin(scratch.AsSpan(0, LineReader.Unescape(field.Name, scratch))));
            Assert.Equal(type, field.Type);
            object read = type switch
            {
                LineFieldType.Float => field.Float,
                LineFieldType.Integer => field.Integer,
                LineFieldType.Unsigned => field.Unsigned,
                LineFieldType.Boolean => field.Boolean,
                _ => Latin(scratch.AsSpan(0, LineReader.UnescapeString(field.String, scratch))),
            };
            if (value is double expected)
            {
                Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits((double)read));
            }
            else
            {
                Assert.Equal(value, read);
            }
        }

        Assert.False(reader.NextField(out _));
        Assert.Equal(line.Timestamp, reader.HasTimestamp ? reader.Timestamp : null);
    }

    private static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
