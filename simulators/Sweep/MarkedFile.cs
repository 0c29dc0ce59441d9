namespace SmartCity.Simulators.Sweep;

/// <summary>A page that people write, with places between <c>&lt;!-- name:begin --&gt;</c> and <c>&lt;!-- name:end --&gt;</c> that a program writes.</summary>
internal static class MarkedFile
{
    /// <summary>The page with another text at a place; everything else stays as it is.</summary>
    /// <exception cref="InvalidDataException">There is no such place, or more than one.</exception>
    public static string Replace(string page, string name, string text)
    {
        var (begin, end) = ($"<!-- {name}:begin -->", $"<!-- {name}:end -->");
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        var to = page.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from || page.IndexOf(begin, from + 1, StringComparison.Ordinal) >= 0)
        {
            throw new InvalidDataException($"the page needs one line {begin} and after it one line {end}");
        }

        return page[..(from + begin.Length)] + "\n" + text.Trim('\n') + "\n" + page[to..];
    }
}
