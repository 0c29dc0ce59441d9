namespace SmartCity.Edge.Config;

/// <summary>What somebody probably meant.</summary>
internal static class NearestWord
{
    /// <summary>Longer words are no misspellings of anything here.</summary>
    private const int Longest = 64;

    private const int ShortestBegin = 4;

    /// <summary>The known word that is a few letters away from this one, or null.</summary>
    public static string? Of(string word, IReadOnlyCollection<string> known)
    {
        if (word.Length is 0 or > Longest)
        {
            return null;
        }

        // The begin of a known word is a word that somebody has cut short.
        if (word.Length >= ShortestBegin && known.Where(k => k.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).FirstOrDefault() is { } whole)
        {
            return whole;
        }

        var best = known.Where(k => k.Length <= Longest).Select(k => (Word: k, Distance: Distance(word.ToLowerInvariant(), k.ToLowerInvariant())))
            .OrderBy(k => k.Distance).ThenBy(k => k.Word, StringComparer.Ordinal).FirstOrDefault();
        return best.Word is not null && best.Distance <= Math.Max(1, word.Length / 3) ? best.Word : null;
    }

    /// <summary>What to say of an unknown word: the one that was probably meant, and all that are known.</summary>
    public static string Advice(string word, IReadOnlyCollection<string> known) =>
        Of(word, known) is { } near
            ? $"did you mean '{near}'? Known here: {string.Join(", ", known.Order(StringComparer.Ordinal))}"
            : $"known here: {string.Join(", ", known.Order(StringComparer.Ordinal))}";

    /// <summary>Levenshtein's distance: letters to insert, take away or exchange.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
