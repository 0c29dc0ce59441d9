using System.Globalization;
using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Views;

/// <summary>The city at a glance: devices by state, and the lines and places they stand at.</summary>
internal static class MapApi
{
    /// <summary>What the map answers, for the description: rows are [id, kind#, lat, lon, state#, lastSeen in Unix ms or 0, zone# or −1].</summary>
    internal sealed record MapView(long Version, bool Full, IReadOnlyList<string> Kinds, IReadOnlyList<string> Zones, IReadOnlyList<IReadOnlyList<object?>> Devices);

    public static async Task MapAsync(Call call)
    {
        var since = call.Query("since") is not { } text ? (long?)null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version
            : throw ProblemException.Bad("\"since\" is the \"version\" of an earlier answer.");
        var frame = await call.Services.Views.Map.CurrentAsync(call.Cancel);
        await frame.After(since).ReplyAsync(call);
    }

    public static Task AreasAsync(Call call) =>
        call.Services.Views.Areas.Of(call.Services.Book.Registry.Current).ReplyAsync(call, "application/geo+json; charset=utf-8");

    /// <param name="MapStyle">URL of a MapLibre style; null: the map is drawn from the registry alone.</param>
    internal sealed record ConsoleSettings(Uri? MapStyle);

    public static Task SettingsAsync(Call call) => call.ReplyAsync(new ConsoleSettings(call.Services.MapStyle));
}
