using System.Text.RegularExpressions;

namespace SmartCity.Ingest.OnCall;

/// <summary>What a rota may be.</summary>
internal static partial class RotaRules
{
    private const int MaximumMembers = 50;
    private const int MaximumOverrides = 200;
    private const int MaximumTurnHours = 744;
    private static readonly string[] Channels = ["sms", "call", "zalo"];
    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What is wrong, in words that say how it should be; null when nothing is.</summary>
    public static string? Fault(Rota rota)
    {
        if (!IsName(rota.Name))
        {
            return "\"name\" has 1 to 100 characters.";
        }

        if (rota.Members is not { Count: >= 1 and <= MaximumMembers })
        {
            return $"\"members\" holds 1 to {MaximumMembers} people, in the order of their turns.";
        }

        for (var i = 0; i < rota.Members.Count; i++)
        {
            if (Fault(rota.Members[i]) is { } fault)
            {
                return FormattableString.Invariant($"\"members\"[{i}]: {fault}");
            }
        }

        if (rota.Members.Select(m => m.Name).Distinct(StringComparer.Ordinal).Count() < rota.Members.Count)
        {
            return "\"members\" names somebody twice: each has a name of their own.";
        }

        if (rota.TurnHours is < 1 or > MaximumTurnHours)
        {
            return $"\"turnHours\" is from 1 to {MaximumTurnHours}.";
        }

        if (!IsSensible(rota.Start))
        {
            return "\"start\" is when a turn of the first member begins, a time with offset between 2000 and 2100.";
        }

        return rota.Overrides.Count > MaximumOverrides ? $"\"overrides\" holds at most {MaximumOverrides}; leave out those that are over." : Overrides(rota);
    }

    private static string? Overrides(Rota rota)
    {
        for (var i = 0; i < rota.Overrides.Count; i++)
        {
            var one = rota.Overrides[i];
            if (one is null || !IsSensible(one.From) || !IsSensible(one.To) || one.To <= one.From)
            {
                return FormattableString.Invariant($"\"overrides\"[{i}]: \"from\" is before \"to\", both times with offset between 2000 and 2100.");
            }

            if (!rota.Members.Any(m => m.Name == one.Member))
            {
                return FormattableString.Invariant($"\"overrides\"[{i}]: \"member\" is the name of one of the members.");
            }
        }

        return null;
    }

    private static string? Fault(RotaMember? member) =>
        member is null || !IsName(member.Name) ? "\"name\" has 1 to 100 characters."
        : member.Phone is null || !Phone().IsMatch(member.Phone) ? "\"phone\" has 3 to 24 digits, blanks, dots, dashes and brackets, with a + before if it is international."
        : !Channels.Contains(member.Channel) ? $"\"channel\" is {string.Join(", ", Channels)}."
        : null;

    private static bool IsName(string? name) => name is { Length: >= 1 and <= 100 } && name.Trim().Length > 0 && !name.Any(char.IsControl);

    private static bool IsSensible(DateTimeOffset moment) => moment >= Earliest && moment < Latest;

    [GeneratedRegex(@"^\+?[0-9][0-9 .()-]{1,22}[0-9]$", RegexOptions.None, 1000)]
    private static partial Regex Phone();
}
