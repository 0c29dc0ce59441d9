using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>What a place says of its luminaires: constant light output, expected life, and of one lamp when it was put up.</summary>
internal static class LightLuminaireApi
{
    /// <param name="Scope"><c>city</c>, <c>ward/W</c>, <c>street/S</c>, <c>group/G</c> or <c>lamp/L</c>.</param>
    /// <param name="Clo">Curve of constant light output, <c>[[hours, percent of the driver's power], …]</c>; null = this place says nothing.</param>
    /// <param name="LifeHours">Burning hours that a lamp here is expected to live; null = this place says nothing.</param>
    /// <param name="Installed">When a lamp's luminaire was put up; of a lamp only.</param>
    internal sealed record LuminaireBody(string Scope, IReadOnlyList<double[]>? Clo = null, double? LifeHours = null, DateTimeOffset? Installed = null);

    /// <summary>What a place says.</summary>
    internal sealed record LuminaireView(
        string Scope, string Name, IReadOnlyList<double[]>? Clo, double? LifeHours, DateTimeOffset? Installed, int Lamps, long Revision, string ChangedBy, DateTimeOffset ChangedAt);

    public static Task ListAsync(Call call)
    {
        var directory = call.Services.Book.Lighting.Directory;
        return call.ReplyAsync(new Page<LuminaireView>(
            [
                .. directory.Lighting.Settings.Where(s => s.Value is { Clo: not null } or { LifeHours: not null } or { Installed: not null })
                    .OrderBy(s => s.Key.Scope).ThenBy(s => s.Key.Id, StringComparer.Ordinal).Select(s => View(call, directory, s.Key)),
            ],
            null));
    }

    public static async Task PutAsync(Call call)
    {
        var body = await call.BodyAsync<LuminaireBody>();
        var book = call.Services.Book.Lighting;
        if (!LightTarget.TryParse(body.Scope, out var place))
        {
            throw ProblemException.Bad("\"scope\" is city, ward/NAME, street/ID, group/ID or lamp/ID.").With("field", "scope");
        }

        var directory = book.Directory;
        var known = directory.Lighting.Settings.GetValueOrDefault(place);
        if (known is null && place.Scope != LightScope.City && !directory.Of(place).Any())
        {
            throw ProblemException.Bad($"There is no lamp in {place}.").With("field", "scope");
        }

        LightingApi.CheckNumber(body.LifeHours, "lifeHours");
        foreach (var number in (body.Clo ?? []).SelectMany(p => p ?? []))
        {
            LightingApi.CheckNumber(number, "clo");
        }

        // Whatever else a place may say stays as it is.
        var said = (known ?? new LightSetting()) with { Clo = body.Clo, LifeHours = body.LifeHours, Installed = body.Installed };
        var content = said == new LightSetting() ? null : JsonSerializer.Serialize(said, BookJson.Options);
        if (content is not null || known is not null)
        {
            await LightDocuments.WriteAsync(call, LightKind.Setting, place.ToString(), null, content);
        }

        await call.ReplyAsync(View(call, book.Directory, place));
    }

    private static LuminaireView View(Call call, LampDirectory directory, LightTarget place)
    {
        var (setting, item) = (directory.Lighting.Settings.GetValueOrDefault(place), directory.Lighting.Find(LightKind.Setting, place.ToString()));
        return new(
            place.ToString(), LightGroupApi.NameOf(directory, place), setting?.Clo, setting?.LifeHours, setting?.Installed, directory.Of(place).Count(),
            item?.Revision ?? 0, item?.ChangedBy ?? call.Caller.Name, item?.ChangedAt ?? call.Services.Time.GetUtcNow());
    }
}
