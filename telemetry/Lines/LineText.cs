using System.Buffers;
using System.Text;

namespace SmartCity.Telemetry;

/// <summary>Searches and escapes shared by reader and writer. A backslash escapes only the special bytes of its place; before any other it stands for itself.</summary>
internal static class LineText
{
    private static readonly SearchValues<byte> NameStops = SearchValues.Create(",= \\"u8);

    public static ReadOnlySpan<byte> MeasurementSpecials => ", "u8;

    public static ReadOnlySpan<byte> NameSpecials => ",= "u8;

    public static ReadOnlySpan<byte> StringSpecials => "\"\\"u8;

    /// <summary>The first comma or space at or behind <paramref name="at"/> that no backslash escapes, or the line's end.</summary>
    public static int EndOfMeasurement(ReadOnlySpan<byte> line, int at)
    {
        while (true)
        {
            var step = line[at..].IndexOfAny((byte)',', (byte)' ', (byte)'\\');
            if (step < 0)
            {
                return line.Length;
            }

            at += step;
            if (line[at] != '\\')
            {
                return at;
            }

            at += at + 1 < line.Length && line[at + 1] is (byte)',' or (byte)' ' ? 2 : 1;
        }
    }

    /// <summary>The first comma, '=' or space at or behind <paramref name="at"/> that no backslash escapes, or the line's end.</summary>
    public static int EndOfName(ReadOnlySpan<byte> line, int at)
    {
        while (true)
        {
            var step = line[at..].IndexOfAny(NameStops);
            if (step < 0)
            {
                return line.Length;
            }

            at += step;
            if (line[at] != '\\')
            {
                return at;
            }

            at += at + 1 < line.Length && line[at + 1] is (byte)',' or (byte)'=' or (byte)' ' ? 2 : 1;
        }
    }

    /// <summary>The quote that closes the string opened at <paramref name="open"/>, or -1.</summary>
    public static int ClosingQuote(ReadOnlySpan<byte> text, int open)
    {
        var at = open + 1;
        while (at < text.Length)
        {
            var step = text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0)
            {
                return -1;
            }

            at += step;
            if (text[at] == '"')
            {
                return at;
            }

            at += at + 1 < text.Length && text[at + 1] is (byte)'"' or (byte)'\\' ? 2 : 1;
        }

        return -1;
    }

    /// <summary>The first byte at or behind <paramref name="at"/> that is no space or tab.</summary>
    public static int SkipBlanks(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> destination, ReadOnlySpan<byte> specials)
    {
        if (destination.Length < escaped.Length)
        {
            throw new ArgumentException("The destination is shorter than the escaped text.", nameof(destination));
        }

        var written = 0;
        while (true)
        {
            var backslash = escaped.IndexOf((byte)'\\');
            var plain = backslash < 0 ? escaped : escaped[..backslash];
            plain.CopyTo(destination[written..]);
            written += plain.Length;
            if (backslash < 0)
            {
                return written;
            }

            escaped = escaped[backslash..];
            var skip = escaped.Length > 1 && specials.Contains(escaped[1]) ? 1 : 0;
            destination[written++] = escaped[skip];
            escaped = escaped[(skip + 1)..];
        }
    }

    /// <summary>Where <paramref name="text"/> stops being UTF-8.</summary>
    public static int IndexOfInvalidUtf8(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length && Rune.DecodeFromUtf8(text[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
