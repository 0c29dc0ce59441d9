using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.Telemetry.Tests;

public sealed class LineWriterTests
{
    [Fact]
    public void Writes_the_canonical_form()
    {
        var writer = new LineWriter(new byte[400]);
        writer.Measurement("weather"u8);
        writer.Tag("device"u8, "d1"u8);
        writer.Float("temperature_celsius"u8, 21.5);
        writer.Integer("n"u8, -3);
        writer.Unsigned("u"u8, 4);
        writer.Boolean("ok"u8, true);
        writer.String("s"u8, "a \"b\" \\"u8);
        Assert.True(writer.End(1_700_000_000_000_000_000));
        writer.Measurement("a b,c=d"u8);
        writer.Tag("k ,="u8, "v ,="u8);
        writer.EscapedString("s ,="u8, "x\\\"y"u8);
        writer.Boolean("no"u8, false);
        Assert.True(writer.End());
        Assert.Equal(
            "weather,device=d1 temperature_celsius=21.5,n=-3i,u=4u,ok=true,s=\"a \\\"b\\\" \\\\\" 1700000000000000000\n"
            + "a\\ b\\,c=d,k\\ \\,\\==v\\ \\,\\= s\\ \\,\\==\"x\\\"y\",no=false\n",
            Encoding.UTF8.GetString(writer.Lines));
    }

    [Fact]
    public void A_line_that_does_not_fit_leaves_the_ones_before_it()
    {
        var whole = 0;
        for (var size = 0; size < 80; size++)
        {
            var writer = new LineWriter(new byte[size]);
            for (var i = 0; i < 3; i++)
            {
                writer.Measurement("m"u8);
                writer.Tag("device"u8, "d1"u8);
                writer.Float("f"u8, 1.5);
                writer.String("s"u8, "x\"y"u8);
                if (!writer.End(5))
                {
                    Assert.Equal(LineWriteError.Full, writer.Error);
                    break;
                }
            }

            var text = Encoding.UTF8.GetString(writer.Lines);
            Assert.True(writer.Written <= size);
            Assert.Equal(string.Concat(Enumerable.Repeat("m,device=d1 f=1.5,s=\"x\\\"y\" 5\n", text.Count(c => c == '\n'))), text);
            whole += text.Length > 0 ? 1 : 0;
        }

        Assert.Equal(80 - "m,device=d1 f=1.5,s=\"x\\\"y\" 5\n".Length, whole);
    }

    [Theory]
    [InlineData("", "k", "v", LineWriteError.Name)]
    [InlineData("#a", "k", "v", LineWriteError.Name)]
    [InlineData(" a", "k", "v", LineWriteError.Name)]
    [InlineData("a\\", "k", "v", LineWriteError.Name)]
    [InlineData("a\nb", "k", "v", LineWriteError.Name)]
    [InlineData("a", "", "v", LineWriteError.Name)]
    [InlineData("a", "k", "", LineWriteError.Name)]
    [InlineData("a", "k", "v\\", LineWriteError.Name)]
    [InlineData("a", "k", "v\r", LineWriteError.Name)]
    public void Names_that_the_protocol_cannot_carry_are_refused(string measurement, string key, string value, LineWriteError error)
    {
        var writer = new LineWriter(new byte[100]);
        writer.Measurement(Encoding.UTF8.GetBytes(measurement));
        writer.Tag(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        writer.Boolean("f"u8, true);
        Assert.False(writer.End(1));
        Assert.Equal(error, writer.Error);
        Assert.Equal(0, writer.Written);
    }

    [Fact]
    public void Parts_in_the_wrong_order_are_refused()
    {
        var writer = new LineWriter(new byte[100]);
        writer.Float("f"u8, 1);
        Assert.False(writer.End());
        Assert.Equal(LineWriteError.Order, writer.Error);
        writer.Measurement("m"u8);
        Assert.False(writer.End(1));
        Assert.Equal(LineWriteError.Order, writer.Error);
        writer.Measurement("m"u8);
        writer.Float("f"u8, 1);
        writer.Tag("t"u8, "v"u8);
        Assert.False(writer.End(1));
        Assert.Equal(LineWriteError.Order, writer.Error);
        writer.Measurement("m"u8);
        writer.EscapedString("s"u8, "a\"b"u8);
        Assert.False(writer.End(1));
        Assert.Equal(LineWriteError.String, writer.Error);
        writer.Measurement("m"u8);
        writer.EscapedString("s"u8, "a\\"u8);
        Assert.False(writer.End(1));
        Assert.Equal(LineWriteError.String, writer.Error);
        foreach (var odd in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            writer.Measurement("m"u8);
            writer.Float("f"u8, odd);
            Assert.False(writer.End(1));
            Assert.Equal(LineWriteError.NotFinite, writer.Error);
        }

        writer.Measurement("m"u8);
        writer.Float("f"u8, 1);
        writer.Cancel();
        Assert.Equal(0, writer.Written);
        writer.Measurement("m"u8);
        writer.Float("f"u8, 1);
        Assert.True(writer.End(1));
        writer.Clear();
        Assert.Equal(0, writer.Written);
    }

    [Fact]
    public void Floats_are_written_as_the_framework_writes_them()
    {
        var random = new System.Random(7);
        double[] special = [0, -0.0, 1, -1, 0.001, 0.0005, 999999999999.999, 1e12, 1e15, 123456789012345, 0.1 + 0.2, double.Epsilon, double.MaxValue, -21.375, 100, 1e-5];
        Span<byte> text = stackalloc byte[40];
        for (var i = 0; i < 200_000; i++)
        {
            var value = i < special.Length ? special[i] : (i % 4) switch
            {
                0 => Math.Round((random.NextDouble() * 2000) - 1000, random.Next(5)),
                1 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                2 => random.NextInt64(-1_000_000_000_000, 1_000_000_000_000) / 1000.0,
                _ => random.NextDouble() * 1e13,
            };
            if (!double.IsFinite(value))
            {
                continue;
            }

            Assert.True(LineNumber.TryFormat(value, text, out var length));
            Assert.Equal(value.ToString("R", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(text[..length]));
            Assert.Equal(LineError.None, LineValue.Read(text[..length], out var type, out var bits, out _));
            Assert.Equal(LineFieldType.Float, type);
            Assert.Equal(BitConverter.DoubleToInt64Bits(value), bits);
        }
    }

    [Fact]
    public void What_is_written_is_read_again() =>
        Prop.ForAll<(string, (string, string)[], (string, object?)[], long)>(
            Lines().ToArbitrary(),
            line =>
            {
                var (measurement, tags, fields, timestamp) = line;
                var buffer = new byte[20_000];
                var writer = new LineWriter(buffer);
                writer.Measurement(Encoding.UTF8.GetBytes(measurement));
                foreach (var (key, value) in tags)
                {
                    writer.Tag(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
                }

                foreach (var (name, value) in fields)
                {
                    Write(ref writer, Encoding.UTF8.GetBytes(name), value);
                }

                Assert.True(writer.End(timestamp), writer.Error.ToString());
                LineCheck.Agrees(writer.Lines);
                LineCheck.RoundTrips(writer.Lines);
                var read = Assert.Single(LineReference.Parse(writer.Lines));
                Assert.Equal(LineError.None, read.Error);
                Assert.Equal(measurement, Utf8(read.Measurement));
                Assert.Equal(tags, read.Tags.Select(tag => (Utf8(tag.Key), Utf8(tag.Value))));
                Assert.Equal(fields, read.Fields.Select(field => (Utf8(field.Name), (object?)(field.Value is string text ? Utf8(text) : field.Value))));
                Assert.Equal(timestamp, read.Timestamp);
            }).QuickCheckThrowOnFailure();

    private static Gen<(string, (string, string)[], (string, object?)[], long)> Lines()
    {
        var letters = Gen.Elements("a", "z", "0", "_", ",", " ", "=", "\\x", "\"", "\t", "đ", "光", "😀", "#");
        var name = Gen.NonEmptyListOf(letters).Select(parts => "n" + string.Concat(parts)).Where(text => Encoding.UTF8.GetByteCount(text) < 200);
        var text = Gen.ListOf(Gen.Elements("a", "\"", "\\", "\n", "\r\n", ",", " ", "=", "đ", "😀")).Select(parts => (object?)string.Concat(parts));
        var value = Gen.OneOf(
            text,
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(number => (object?)number),
            ArbMap.Default.GeneratorFor<long>().Select(number => (object?)number),
            ArbMap.Default.GeneratorFor<ulong>().Select(number => (object?)number),
            ArbMap.Default.GeneratorFor<bool>().Select(flag => (object?)flag));
        return
            from measurement in name
            from tags in Gen.ArrayOf(name.Zip(name), 3)
            from count in Gen.Choose(1, 6)
            from fields in Gen.ArrayOf(name.Zip(value), count)
            from timestamp in ArbMap.Default.GeneratorFor<long>()
            select (
                measurement,
                tags.DistinctBy(tag => tag.Item1).Select(tag => (tag.Item1, tag.Item2)).ToArray(),
                fields.DistinctBy(field => field.Item1).Select(field => (field.Item1, field.Item2)).ToArray(),
                timestamp);
    }

    private static void Write(ref LineWriter writer, byte[] name, object? value)
    {
        switch (value)
        {
            case double number:
                writer.Float(name, number);
                break;
            case long number:
                writer.Integer(name, number);
                break;
            case ulong number:
                writer.Unsigned(name, number);
                break;
            case bool flag:
                writer.Boolean(name, flag);
                break;
            default:
                writer.String(name, Encoding.UTF8.GetBytes((string)value!));
                break;
        }
    }

    private static string Utf8(string latin) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));
}
