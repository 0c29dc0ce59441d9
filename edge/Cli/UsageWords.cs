using System.Text.RegularExpressions;

namespace SmartCity.Edge.Cli;

/// <summary>The library tells wrong usage in English only; its commonest sentences in the person's language.</summary>
internal static partial class UsageWords
{
    private static readonly (Regex Pattern, string Key)[] Known =
    [
        (Unknown(), "usage.unknown"), (NoValue(), "usage.no-value"), (Missing(), "usage.missing"), (NoCommand(), "usage.no-command"),
    ];

    /// <summary>A sentence of the library in other words; itself when it is none of the known ones.</summary>
    public static string Of(string sentence, Words words)
    {
        foreach (var (pattern, key) in Known)
        {
            if (pattern.Match(sentence) is { Success: true } match)
            {
                return words.Say(key, match.Groups["name"].Value);
            }
        }

        return sentence;
    }

    [GeneratedRegex("^Unrecognized command or argument '(?<name>.*)'", RegexOptions.None, 1000)]
    private static partial Regex Unknown();

    [GeneratedRegex("^Required argument missing for (?:option|command): '?(?<name>[^'.]*)'?", RegexOptions.None, 1000)]
    private static partial Regex NoValue();

    [GeneratedRegex("^Option '(?<name>.*)' is required", RegexOptions.None, 1000)]
    private static partial Regex Missing();

    [GeneratedRegex("^Required command was not provided(?<name>)", RegexOptions.None, 1000)]
    private static partial Regex NoCommand();
}
