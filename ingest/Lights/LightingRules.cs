using System.Globalization;
using SmartCity.City;

namespace SmartCity.Ingest.Lights;

/// <summary>What must be so in the lighting book beyond the form of each document.</summary>
internal static class LightingRules
{
    /// <summary>Documents of each kind but settings.</summary>
    public const int MostOfAKind = 500;

    /// <summary>Places that say something of themselves.</summary>
    public const int MostSettings = 20_000;

    /// <summary>Members of one group.</summary>
    public const int MostMembers = 5_000;

    /// <summary>Bytes of one document.</summary>
    public const int LongestBody = 256 * 1024;

    /// <summary>Bytes that a gateway reads in one document, less what stands around programmes and calendars.</summary>
    public const int LongestProgrammes = DesiredDocument.LargestSentBytes / 2;

    /// <summary>Orders that hold or are ahead.</summary>
    public const int MostOrders = 500;

    /// <summary>Of these, how many may be about one lamp.</summary>
    public const int MostOrdersOfALamp = 24;

    /// <summary>How many more of both "everything on" for the whole city may find there: the rest of what a document holds of one lamp. No other order may take this room.</summary>
    public const int SpareOrders = DesiredLamp.MostOverrides - MostOrdersOfALamp;

    /// <summary>Lamps of all groups together, each counted in every group that holds it: what is worked out anew at each order, in front of the book's other writers.</summary>
    public const int MostMemberships = 100_000;

    /// <summary>What is wrong with one document in its surroundings.</summary>
    /// <exception cref="LightingException">Something is.</exception>
    public static void Check(LightingSnapshot after, LightItem item)
    {
        if (item.Body?.Length > LongestBody)
        {
            throw new LightingException(string.Create(CultureInfo.InvariantCulture, $"\"{item.Id}\" is too long: {LongestBody} bytes at most"));
        }

        var most = item.Kind == LightKind.Setting ? MostSettings : MostOfAKind;
        if (after.Of(item.Kind).Count() > most)
        {
            throw new LightingException(string.Create(CultureInfo.InvariantCulture, $"there are {most} of these already; remove one"));
        }

        if (item.Kind == LightKind.Group && item.Body is not null)
        {
            CheckGroup(after, item.Id);
        }

        if (item.Kind == LightKind.Group && item.Body is null)
        {
            var place = $"group/{item.Id}";
            if (after.Groups.FirstOrDefault(g => g.Value.Contains(place, StringComparer.Ordinal)).Key is { } holder)
            {
                throw new LightingException($"group \"{holder}\" holds this one; take it out there first");
            }

            if (after.Orders.Values.FirstOrDefault(o => o.Target.ToString() == place) is { } order)
            {
                throw new LightingException($"order {order.Id} is about this group; release it first");
            }

            if (after.Settings.ContainsKey(new LightTarget(LightScope.Group, item.Id)))
            {
                throw new LightingException("this group has a calendar or a minimum of its own; remove that first");
            }
        }

        foreach (var (place, setting) in after.Settings)
        {
            if (setting.Calendar is { } calendar && !after.Document.Calendars.ContainsKey(calendar))
            {
                throw new LightingException($"{place} has the calendar \"{calendar}\", and there is none of that name");
            }

            if (setting.Minimum is { } minimum && !(minimum >= 0 && minimum <= 100))
            {
                throw new LightingException($"\"minimum\" of {place} lies between 0 and 100 percent");
            }

            if (LuminaireFault(place, setting) is { } fault)
            {
                throw new LightingException(fault);
            }
        }

        if (item.Kind is LightKind.Programme or LightKind.Calendar or LightKind.Holidays && after.Document.Write().Length > LongestProgrammes)
        {
            throw new LightingException(string.Create(
                CultureInfo.InvariantCulture, $"programmes, calendars and holidays together are too long for a gateway: {LongestProgrammes} bytes at most; remove what nobody uses"));
        }
    }

    private static string? LuminaireFault(LightTarget place, LightSetting setting)
    {
        if (setting.Clo is { } clo && (clo.Any(p => p is not { Length: 2 }) ? "each point is [hours, percent]" : ConstantOutput.Fault([.. clo.Select(p => new OutputPoint(p[0], p[1]))])) is { } fault)
        {
            return $"\"clo\" of {place}: {fault}";
        }

        return setting.LifeHours is { } life && !(life >= 1_000 && life <= ConstantOutput.MostHours)
            ? string.Create(CultureInfo.InvariantCulture, $"\"lifeHours\" of {place} lies between 1000 and {ConstantOutput.MostHours} hours")
            : setting.Installed is not null && place.Scope != LightScope.Lamp ? $"\"installed\" is said of a lamp, not of {place}" : null;
    }

    private static void CheckGroup(LightingSnapshot after, string id)
    {
        var members = after.Groups[id];
        if (members.Count > MostMembers)
        {
            throw new LightingException(string.Create(CultureInfo.InvariantCulture, $"a group has {MostMembers} members at most"));
        }

        foreach (var member in members)
        {
            if (!LightTarget.TryParse(member, out var place) || place.Scope == LightScope.City)
            {
                throw new LightingException($"\"{(member.Length > 80 ? member[..80] : member)}\" is no member; write lamp/ID, street/ID, ward/NAME or group/ID");
            }

            if (place.Scope == LightScope.Group && !after.Groups.ContainsKey(place.Id))
            {
                throw new LightingException($"there is no group \"{place.Id}\"");
            }
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var next = new Stack<string>(Inner(members));
        while (next.TryPop(out var inner))
        {
            if (inner == id)
            {
                throw new LightingException($"group \"{id}\" would hold itself");
            }

            if (seen.Add(inner) && after.Groups.TryGetValue(inner, out var theirs))
            {
                foreach (var further in Inner(theirs))
                {
                    next.Push(further);
                }
            }
        }
    }

    /// <summary>Ids of the groups among members.</summary>
    public static IEnumerable<string> Inner(IEnumerable<string> members) =>
        members.Select(m => LightTarget.TryParse(m, out var place) ? place : default).Where(p => p.Scope == LightScope.Group).Select(p => p.Id);
}
