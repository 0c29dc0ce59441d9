using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>Places that an order can be about, found by a few letters, each with how many lamps it has.</summary>
internal static class LightTargetApi
{
    private const int LongestSearch = 100;

    /// <param name="Target"><c>city</c>, <c>ward/…</c>, <c>street/…</c>, <c>group/…</c> or <c>lamp/…</c>.</param>
    /// <param name="Name">What people call it.</param>
    /// <param name="Ward">The ward of a street or lamp.</param>
    /// <param name="Lamps">Lamps in service there.</param>
    internal sealed record TargetView(string Target, string Name, string? Ward, int Lamps);

    internal sealed record TargetList(IReadOnlyList<TargetView> Items);

    public static Task ListAsync(Call call)
    {
        var search = NaturalOrder.Plain((call.Query("search") ?? "").Trim());
        if (search.Length > LongestSearch)
        {
            throw ProblemException.Bad(FormattableString.Invariant($"\"search\" has at most {LongestSearch} characters."));
        }

        var directory = call.Services.Book.Lighting.Directory;
        var city = LightPreviewApi.Language(call)["lamp.city"];
        var places = Places(directory)
            .Select(p => (p.Target, Name: p.Target == LightTarget.City ? city : LightGroupApi.NameOf(directory, p.Target), p.Ward))
            .Select(p => (p.Target, p.Name, p.Ward, Rank: Rank(search, NaturalOrder.Plain(p.Name), p.Target.Id, NaturalOrder.Plain(p.Ward ?? ""))))
            .Where(p => p.Rank >= 0)
            .OrderBy(p => p.Rank).ThenBy(p => p.Target.Scope).ThenBy(p => p.Name, NaturalOrder.Instance).ThenBy(p => p.Target.Id, StringComparer.Ordinal)
            .Take(call.Number("limit", 12, 1, 100));
        return call.ReplyAsync(new TargetList([.. places.Select(p => new TargetView(p.Target.ToString(), p.Name, p.Ward, directory.Of(p.Target).Count()))]));
    }

    private static IEnumerable<(LightTarget Target, string? Ward)> Places(LampDirectory directory)
    {
        yield return (LightTarget.City, null);
        foreach (var ward in directory.Lamps.Select(l => l.Ward).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            yield return (new LightTarget(LightScope.Ward, ward), null);
        }

        foreach (var (street, ward) in directory.Lamps.Where(l => l.Street is not null).Select(l => (l.Street!, l.Ward)).Distinct())
        {
            yield return (new LightTarget(LightScope.Street, street), ward);
        }

        foreach (var group in directory.Lighting.Groups.Keys)
        {
            yield return (new LightTarget(LightScope.Group, group), null);
        }

        foreach (var lamp in directory.Lamps)
        {
            yield return (new LightTarget(LightScope.Lamp, lamp.Id), lamp.Ward);
        }
    }

    // The exact id or its target; names that begin with it; a word in them that does; anything that holds it. −1 = nothing.
    private static int Rank(string search, string name, string id, string ward) => search.Length == 0 ? 0
        : id == search || name == search ? 0
        : name.StartsWith(search, StringComparison.Ordinal) ? 1
        : name.Contains(' ' + search, StringComparison.Ordinal) ? 2
        : name.Contains(search, StringComparison.Ordinal) || id.Contains(search, StringComparison.Ordinal) ? 3
        : ward.StartsWith(search, StringComparison.Ordinal) ? 4
        : -1;
}
