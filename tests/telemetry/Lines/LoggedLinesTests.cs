using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.Telemetry.Tests;

/// <summary>The lazy reader of the log's lines says what the reader says that checks everything.</summary>
public sealed class LoggedLinesTests
{
    private const string Line = "environment_station,device=env-hac-thanh-007 temperature_celsius=31.2,relative_humidity_percent=78.5,pm2_5_ug_m3=22.4,pm10_ug_m3=41 1764000000000000000\n";

    public static TheoryData<string> Examples => new()
    {
        Line,
        "lamp,device=a power_w=-0,x=0.0,y=-.5,z=5.,w=.5 1764000000000000000\n",
        "lamp,device=a n=-7i,m=0i,l=-0i,k=1234567i,j=12345678i,i=9223372036854775807i,h=18446744073709551615u 1764000000000000000\n",
        "lamp,device=a a=1.23456,b=12.34567,c=123.45678,d=1e3,e=-2.5E-3,f=0.30000000000000004,g=1234567,h=12345678,i=-1234567.8 1764000000000000000\n",
        "lamp,device=a a=true,b=false,c=t,d=F 1764000000000000000\n",
        "lamp,device=a a=\"x\",b=2 1764000000000000000\n" + Line,
        "lamp,device=a a=\"two\nlines, \\\"x\\\"=\\\\\",b=2 1764000000000000000\n" + Line,
        "lamp,device=a a=\"đèn\",b=2 1764000000000000000\n" + Line,
        "lamp,device=a a=1 5\n" + Line,
        "lamp,device=a a=1\n" + Line,
        "lamp,device=a a=1 946684800000000000\n",
        "lamp,device=a a=1 9223372036854775807\n",
        "lamp,device=a a=1 9223372036854775808\n",
        "lamp,device=a a=1 9999999999999999999\n",
        "lamp,device=a a=1 -764000000000000000\n",
        "lamp,zone=1,device=a a=1 1764000000000000000\n",
        "lamp,device=a,zone=1 a=1 1764000000000000000\n",
        "lamp,devices=a a=1 1764000000000000000\n",
        "lamp a=1 1764000000000000000\n",
        "lamp,device= a=1 1764000000000000000\n",
        "lamp,device=a  a=1  1764000000000000000 \r\n" + Line,
        "lamp,device=a a=1 1764000000000000000\r\n" + Line,
        "  lamp,device=a a=1 1764000000000000000\n" + Line,
        "#lamp,device=a a=1 1764000000000000000\n\n" + Line,
        "\tlamp,device=a a=1 1764000000000000000\n" + Line,
        "lamp,device=a \ta=1 1764000000000000000\n",
        "lamp,device=a 1764000000000000000\n" + Line,
        "lamp,device=a a=1 2 1764000000000000000\n" + Line,
        "lamp,device=a a=1,b=2 c=3 1764000000000000000\n" + Line,
        "lamp,device=a a=1, 1764000000000000000\n" + Line,
        "lamp,device=a ,a=1 1764000000000000000\n" + Line,
        "lamp,device=a a,b=1 1764000000000000000\n" + Line,
        "lamp,device=a a= 1764000000000000000\n" + Line,
        "lamp,device=a a=1\t 1764000000000000000\n" + Line,
        "lamp,device=a a=1=2 1764000000000000000\n" + Line,
        "lamp,device=a a=.,b=1 1764000000000000000\n" + Line,
        "lamp,device=a a=-,b=1 1764000000000000000\n" + Line,
        "lamp,device=a a=1.5i,b=1 1764000000000000000\n" + Line,
        "lamp,device=a a=i,b=1 1764000000000000000\n" + Line,
        "lamp,device=a a=1.2.3 1764000000000000000\n" + Line,
        "lamp,device=a a=NaN 1764000000000000000\n" + Line,
        "lamp,device=a a=1e999 1764000000000000000\n" + Line,
        "l\\ amp,device=a a=1 1764000000000000000\n" + Line,
        "\u00ff,device=a a=1 1764000000000000000\n" + Line,
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Says_what_the_strict_reader_says_wherever_it_is_cut(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            LoggedCheck.Agrees(bytes.AsSpan(0, cut));
            LoggedCheck.Agrees(bytes.AsSpan(cut));
        }

        LoggedCheck.Agrees([.. bytes.AsSpan(), 0xFF, .. bytes]);
    }

    [Fact]
    public void Any_byte_may_be_another()
    {
        var bytes = Encoding.UTF8.GetBytes(Line + "lamp,device=a n=-7i,on=true 1764000000000000001\n");
        for (var at = 0; at < bytes.Length; at++)
        {
            var kept = bytes[at];
            for (var other = 0; other < 256; other++)
            {
                bytes[at] = (byte)other;
                LoggedCheck.Agrees(bytes);
            }

            bytes[at] = kept;
        }
    }

    [Fact]
    public void Everything_intake_may_write_is_read_alike() =>
        Prop.ForAll(Logged().ToArbitrary(), text => LoggedCheck.Agrees(Encoding.UTF8.GetBytes(text))).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_short_number_is_read_to_the_bit()
    {
        // All of one to three places, and of longer ones enough to see every length, place of the point and sign.
        var random = new Random(6);
        for (var i = 0; i < 200_000; i++)
        {
            var digits = i < 2000 ? i.ToString(CultureInfo.InvariantCulture) : random.NextInt64((long)Math.Pow(10, random.Next(1, 19))).ToString("D" + random.Next(1, 9), CultureInfo.InvariantCulture);
            var point = random.Next(-2, digits.Length + 1);
            var number = (random.Next(2) == 0 ? "-" : "") + (point < 0 ? digits : digits[..point] + "." + digits[point..]);
            Check(Encoding.UTF8.GetBytes(number));
            Check(Encoding.UTF8.GetBytes(number + "i"));
        }

        static void Check(ReadOnlySpan<byte> number)
        {
            foreach (var end in ", ;"u8)
            {
                byte[] text = [.. number, end, .. "0123456789"u8];
                var length = QuickNumber.Read(in text[0], out var type, out var bits);
                var error = LineValue.Read(number, out var expectedType, out var expected, out _);
                var fits = number.TrimStart((byte)'-').Length + (number[^1] == 'i' ? 0 : 1) <= 8;
                var known = error == LineError.None && end != ';' && fits;
                Assert.Equal(known ? number.Length : 0, length);
                if (known)
                {
                    Assert.Equal((expectedType, expected), (type, bits));
                }
            }
        }
    }

    [Fact]
    public void An_expected_name_is_given_back_as_it_was_told()
    {
        var lines = new LoggedLines(Encoding.UTF8.GetBytes(Line));
        Assert.True(lines.Read());
        var name = "temperature_celsius"u8;
        Assert.True(lines.NextField(name, out var first));
        Assert.True(first.Name == name);
        Assert.True(lines.NextField(name, out var second));
        Assert.False(second.Name == name);
        Assert.Equal("relative_humidity_percent"u8, second.Name);
        Assert.Equal(78.5, second.Float);
        Assert.True(lines.NextField("pm2_5_ug_m"u8, out var third));
        Assert.Equal("pm2_5_ug_m3"u8, third.Name);
        Assert.Equal("environment_station,device=env-hac-thanh-007"u8, lines.Series);
        Assert.Equal("env-hac-thanh-007"u8, lines.Device);
        Assert.Equal("environment_station"u8, lines.Measurement);
        Assert.Equal(1764000000000000000, lines.Timestamp);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Line + "lamp,device=a a=\"two\nlines\",b=2.123456789012345678,c=1e3 1764000000000000000\n", 50)));
        Touch(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Touch(bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Touch(ReadOnlySpan<byte> text)
        {
            var lines = new LoggedLines(text);
            while (lines.Read())
            {
                while (lines.NextField(out _))
                {
                }
            }
        }
    }

    private static Gen<string> Logged()
    {
        var places = Gen.Choose(0, 17);
        var number = Gen.OneOf(
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(value => value.ToString("R", CultureInfo.InvariantCulture)),
            ArbMap.Default.GeneratorFor<long>().Select(value => value.ToString(CultureInfo.InvariantCulture) + "i"),
            ArbMap.Default.GeneratorFor<int>().Zip(places).Select(pair => (pair.Item1 / 1000.0).ToString("F" + pair.Item2, CultureInfo.InvariantCulture)),
            ArbMap.Default.GeneratorFor<int>().Select(value => value.ToString(CultureInfo.InvariantCulture) + "i"),
            Gen.Elements("true", "false", "\"\"", "\"open\"", "\"say \\\"x\\\", y=1\"", "\"two\nlines\"", "\"đèn\"", "1e3", "-0", "0.30000000000000004"));
        var field =
            from name in Gen.Elements("temperature_celsius", "pm2_5_ug_m3", "on", "n", "loop_state", "energy_kwh", "battery_v", "message")
            from value in number
            select (name, value);
        var line =
            from kind in Gen.Elements("environment_station", "fire_detector", "lamp", "k")
            from device in Gen.Elements("env-hac-thanh-007", "a", "x_1", new string('z', Identifier.MaximumLength))
            from fields in Gen.NonEmptyListOf(field)
            from stamp in Gen.Elements(1764000000000000000, 946684800000000000, 4102444800123456789, 1_000_000_000_000_000_000)
            select FormattableString.Invariant($"{kind},device={device} {string.Join(',', fields.DistinctBy(f => f.name).Select(f => f.name + "=" + f.value))} {stamp}\n");
        return Gen.ListOf(line).Select(lines => string.Concat(lines));
    }
}
