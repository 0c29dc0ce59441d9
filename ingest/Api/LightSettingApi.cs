using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>What holds at a place: its calendar and its minimum.</summary>
internal static class LightSettingApi
{
    /// <param name="Scope"><c>city</c>, <c>ward/W</c>, <c>street/S</c>, <c>group/G</c> or <c>lamp/L</c>.</param>
    /// <param name="Calendar">Id of its calendar; null = this place says nothing, and the next wider one counts.</param>
    /// <param name="Minimum">While it is dark no lamp here goes below this, 0 … 100 %; null = this place says nothing.</param>
    internal sealed record SettingBody(string Scope, string? Calendar = null, double? Minimum = null);

    /// <summary>What a place says; <c>lamps</c> are there, <c>following</c> of them have their calendar from here.</summary>
    internal sealed record SettingView(
        string Scope, string Name, string? Calendar, double? Minimum, int Lamps, int Following, long Revision, string ChangedBy, DateTimeOffset ChangedAt);

    public static Task ListAsync(Call call)
    {
        var directory = call.Services.Book.Lighting.Directory;
        var following = Following(directory);
        return call.ReplyAsync(new Page<SettingView>([.. directory.Lighting.Settings.Keys.OrderBy(p => p.Scope).ThenBy(p => p.Id, StringComparer.Ordinal).Select(p => View(directory, p, following))], null));
    }

    public static async Task PutAsync(Call call)
    {
        var body = await call.BodyAsync<SettingBody>();
        var book = call.Services.Book.Lighting;
        if (!LightTarget.TryParse(body.Scope, out var place))
        {
            throw ProblemException.Bad("\"scope\" is city, ward/NAME, street/ID, group/ID or lamp/ID.").With("field", "scope");
        }

        var current = book.Current;
        if (!IsKnown(book.Directory, place) && !current.Settings.ContainsKey(place))
        {
            throw ProblemException.Bad($"There is no {place}.").With("field", "scope");
        }

        if (body.Calendar is { } calendar && !current.Document.Calendars.ContainsKey(calendar))
        {
            throw ProblemException.Bad($"There is no calendar \"{calendar}\".").With("field", "calendar");
        }

        if (body.Minimum is < 0 or > 100)
        {
            throw ProblemException.Bad("\"minimum\" lies between 0 and 100 percent.").With("field", "minimum");
        }

        // Whatever else a place may say stays as it is.
        var said = (current.Settings.GetValueOrDefault(place) ?? new LightSetting()) with { Calendar = body.Calendar, Minimum = body.Minimum };
        var content = said == new LightSetting() ? null : JsonSerializer.Serialize(said, BookJson.Options);
        if (content is not null || current.Settings.ContainsKey(place))
        {
            await LightDocuments.WriteAsync(call, LightKind.Setting, place.ToString(), null, content);
        }

        var directory = book.Directory;
        await call.ReplyAsync(directory.Lighting.Settings.ContainsKey(place)
            ? View(directory, place, Following(directory))
            : new SettingView(place.ToString(), LightGroupApi.NameOf(directory, place), null, null, directory.Of(place).Count(), 0, 0, call.Caller.Name, call.Services.Time.GetUtcNow()));
    }

    private static bool IsKnown(LampDirectory directory, LightTarget place) => place.Scope switch
    {
        LightScope.City => true,
        LightScope.Group => directory.Lighting.Groups.ContainsKey(place.Id),
        _ => LightGroupApi.IsKnown(directory, place),
    };

    private static SettingView View(LampDirectory directory, LightTarget place, IReadOnlyDictionary<LightTarget, int> following)
    {
        var (setting, item) = (directory.Lighting.Settings[place], directory.Lighting.Find(LightKind.Setting, place.ToString())!);
        return new(item.Id, LightGroupApi.NameOf(directory, place), setting.Calendar, setting.Minimum, directory.Of(place).Count(), following.GetValueOrDefault(place), item.Revision, item.ChangedBy, item.ChangedAt);
    }

    private static Dictionary<LightTarget, int> Following(LampDirectory directory) =>
        directory.Lamps.Select(l => directory.CalendarOf(l)?.Place).OfType<LightTarget>().CountBy(p => p).ToDictionary();
}
