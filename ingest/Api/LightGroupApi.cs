using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>Groups of lamps: what people say "the market" or "both sides of the bridge" to. They nest, and a lamp may be in several.</summary>
internal static class LightGroupApi
{
    /// <summary>A group.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Name">What people call it.</param>
    /// <param name="Members">As they were given: <c>lamp/x</c>, <c>street/y</c>, <c>ward/z</c>, <c>group/w</c>.</param>
    /// <param name="Lamps">How many lamps in service that are, each counted once.</param>
    /// <param name="Revision">Counts its changes, from 1.</param>
    /// <param name="ChangedBy">Who changed it last.</param>
    /// <param name="ChangedAt">When.</param>
    internal record GroupView(string Id, string? Name, IReadOnlyList<string> Members, int Lamps, long Revision, string ChangedBy, DateTimeOffset ChangedAt);

    /// <summary>One group with its members by name and what refers to it.</summary>
    internal sealed record GroupDetail(
        string Id, string? Name, IReadOnlyList<string> Members, int Lamps, long Revision, string ChangedBy, DateTimeOffset ChangedAt, IReadOnlyList<MemberView> Parts, IReadOnlyList<string> Within)
        : GroupView(Id, Name, Members, Lamps, Revision, ChangedBy, ChangedAt);

    /// <param name="Target">The member.</param>
    /// <param name="Name">What people call it.</param>
    /// <param name="Lamps">Lamps in service there; 0: it is gone from the registry, or nothing is there yet.</param>
    internal sealed record MemberView(string Target, string Name, int Lamps);

    internal sealed record GroupBody(IReadOnlyList<string> Members, string? Name = null);

    internal sealed record GroupList(IReadOnlyList<GroupView> Items);

    public static Task ListAsync(Call call)
    {
        var directory = call.Services.Book.Lighting.Directory;
        return call.ReplyAsync(new GroupList([.. directory.Lighting.Of(LightKind.Group).Select(g => View(directory, g))]));
    }

    public static Task OneAsync(Call call)
    {
        var item = LightDocuments.Find(call, LightKind.Group);
        var directory = call.Services.Book.Lighting.Directory;
        var view = View(directory, item);
        var mine = new LightTarget(LightScope.Group, item.Id).ToString();
        return call.ReplyAsync(new GroupDetail(view.Id, view.Name, view.Members, view.Lamps, view.Revision, view.ChangedBy, view.ChangedAt,
            [.. view.Members.Select(m => Part(directory, m))],
            [.. directory.Lighting.Groups.Where(g => g.Value.Contains(mine, StringComparer.Ordinal)).Select(g => g.Key).Order(StringComparer.Ordinal)]));
    }

    public static async Task PutAsync(Call call)
    {
        var body = await call.BodyAsync<GroupBody>();
        var members = (body.Members ?? throw Members()).Select(m => m ?? throw Members()).Distinct(StringComparer.Ordinal).ToList();
        var directory = call.Services.Book.Lighting.Directory;
        foreach (var member in members)
        {
            // A member that was there and has left the registry may stay: the group is not less right for it.
            if (LightTarget.TryParse(member, out var place) && !IsKnown(directory, place) && !(directory.Lighting.Groups.GetValueOrDefault(call.Id)?.Contains(member, StringComparer.Ordinal) ?? false))
            {
                throw ProblemException.Bad($"There is no {place}.");
            }
        }

        await LightDocuments.PutAsync(call, LightKind.Group, body.Name, JsonSerializer.Serialize(members, BookJson.Options));
        await OneAsync(call);
    }

    public static Task RemoveAsync(Call call) => LightDocuments.RemoveAsync(call, LightKind.Group);

    /// <summary>What people call a place of lamps; a street, lamp or group without a name is called by its id.</summary>
    public static string NameOf(LampDirectory directory, LightTarget place) => place.Scope switch
    {
        LightScope.Street => directory.Registry.Streets.GetValueOrDefault(place.Id)?.Name,
        LightScope.Group => directory.Lighting.Find(LightKind.Group, place.Id)?.Name,
        LightScope.Lamp => directory.Registry.Devices.Find(place.Id)?.Row.Name,
        _ => null,
    } ?? place.Id;

    /// <summary>Whether the registry has such a place; groups are the book's to judge.</summary>
    public static bool IsKnown(LampDirectory directory, LightTarget place) => place.Scope switch
    {
        LightScope.Street => directory.Registry.Streets.ContainsKey(place.Id),
        LightScope.Lamp => directory.Find(place.Id) is not null,
        LightScope.Ward => directory.Of(place).Any(),
        _ => true, // the book judges groups
    };

    private static ProblemException Members() => ProblemException.Bad("\"members\" is a list such as [\"street/le-loi\"].").With("field", "members");

    private static GroupView View(LampDirectory directory, LightItem group) => new(
        group.Id, group.Name, directory.Lighting.Groups[group.Id], directory.Of(new LightTarget(LightScope.Group, group.Id)).Count(), group.Revision, group.ChangedBy, group.ChangedAt);

    private static MemberView Part(LampDirectory directory, string member) =>
        LightTarget.TryParse(member, out var place) ? new(member, NameOf(directory, place), directory.Of(place).Count()) : new(member, member, 0);
}
