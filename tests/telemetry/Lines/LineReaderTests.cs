using System.Text;

namespace SmartCity.Telemetry.Tests;

public sealed class LineReaderTests
{
    /// <summary>Line, then measurement | tags | fields | timestamp as they are meant.</summary>
    public static TheoryData<string, string> Good => new()
    {
        { "weather,device=d1 temperature_celsius=21.5 1700000000000000000", "weather|device=d1|temperature_celsius:Float=21.5|1700000000000000000" },
        { "a f=1", "a||f:Float=1|" },
        { "a f=1i", "a||f:Integer=1|" },
        { "a f=1u", "a||f:Unsigned=1|" },
        { "a f=-0", "a||f:Float=-0|" },
        { "a f=-0i", "a||f:Integer=0|" },
        { "a f=.5,g=5.,h=-.5", "a||f:Float=0.5,g:Float=5,h:Float=-0.5|" },
        { "a f=1e3,g=1E+3,h=1.5e-3,i=1e0", "a||f:Float=1000,g:Float=1000,h:Float=0.0015,i:Float=1|" },
        { "a f=1.7976931348623157e308,g=5e-324", "a||f:Float=1.7976931348623157E+308,g:Float=5E-324|" },
        { "a f=0.1,g=123456789012345678,h=0.30000000000000004", "a||f:Float=0.1,g:Float=1.2345678901234568E+17,h:Float=0.30000000000000004|" },
        { "a f=007i,g=0000000000000000000000001i,h=00000000000000000000000000001.5", "a||f:Integer=7,g:Integer=1,h:Float=1.5|" },
        { "a f=9223372036854775807i,g=-9223372036854775808i,h=18446744073709551615u", "a||f:Integer=9223372036854775807,g:Integer=-9223372036854775808,h:Unsigned=18446744073709551615|" },
        { "a a=t,b=T,c=true,d=True,e=TRUE", "a||a:Boolean=True,b:Boolean=True,c:Boolean=True,d:Boolean=True,e:Boolean=True|" },
        { "a a=f,b=F,c=false,d=False,e=FALSE", "a||a:Boolean=False,b:Boolean=False,c:Boolean=False,d:Boolean=False,e:Boolean=False|" },
        { "a f=\"\"", "a||f:String=|" },
        { "a f=\"x y,z=1\" 5", "a||f:String=x y,z=1|5" },
        { "a f=\"say \\\"hi\\\" \\\\ \\n\"", "a||f:String=say \"hi\" \\ \\n|" },
        { "a f=\"two\nlines\" 5", "a||f:String=two\nlines|5" },
        { "a f=\"two\r\nlines\",g=1\r", "a||f:String=two\r\nlines,g:Float=1|" },
        { "a f=\"\\\\\"", "a||f:String=\\|" },
        { "my\\ room\\,1,tag\\ key\\=x=a\\,b\\ c\\=d field\\ one=1", "my room,1|tag key=x=a,b c=d|field one:Float=1|" },
        { "a=b f=1", "a=b||f:Float=1|" },
        { "a\\=b f=1", "a\\=b||f:Float=1|" },
        { "back\\slash,t\\ag=c:\\dir f\\g=1", "back\\slash|t\\ag=c:\\dir|f\\g:Float=1|" },
        { "a\\\\,b f=1", "a\\,b||f:Float=1|" },
        { "a,t=\"q\" f=1", "a|t=\"q\"|f:Float=1|" },
        { "  \t a  f=1   7  ", "a||f:Float=1|7" },
        { "a f=1 -9223372036854775808", "a||f:Float=1|-9223372036854775808" },
        { "a f=1 9223372036854775807", "a||f:Float=1|9223372036854775807" },
        { "a f=1 000000000000000000000000000007", "a||f:Float=1|7" },
        { "a f=1\r", "a||f:Float=1|" },
        { "đo,device=đèn-1 nhiệt=1 2", "đo|device=đèn-1|nhiệt:Float=1|2" },
        { "a,b=1,c=2,d=3 e=1", "a|b=1,c=2,d=3|e:Float=1|" },
    };

    /// <summary>Line, error, 1-based byte column.</summary>
    public static TheoryData<string, LineError, int> Bad => new()
    {
        { ",t=1 f=1", LineError.MissingMeasurement, 1 },
        { "  , f=1", LineError.MissingMeasurement, 3 },
        { "a", LineError.MissingFields, 2 },
        { "a ", LineError.MissingFields, 3 },
        { "a,t=1", LineError.MissingFields, 6 },
        { "a,t=1   ", LineError.MissingFields, 9 },
        { "a\tf=1", LineError.MissingFields, 6 },
        { "a, f=1", LineError.MissingTagKey, 3 },
        { "a,=1 f=1", LineError.MissingTagKey, 3 },
        { "a,,t=1 f=1", LineError.MissingTagKey, 3 },
        { "a,", LineError.MissingTagKey, 3 },
        { "a,t f=1", LineError.MissingTagValue, 4 },
        { "a,t= f=1", LineError.MissingTagValue, 5 },
        { "a,t=,u=1 f=1", LineError.MissingTagValue, 5 },
        { "a,t", LineError.MissingTagValue, 4 },
        { "a,t=", LineError.MissingTagValue, 5 },
        { "a,t=1=2 f=1", LineError.UnescapedEquals, 6 },
        { "a,t=1,t=2 f=1", LineError.DuplicateTag, 7 },
        { "a,t=1,u=2,t=1 f=1", LineError.DuplicateTag, 11 },
        { "a =1", LineError.MissingFieldName, 3 },
        { "a f=1,", LineError.MissingFieldName, 7 },
        { "a f=1,,g=2", LineError.MissingFieldName, 7 },
        { "a f=1, g=2", LineError.MissingFieldName, 7 },
        { "a f", LineError.MissingFieldValue, 4 },
        { "a f 1", LineError.MissingFieldValue, 4 },
        { "a f=", LineError.MissingFieldValue, 5 },
        { "a f= 1", LineError.MissingFieldValue, 5 },
        { "a f=,g=1", LineError.MissingFieldValue, 5 },
        { "a f=hello", LineError.BadValue, 5 },
        { "a f=tRue", LineError.BadValue, 5 },
        { "a f='x'", LineError.BadValue, 5 },
        { "a f=i", LineError.BadValue, 5 },
        { "a f=1=2", LineError.BadNumber, 6 },
        { "a f=1x", LineError.BadNumber, 6 },
        { "a f=1.5i", LineError.BadNumber, 8 },
        { "a f=1.5u", LineError.BadNumber, 8 },
        { "a f=1ii", LineError.BadNumber, 6 },
        { "a f=9i10", LineError.BadNumber, 6 },
        { "a f=1.2.3", LineError.BadNumber, 8 },
        { "a f=+1", LineError.BadNumber, 5 },
        { "a f=-", LineError.BadNumber, 6 },
        { "a f=.", LineError.BadNumber, 6 },
        { "a f=-i", LineError.BadNumber, 6 },
        { "a f=--1", LineError.BadNumber, 6 },
        { "a f=1e", LineError.BadNumber, 7 },
        { "a f=1e+", LineError.BadNumber, 8 },
        { "a f=1e5i", LineError.BadNumber, 8 },
        { "a f=1e5.5", LineError.BadNumber, 8 },
        { "a f=0x10", LineError.BadNumber, 6 },
        { "a f=1_000", LineError.BadNumber, 6 },
        { "a f=NaN", LineError.NotFinite, 5 },
        { "a f=nan", LineError.NotFinite, 5 },
        { "a f=inf", LineError.NotFinite, 5 },
        { "a f=Infinity", LineError.NotFinite, 5 },
        { "a f=-Inf", LineError.NotFinite, 6 },
        { "a f=+inf", LineError.NotFinite, 5 },
        { "a f=1e999", LineError.NumberRange, 5 },
        { "a f=-1e999", LineError.NumberRange, 5 },
        { "a g=1,f=9223372036854775808i", LineError.NumberRange, 9 },
        { "a f=-9223372036854775809i", LineError.NumberRange, 5 },
        { "a f=18446744073709551616u", LineError.NumberRange, 5 },
        { "a f=99999999999999999999999i", LineError.NumberRange, 5 },
        { "a f=-1u", LineError.NumberRange, 5 },
        { "a f=\"", LineError.UnterminatedString, 5 },
        { "a f=\"x", LineError.UnterminatedString, 5 },
        { "a f=\"x\\\"", LineError.UnterminatedString, 5 },
        { "a f=\"x\"y", LineError.TextAfterString, 8 },
        { "a f=\"x\"\"y\"", LineError.TextAfterString, 8 },
        { "a f=\"x\"i", LineError.TextAfterString, 8 },
        { "a f=\"two\nlines\",g=x", LineError.BadValue, 19 },
        { "a f=1,f=2", LineError.DuplicateField, 7 },
        { "a f=1,g=2,f=1", LineError.DuplicateField, 11 },
        { "a f=1 x", LineError.BadTimestamp, 7 },
        { "a f=1 12x", LineError.BadTimestamp, 9 },
        { "a f=1 1.5", LineError.BadTimestamp, 8 },
        { "a f=1 -", LineError.BadTimestamp, 8 },
        { "a f=1 +5", LineError.BadTimestamp, 7 },
        { "a f=1 5i", LineError.BadTimestamp, 8 },
        { "a f=1 5\t", LineError.BadTimestamp, 8 },
        { "a f=1 9223372036854775808", LineError.TimestampRange, 7 },
        { "a f=1 -9223372036854775809", LineError.TimestampRange, 7 },
        { "a f=1 99999999999999999999999", LineError.TimestampRange, 7 },
        { "a f=1 5 6", LineError.TrailingText, 9 },
        { "a f=1 5 g=2", LineError.TrailingText, 9 },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void Reads(string text, string meaning)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var line = Assert.Single(LineReference.Parse(bytes));
        Assert.Equal(LineError.None, line.Error);
        var fields = line.Fields.Select(field => FormattableString.Invariant($"{field.Name}:{field.Type}={field.Value}"));
        var said = $"{line.Measurement}|{string.Join(',', line.Tags.Select(tag => tag.Key + "=" + tag.Value))}|{string.Join(',', fields)}|{line.Timestamp}";
        Assert.Equal(meaning, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(said)));
        LineCheck.Agrees(bytes);
        LineCheck.RoundTrips(bytes);
        LineCheck.Agrees(Encoding.UTF8.GetBytes("# first\n" + text + "\nz f=1 1\n"));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Refuses(string text, LineError error, int column)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new LineReader(bytes);
        Assert.True(reader.Read());
        Assert.Equal(error, reader.Error);
        Assert.Equal(column, reader.Column);
        Assert.True(reader.Error.Words().Length > 5);
        LineCheck.Agrees(bytes);

        // A good line behind it is read, whatever it was.
        var more = Encoding.UTF8.GetBytes(text + "\ngood,device=d1 f=1 7\nbetter,device=d2 f=2 8\n");
        reader = new LineReader(more);
        Assert.True(reader.Read());
        Assert.Equal(error, reader.Error);
        Assert.True(reader.Read());
        Assert.Equal("good"u8, reader.Measurement);
        Assert.Equal(7, reader.Timestamp);
        Assert.True(reader.Read());
        Assert.Equal("better"u8, reader.Measurement);
        Assert.False(reader.Read());
        LineCheck.Agrees(more);
    }

    [Fact]
    public void Every_error_has_words_of_its_own()
    {
        var words = Enum.GetValues<LineError>().Select(error => error.Words()).ToList();
        Assert.Equal(words.Count, words.Distinct().Count());
        foreach (var error in Enum.GetValues<LineError>().Except([LineError.None, LineError.TooManyTags, LineError.TooManyFields, LineError.InvalidUtf8]))
        {
            Assert.Contains(Bad, row => row.Data.Item2 == error);
        }
    }

    [Fact]
    public void Blank_lines_and_comments_are_no_lines()
    {
        var reader = new LineReader("\n\r\n  \t\n# a f=1\n   # b\n\na f=1\r\n\n#\nb f=2"u8);
        Assert.True(reader.Read());
        Assert.Equal(7, reader.LineNumber);
        Assert.Equal("a f=1"u8, reader.Line);
        Assert.True(reader.Read());
        Assert.Equal(10, reader.LineNumber);
        Assert.False(reader.Read());
        Assert.False(new LineReader(default).Read());
    }

    [Fact]
    public void A_lost_quote_swallows_only_its_own_line()
    {
        var reader = new LineReader("a s=\"lost,g=1 1\nb s=\"fine\" 2\nc f=3 3\n"u8);
        Assert.True(reader.Read());
        Assert.Equal(LineError.UnterminatedString, reader.Error);
        Assert.Equal("a s=\"lost,g=1 1"u8, reader.Line);
        Assert.True(reader.Read());
        Assert.Equal(LineError.None, reader.Error);
        Assert.Equal("b"u8, reader.Measurement);
        Assert.Equal(2, reader.LineNumber);
        Assert.True(reader.Read());
        Assert.Equal(3, reader.LineNumber);
    }

    [Fact]
    public void Limits_of_tags_and_fields()
    {
        var tags = string.Concat(Enumerable.Range(0, LineReader.MaximumTags).Select(i => $",t{i}=x"));
        var fields = string.Join(',', Enumerable.Range(0, LineReader.MaximumFields).Select(i => $"f{i}={i}i"));
        LineCheck.Agrees(Encoding.UTF8.GetBytes($"a{tags} {fields} 1"));
        Refuses($"a{tags},more=x f=1", LineError.TooManyTags, 3 + tags.Length);
        Refuses($"a {fields},more=1", LineError.TooManyFields, 4 + fields.Length);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused_alone()
    {
        var reader = new LineReader([.. "a,t="u8, 0xC3, 0x28, .. " f=1\nb f=2\nc s=\""u8, 0xE1, 0xBB, .. "\"\nd f=x"u8, 0xFF]);
        Assert.True(reader.Read());
        Assert.Equal(LineError.InvalidUtf8, reader.Error);
        Assert.Equal(5, reader.Column);
        Assert.True(reader.Read());
        Assert.Equal(LineError.None, reader.Error);
        Assert.True(reader.Read());
        Assert.Equal(LineError.InvalidUtf8, reader.Error);
        Assert.Equal(6, reader.Column);
        Assert.True(reader.Read());
        Assert.Equal(LineError.BadValue, reader.Error);
    }

    [Theory]
    [InlineData(Precision.Second, 9_223_372_036, true)]
    [InlineData(Precision.Second, 9_223_372_037, false)]
    [InlineData(Precision.Second, -9_223_372_037, false)]
    [InlineData(Precision.Millisecond, 1_700_000_000_000, true)]
    [InlineData(Precision.Microsecond, long.MaxValue, false)]
    [InlineData(Precision.Microsecond, long.MinValue, false)]
    [InlineData(Precision.Nanosecond, long.MinValue, true)]
    public void Precision_scales_to_nanoseconds_without_overflow(Precision precision, long stamp, bool fits)
    {
        Assert.Equal(fits, precision.TryToNanoseconds(stamp, out var nanoseconds));
        if (fits)
        {
            Assert.Equal(stamp, nanoseconds / precision.Factor());
        }
    }
}
