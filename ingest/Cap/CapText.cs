using System.Globalization;
using System.Text;

namespace SmartCity.Ingest.Cap;

/// <summary>Forms of text and time that CAP asks for.</summary>
internal static class CapText
{
    /// <summary>Longest text of others that goes into a message, in characters.</summary>
    public const int Longest = 1000;

    /// <summary>
    /// CAP 1.2's DateTime: numeric offset, no fraction, never Z; UTC is -00:00.
    /// </summary>
    public static string Time(DateTimeOffset moment)
    {
        var text = moment.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
        return text.EndsWith("+00:00", StringComparison.Ordinal) ? string.Concat(text.AsSpan(0, 19), "-00:00") : text;
    }

    /// <summary>A name without what identifier, sender and references must not hold: spaces, commas, &lt;, &amp;, and whatever is not printable ASCII.</summary>
    public static string Token(string text) =>
        string.Create(text.Length, text, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = from[i] is > ' ' and < '\x7f' and not (',' or '<' or '>' or '&' or '"') ? from[i] : '-';
            }
        });

    /// <summary>
    /// Text of others for XML: control characters, lone surrogates and the two non-characters are removed, white space becomes
    /// one blank, and what is too long is cut. Escaping is the writer's business.
    /// </summary>
    public static string Clean(string? text)
    {
        var clean = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (clean.Length >= Longest)
            {
                break;
            }

            if (Rune.IsWhiteSpace(rune))
            {
                if (clean.Length > 0 && clean[^1] != ' ')
                {
                    clean.Append(' ');
                }
            }
            else if (!IsUnfit(rune))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString().TrimEnd();
    }

    // EnumerateRunes gives U+FFFD for a lone surrogate. Directions and other invisible marks could make a text read otherwise than it is.
    private static bool IsUnfit(Rune rune) => rune.Value is 0xFFFD or 0xFFFE or 0xFFFF ||
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
