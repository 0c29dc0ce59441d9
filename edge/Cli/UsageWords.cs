using System.CommandLine;
using System.Text.RegularExpressions;

namespace SmartCity.Edge.Cli;

/// <summary>The library tells wrong usage in English only; its commonest sentences in the person's language.</summary>
internal static partial class UsageWords
{
    private static readonly (Regex Pattern, string Key)[] Known =
    [
        (Unknown(), "usage.unknown"), (NoValue(), "usage.no-value"), (Missing(), "usage.missing"), (NoCommand(), "usage.no-command"),
    ];

    /// <summary>Every fault of a command line, each once. The library says of a word it does not know that no command was given, too, which
    /// is not what a person who gave one wants to hear.</summary>
    public static IEnumerable<string> Of(ParseResult parsed, Words words)
    {
        var all = parsed.Errors.Select(e => e.Message).ToList();
        var unknown = all.Exists(m => Unknown().IsMatch(m));
        var argument = parsed.CommandResult.Command.Arguments.FirstOrDefault(a => !a.Hidden)?.Name.ToUpperInvariant() ?? "";
        return all.Where(m => !(unknown && NoCommand().IsMatch(m))).Select(m => NoArgument().IsMatch(m) ? words.Say("usage.no-argument", HelpPage.Path(parsed.CommandResult.Command), argument) : Of(m, words)).Distinct();
    }

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

    [GeneratedRegex("^Required argument missing for option: '?(?<name>[^'.]*)'?", RegexOptions.None, 1000)]
    private static partial Regex NoValue();

    [GeneratedRegex("^Required argument missing for command:", RegexOptions.None, 1000)]
    private static partial Regex NoArgument();

    [GeneratedRegex("^Option '(?<name>.*)' is required", RegexOptions.None, 1000)]
    private static partial Regex Missing();

    [GeneratedRegex("^Required command was not provided(?<name>)", RegexOptions.None, 1000)]
    private static partial Regex NoCommand();
}
