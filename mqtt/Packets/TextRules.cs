using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace SmartCity.Mqtt;

/// <summary>What a UTF-8 string, a topic name and a topic filter may be made of (1.5.4, 4.7, 4.8).</summary>
public static class TextRules
{
    private const int _stackBytes = 512;
    private static readonly SearchValues<byte> _notInTopicName = SearchValues.Create("\0+#"u8);

    /// <summary>True if the bytes are well-formed UTF-8 without U+0000.</summary>
    public static bool IsText(ReadOnlySpan<byte> utf8) =>
        Utf8.IsValid(utf8) // [MQTT-1.5.4-1] ill-formed UTF-8, D800..DFFF and overlong forms included
        && !utf8.Contains((byte)0); // [MQTT-1.5.4-2] U+0000

    /// <summary>The same over a sequence; allocates nothing.</summary>
    public static bool IsText(in ReadOnlySequence<byte> utf8) =>
        utf8.IsSingleSegment ? IsText(utf8.FirstSpan) : Joined(utf8, static span => IsText(span));

    /// <summary>True if the bytes are a topic name: text of at least one character without wildcards.</summary>
    public static bool IsTopicName(ReadOnlySpan<byte> utf8) =>
        !utf8.IsEmpty // [MQTT-4.7.3-1] at least one character
        && !utf8.ContainsAny(_notInTopicName) // [MQTT-3.3.2-2] no wildcards; [MQTT-4.7.3-2] no U+0000
        && Utf8.IsValid(utf8); // [MQTT-1.5.4-1]

    /// <summary>The same over a sequence; allocates nothing.</summary>
    public static bool IsTopicName(in ReadOnlySequence<byte> utf8) =>
        utf8.IsSingleSegment ? IsTopicName(utf8.FirstSpan) : Joined(utf8, static span => IsTopicName(span));

    /// <summary>True if the string is a topic name that fits a packet (65,535 bytes).</summary>
    public static bool IsTopicName(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return IsEncodable(topic) && topic.Length > 0 && topic.AsSpan().IndexOfAny('\0', '+', '#') < 0;
    }

    /// <summary>True if the string is a well-formed topic filter, that of a shared subscription included.</summary>
    public static bool IsTopicFilter(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (filter.Length == 0 || filter.Contains('\0', StringComparison.Ordinal) || !IsEncodable(filter))
        {
            return false; // [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3]
        }

        var rest = filter.AsSpan();
        if (rest.StartsWith("$share/", StringComparison.Ordinal))
        {
            rest = rest[7..];
            var slash = rest.IndexOf('/');
            if (slash < 1 || slash == rest.Length - 1 || rest[..slash].IndexOfAny('+', '#') >= 0)
            {
                return false; // [MQTT-4.8.2-1] [MQTT-4.8.2-2] a share name of one character or more without wildcards, then a filter
            }

            rest = rest[(slash + 1)..];
        }

        while (true)
        {
            var end = rest.IndexOf('/');
            var level = end < 0 ? rest : rest[..end];
            if (level.Contains('#') && (level.Length > 1 || end >= 0))
            {
                return false; // [MQTT-4.7.1-1] '#' stands alone and last
            }

            if (level.Contains('+') && level.Length > 1)
            {
                return false; // [MQTT-4.7.1-2] '+' fills its level
            }

            if (end < 0)
            {
                return true;
            }

            rest = rest[(end + 1)..];
        }
    }

    /// <summary>True if the string can be sent: no lone surrogate, no U+0000, at most 65,535 bytes of UTF-8.</summary>
    internal static bool IsEncodable(string text)
    {
        if (text.Length > ushort.MaxValue || text.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            // EnumerateRunes puts U+FFFD where a surrogate stands alone; a U+FFFD that was written is three bytes and legal.
            if (rune == Rune.ReplacementChar)
            {
                return Encoding.UTF8.GetByteCount(text) <= ushort.MaxValue && !HasLoneSurrogate(text);
            }
        }

        return Encoding.UTF8.GetByteCount(text) <= ushort.MaxValue;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return true;
                }

                i++;
            }
        }

        return false;
    }

    private static bool Joined(in ReadOnlySequence<byte> utf8, Func<ReadOnlySpan<byte>, bool> test)
    {
        var length = (int)utf8.Length; // ≤ 65,535: it was read with a two-byte length
        if (length <= _stackBytes)
        {
            Span<byte> near = stackalloc byte[_stackBytes];
            utf8.CopyTo(near);
            return test(near[..length]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        utf8.CopyTo(rented);
        var good = test(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
        return good;
    }
}
