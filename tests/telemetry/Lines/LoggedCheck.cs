using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>Compares the lazy reader of the log's lines with the reader that checks everything.</summary>
internal static class LoggedCheck
{
    /// <summary>Lines where a field stands twice, or too many stand, the lazy reader may take: intake never wrote one.</summary>
    private static readonly LineError[] NotNoticed = [LineError.DuplicateField, LineError.TooManyFields];

    /// <summary>Whatever the bytes: the same lines, the same parts of the good ones, an error in each bad one.</summary>
    public static void Agrees(ReadOnlySpan<byte> text)
    {
        var expected = new LineReader(text);
        var lines = new LoggedLines(text);
        var other = new LoggedLines(text);
        while (expected.Read())
        {
            Assert.True(lines.Read());
            Assert.True(other.Read());
            Assert.Equal(Latin(expected.Line), Latin(lines.Line));
            Assert.Equal(expected.LineNumber, lines.LineNumber);
            Assert.Equal(expected.Consumed, lines.Consumed);
            if (expected.Error == LineError.None)
            {
                Parts(ref expected, ref lines);
                Expecting(ref expected, ref other);
                Assert.Equal(LineError.None, lines.Error);
                continue;
            }

            while (lines.NextField(out _))
            {
            }

            Assert.False(lines.NextField("f"u8, out _));
            Assert.True(lines.Error != LineError.None || NotNoticed.Contains(expected.Error), $"{expected.Error} was not noticed");
            _ = lines.Fields.Length + lines.Series.Length + lines.Device.Length + lines.Measurement.Length;
        }

        for (var i = 0; i < 2; i++)
        {
            Assert.False(lines.Read());
            Assert.False(lines.NextField(out _));
            Assert.False(lines.NextField("f"u8, out _));
            Assert.Equal(LineError.None, lines.Error);
        }
    }

    private static void Parts(ref LineReader expected, ref LoggedLines lines)
    {
        Assert.Equal(Latin(expected.Measurement), Latin(lines.Measurement));
        var series = expected.Measurement.Length;
        var device = "";
        while (expected.NextTag(out var key, out var value))
        {
            series += key.Length + value.Length + 2;
            device = key.SequenceEqual("device"u8) ? Latin(value) : device;
        }

        Assert.Equal(device, Latin(lines.Device));
        Assert.Equal(Latin(expected.Line.TrimStart(" \t"u8)[..series]), Latin(lines.Series));
        Assert.Equal(expected.HasTimestamp, lines.HasTimestamp);
        Assert.Equal(expected.Timestamp, lines.Timestamp);
        Assert.StartsWith(Latin(lines.Fields), Latin(expected.Line.TrimStart(" \t"u8)[series..].TrimStart(" \t"u8)), StringComparison.Ordinal);
        for (var round = 0; round < 2; round++)
        {
            while (expected.NextField(out var field))
            {
                Assert.True(lines.NextField(out var logged));
                Same(field, logged);
            }

            Assert.False(lines.NextField(out _));
            expected.Rewind();
            lines.Rewind();
        }

        _ = lines.NextField(out _);
    }

    /// <summary>With names told before: sometimes the right one, sometimes another, and what is told is given back.</summary>
    private static void Expecting(ref LineReader expected, ref LoggedLines lines)
    {
        expected.Rewind();
        var count = 0;
        while (expected.NextField(out var field))
        {
            var told = ++count % 3 != 0 ? field.Name : field.Name[1..];
            Assert.True(lines.NextField(told, out var logged));
            Same(field, logged);
        }

        Assert.False(lines.NextField("x"u8, out _));
    }

    private static void Same(in LineField field, in LineField logged)
    {
        Assert.Equal(Latin(field.Name), Latin(logged.Name));
        Assert.Equal(field.Type, logged.Type);
        Assert.Equal(Latin(field.Raw), Latin(logged.Raw));
        Assert.Equal(field.Integer, logged.Integer);
    }

    private static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
