using System.Globalization;
using System.Numerics;

namespace SmartCity.Telemetry;

/// <summary>Reads the unquoted values of line protocol: numbers and booleans.</summary>
internal static class LineValue
{
    /// <summary>Digits that always fit 64 unsigned bits.</summary>
    private const int SafeDigits = 19;

    /// <summary>A mantissa below 2^53 and a power of ten up to 10^22 are exact doubles, so one division rounds once (Clinger 1990).</summary>
    private const ulong ExactMantissa = 1UL << 53;

    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads <paramref name="text"/> whole; on an error <paramref name="at"/> is the offset of the offending byte.</summary>
    public static LineError Read(ReadOnlySpan<byte> text, out LineFieldType type, out long bits, out int at)
    {
        var first = text[0];
        if (char.IsAsciiDigit((char)first) || first is (byte)'-' or (byte)'.' or (byte)'+')
        {
            return Number(text, out type, out bits, out at);
        }

        type = LineFieldType.Boolean;
        at = 0;
        bits = 0;
        // The spellings InfluxDB accepts, and no other mixture of case.
        switch (text.Length)
        {
            case 1 when first is (byte)'t' or (byte)'T':
            case 4 when text.SequenceEqual("true"u8) || text.SequenceEqual("True"u8) || text.SequenceEqual("TRUE"u8):
                bits = 1;
                return LineError.None;
            case 1 when first is (byte)'f' or (byte)'F':
            case 5 when text.SequenceEqual("false"u8) || text.SequenceEqual("False"u8) || text.SequenceEqual("FALSE"u8):
                return LineError.None;
            default:
                return LooksNotFinite(text) ? LineError.NotFinite : LineError.BadValue;
        }
    }

    /// <summary>Reads a whole number, as timestamps are written: digits with an optional minus.</summary>
    public static LineError Timestamp(ReadOnlySpan<byte> text, out long value, out int at)
    {
        var negative = text[0] == '-';
        at = negative ? 1 : 0;
        value = 0;
        var digits = text[at..];
        var odd = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (odd >= 0 || digits.IsEmpty)
        {
            at += Math.Max(odd, 0);
            return LineError.BadTimestamp;
        }

        at = 0;
        if (digits.Length < SafeDigits)
        {
            foreach (var digit in digits)
            {
                value = (value * 10) + (digit - '0');
            }

            value = negative ? -value : value;
            return LineError.None;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            ? LineError.None
            : LineError.TimestampRange;
    }

    private static LineError Number(ReadOnlySpan<byte> text, out LineFieldType type, out long bits, out int at)
    {
        type = LineFieldType.Float;
        bits = 0;
        var negative = text[0] == '-';
        var i = negative ? 1 : 0;
        ulong mantissa = 0;
        int digits = 0, significant = 0, scale = 0;
        var dot = false;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                digits++;
                scale += dot ? 1 : 0;
                if (significant > 0 || digit != 0)
                {
                    significant++;
                    mantissa = unchecked((mantissa * 10) + digit);
                }
            }
            else if (text[i] == '.' && !dot)
            {
                dot = true;
            }
            else
            {
                break;
            }
        }

        at = i;
        if (digits == 0)
        {
            return LooksNotFinite(text[(negative || text[0] == '+' ? 1 : 0)..]) ? LineError.NotFinite : LineError.BadNumber;
        }

        if (i == text.Length)
        {
            at = 0;
            if (mantissa < ExactMantissa && significant <= SafeDigits && scale < PowersOfTen.Length)
            {
                var value = mantissa / PowersOfTen[scale];
                bits = BitConverter.DoubleToInt64Bits(negative ? -value : value);
                return LineError.None;
            }

            return SlowFloat(text, out bits);
        }

        if (text[i] is (byte)'i' or (byte)'u' && !dot && i == text.Length - 1)
        {
            type = text[i] == 'i' ? LineFieldType.Integer : LineFieldType.Unsigned;
            if (type == LineFieldType.Unsigned && negative)
            {
                at = 0;
                return LineError.NumberRange;
            }

            at = 0;
            return significant <= SafeDigits ? Fit(type, mantissa, negative, out bits) : SlowInteger(text[..i], type, out bits);
        }

        if (text[i] is not ((byte)'e' or (byte)'E'))
        {
            return LineError.BadNumber;
        }

        i++;
        if (i < text.Length && text[i] is (byte)'+' or (byte)'-')
        {
            i++;
        }

        var odd = text[i..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (i == text.Length || odd >= 0)
        {
            at = i + Math.Max(odd, 0);
            return LineError.BadNumber;
        }

        at = 0;
        return SlowFloat(text, out bits);
    }

    private static LineError Fit(LineFieldType type, ulong magnitude, bool negative, out long bits)
    {
        bits = unchecked(negative ? -(long)magnitude : (long)magnitude);
        if (type == LineFieldType.Unsigned)
        {
            return LineError.None;
        }

        var limit = negative ? 1UL << 63 : long.MaxValue;
        return magnitude <= limit ? LineError.None : LineError.NumberRange;
    }

    private static LineError SlowInteger(ReadOnlySpan<byte> text, LineFieldType type, out long bits)
    {
        if (type == LineFieldType.Integer)
        {
            return Parse<long>(text, NumberStyles.AllowLeadingSign, out bits) ? LineError.None : LineError.NumberRange;
        }

        var fits = Parse<ulong>(text, NumberStyles.None, out var value);
        bits = unchecked((long)value);
        return fits ? LineError.None : LineError.NumberRange;
    }

    private static LineError SlowFloat(ReadOnlySpan<byte> text, out long bits)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var read = Parse<double>(text, Style, out var value);
        bits = BitConverter.DoubleToInt64Bits(value);
        return read && double.IsFinite(value) ? LineError.None : LineError.NumberRange;
    }

    private static bool Parse<T>(ReadOnlySpan<byte> text, NumberStyles style, out T value)
        where T : struct, INumberBase<T> =>
        T.TryParse(text, style, CultureInfo.InvariantCulture, out value);

    private static bool LooksNotFinite(ReadOnlySpan<byte> text) =>
        text.Length >= 3 && (Same(text, "nan"u8) || Same(text, "inf"u8));

    private static bool Same(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        (text[0] | 0x20) == word[0] && (text[1] | 0x20) == word[1] && (text[2] | 0x20) == word[2];
}
