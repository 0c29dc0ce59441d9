using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace SmartCity.Telemetry.Tests;

/// <summary>A line as the slow parser understands it, every byte a Latin-1 character.</summary>
internal sealed record ReferenceLine(string Raw, int Number)
{
    public LineError Error { get; set; }

    /// <summary>1-based; for unreadable values the column may lie anywhere in the value or just behind it.</summary>
    public (int First, int Last) Column { get; set; }

    public string Measurement { get; set; } = "";

    public List<(string Key, string Value)> Tags { get; } = [];

    public List<(string Name, LineFieldType Type, object Value)> Fields { get; } = [];

    public long? Timestamp { get; set; }
}

/// <summary>Line protocol read slowly and obviously: one character at a time, with regular expressions and big integers. The reader has to agree with it.</summary>
internal static partial class LineReference
{
    public static List<ReferenceLine> Parse(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        var lines = new List<ReferenceLine>();
        int at = 0, number = 1;
        while (at < text.Length)
        {
            var (raw, next) = Physical(text, at, at);
            var trimmed = raw.TrimStart(' ', '\t');
            if (trimmed.Length == 0 || trimmed[0] == '#')
            {
                number++;
                at = next;
                continue;
            }

            var line = Read(raw, number);
            while (line.Error == LineError.UnterminatedString)
            {
                // Perhaps the string goes on in the following lines: only if what follows its end can follow a string.
                var close = CloseOf(text, at + line.Column.First - 1);
                if (close < 0)
                {
                    break;
                }

                var (longer, after) = Physical(text, at, close + 1);
                var behind = close + 1 - at;
                if (behind < longer.Length && longer[behind] is not (',' or ' '))
                {
                    break;
                }

                next = after;
                line = Read(longer, number);
            }

            if (line.Error == LineError.None && !IsUtf8(line.Raw))
            {
                line.Error = LineError.InvalidUtf8;
                line.Column = (1, line.Raw.Length);
            }

            lines.Add(line);
            number += text[at..next].Count(c => c == '\n');
            at = next;
        }

        return lines;
    }

    private static bool IsUtf8(string latin)
    {
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.Latin1.GetBytes(latin));
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static (string Raw, int Next) Physical(string text, int start, int from)
    {
        var newline = text.IndexOf('\n', from);
        var end = newline < 0 ? text.Length : newline;
        var raw = text[start..end];
        if (end > from && raw.EndsWith('\r'))
        {
            raw = raw[..^1];
        }

        return (raw, newline < 0 ? text.Length : newline + 1);
    }

    private static int CloseOf(string text, int open)
    {
        for (var i = open + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                return i;
            }

            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\')
            {
                i++;
            }
        }

        return -1;
    }

    private static ReferenceLine Read(string raw, int number)
    {
        var line = new ReferenceLine(raw, number);
        try
        {
            var at = Blanks(raw, 0);
            Fail(raw[at] == ',', LineError.MissingMeasurement, at);
            line.Measurement = Until(raw, ref at, ", ", ", ");
            while (at < raw.Length && raw[at] == ',')
            {
                at++;
                ReadTag(line, ref at);
            }

            at = Blanks(raw, at);
            Fail(at == raw.Length, LineError.MissingFields, at);
            ReadField(line, ref at);
            while (at < raw.Length && raw[at] == ',')
            {
                at++;
                ReadField(line, ref at);
            }

            at = Blanks(raw, at);
            if (at < raw.Length)
            {
                ReadTime(line, ref at);
            }
        }
        catch (Wrong wrong)
        {
            line.Error = wrong.Error;
            line.Column = (wrong.First + 1, wrong.Last + 1);
        }

        return line;
    }

    private static void ReadTag(ReferenceLine line, ref int at)
    {
        var start = at;
        var key = Until(line.Raw, ref at, ",= ", ",= ");
        Fail(at == start, LineError.MissingTagKey, start);
        Fail(at == line.Raw.Length || line.Raw[at] != '=', LineError.MissingTagValue, at);
        var valueAt = ++at;
        var value = Until(line.Raw, ref at, ",= ", ",= ");
        Fail(at < line.Raw.Length && line.Raw[at] == '=', LineError.UnescapedEquals, at);
        Fail(at == valueAt, LineError.MissingTagValue, at);
        Fail(line.Tags.Count == LineReader.MaximumTags, LineError.TooManyTags, start);
        Fail(line.Tags.Exists(tag => tag.Key == key), LineError.DuplicateTag, start);
        line.Tags.Add((key, value));
    }

    private static void ReadField(ReferenceLine line, ref int at)
    {
        var raw = line.Raw;
        var start = at;
        var name = Until(raw, ref at, ",= ", ",= ");
        Fail(at == start, LineError.MissingFieldName, start);
        Fail(at == raw.Length || raw[at] != '=', LineError.MissingFieldValue, at);
        Fail(line.Fields.Count == LineReader.MaximumFields, LineError.TooManyFields, start);
        Fail(line.Fields.Exists(field => field.Name == name), LineError.DuplicateField, start);
        at++;
        if (at < raw.Length && raw[at] == '"')
        {
            var close = CloseOf(raw, at);
            Fail(close < 0, LineError.UnterminatedString, at);
            var value = raw[(at + 1)..close];
            at = close + 1;
            Fail(at < raw.Length && raw[at] is not (',' or ' '), LineError.TextAfterString, at);
            line.Fields.Add((name, LineFieldType.String, Unescape(value, "\"\\")));
            return;
        }

        var valueAt = at;
        while (at < raw.Length && raw[at] is not (',' or ' '))
        {
            at++;
        }

        Fail(at == valueAt, LineError.MissingFieldValue, at);
        var (type, parsed) = Value(raw[valueAt..at]) ?? throw new Wrong(LineError.BadValue, valueAt, at);
        line.Fields.Add((name, type, parsed));
    }

    private static (LineFieldType, object)? Value(string text)
    {
        if (text is "t" or "T" or "true" or "True" or "TRUE" or "f" or "F" or "false" or "False" or "FALSE")
        {
            return (LineFieldType.Boolean, text[0] is 't' or 'T');
        }

        if (IntegerForm().IsMatch(text))
        {
            var value = BigInteger.Parse(text[..^1], CultureInfo.InvariantCulture);
            return value >= long.MinValue && value <= long.MaxValue ? (LineFieldType.Integer, (long)value) : null;
        }

        if (UnsignedForm().IsMatch(text))
        {
            var value = BigInteger.Parse(text[..^1], CultureInfo.InvariantCulture);
            return value <= ulong.MaxValue ? (LineFieldType.Unsigned, (ulong)value) : null;
        }

        if (FloatForm().IsMatch(text))
        {
            var value = double.Parse(text, CultureInfo.InvariantCulture);
            return double.IsFinite(value) ? (LineFieldType.Float, value) : null;
        }

        return null;
    }

    private static void ReadTime(ReferenceLine line, ref int at)
    {
        var start = at;
        while (at < line.Raw.Length && line.Raw[at] != ' ')
        {
            at++;
        }

        var text = line.Raw[start..at];
        if (!TimeForm().IsMatch(text))
        {
            throw new Wrong(LineError.BadTimestamp, start, at);
        }

        var value = BigInteger.Parse(text, CultureInfo.InvariantCulture);
        Fail(value < long.MinValue || value > long.MaxValue, LineError.TimestampRange, start);
        line.Timestamp = (long)value;
        at = Blanks(line.Raw, at);
        Fail(at < line.Raw.Length, LineError.TrailingText, at);
    }

    private static string Until(string raw, ref int at, string stops, string escapable)
    {
        var text = new StringBuilder();
        for (; at < raw.Length && !stops.Contains(raw[at], StringComparison.Ordinal); at++)
        {
            if (raw[at] == '\\' && at + 1 < raw.Length && escapable.Contains(raw[at + 1], StringComparison.Ordinal))
            {
                at++;
            }

            text.Append(raw[at]);
        }

        return text.ToString();
    }

    private static string Unescape(string raw, string escapable)
    {
        var at = 0;
        return Until(raw, ref at, "", escapable);
    }

    private static int Blanks(string raw, int at)
    {
        while (at < raw.Length && raw[at] is ' ' or '\t')
        {
            at++;
        }

        return at;
    }

    private static void Fail(bool when, LineError error, int at)
    {
        if (when)
        {
            throw new Wrong(error, at, at);
        }
    }

    [GeneratedRegex("^-?[0-9]+i\\z", RegexOptions.None, 1000)]
    private static partial Regex IntegerForm();

    [GeneratedRegex("^[0-9]+u\\z", RegexOptions.None, 1000)]
    private static partial Regex UnsignedForm();

    [GeneratedRegex("^-?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FloatForm();

    [GeneratedRegex("^-?[0-9]+\\z", RegexOptions.None, 1000)]
    private static partial Regex TimeForm();

    private sealed class Wrong(LineError error, int first, int last) : Exception
    {
        public LineError Error { get; } = error;

        public int First { get; } = first;

        public int Last { get; } = last;
    }
}
