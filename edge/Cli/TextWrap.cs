namespace SmartCity.Edge.Cli;

/// <summary>Breaks prose into lines.</summary>
internal static class TextWrap
{
    /// <summary>Lines of at most <paramref name="width"/> columns, broken between words. A word that is longer (a path, a fingerprint) and
    /// a command between back-ticks that fits a line stand whole, for somebody will copy them. At least one line. Vietnamese letters are
    /// one column each in the composed form used here.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        var line = "";
        foreach (var word in Words(text, width))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        yield return line;
    }

    private static IEnumerable<string> Words(string text, int width)
    {
        string? open = null;
        foreach (var word in text.Split(' '))
        {
            open = open is null ? word : $"{open} {word}";
            if (open.Count(c => c == '`') % 2 == 0)
            {
                yield return open;
                open = null;
            }
            else if (open.Length > width)
            {
                foreach (var part in open.Split(' '))
                {
                    yield return part;
                }

                open = null;
            }
        }

        foreach (var part in open?.Split(' ') ?? [])
        {
            yield return part;
        }
    }
}
