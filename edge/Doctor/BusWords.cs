using System.Text.RegularExpressions;
using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Doctor;

/// <summary>What to do about a bus that did not do what was asked, in the person's language.</summary>
internal static partial class BusWords
{
    /// <summary>The advice; where the bus itself has named the group that is missing, the command with that group and user.</summary>
    /// <param name="fault">Kind of trouble.</param>
    /// <param name="said">The bus's own sentence.</param>
    /// <param name="words">The person's language.</param>
    public static string Next(BusFault fault, string said, Words words) => fault == BusFault.Denied && Group().Match(said) is { Success: true } match
        ? words.Say("bus.Denied.group", match.Groups["group"].Value, match.Groups["user"].Value)
        : words[$"bus.{fault}"];

    /// <summary>Who holds a node or a line: a program's name is itself in every language, the kernel is not.</summary>
    public static string Holder(string holder, Words words) =>
        holder.StartsWith("the kernel's console", StringComparison.Ordinal) ? words["bus.console"] : holder;

    [GeneratedRegex(@"usermod -aG (?<group>[^\s()]+) (?<user>[^\s()]+)", RegexOptions.None, 1000)]
    private static partial Regex Group();
}
