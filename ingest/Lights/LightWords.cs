using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Lights;

/// <summary>What the lighting book says to people, in one language.</summary>
internal static class LightWords
{
    /// <summary>Why a lamp has its level, in one sentence.</summary>
    /// <param name="words">The language.</param>
    /// <param name="lighting">Where programmes have their names.</param>
    /// <param name="level">The level.</param>
    /// <param name="zone">The city's time.</param>
    public static string Why(ServerWords words, LightingSnapshot lighting, LightLevel level, TimeZoneInfo zone)
    {
        var why = level switch
        {
            { Override: { } order } => words.Say(
                "light.why.override",
                words.Number(order.Level, Decimals(order.Level)),
                order.By ?? "–",
                order.Reason is null ? "" : words.Say("light.why.because", order.Reason),
                order.Expires is { } end ? words.Say("light.why.until", TimeZoneInfo.ConvertTime(end, zone).ToString("HH:mm dd/MM", CultureInfo.InvariantCulture)) : words.Say("light.why.released"),
                order.Priority),
            { Programme: { } programme } => words.Say("light.why.programme", NameOf(lighting, LightKind.Programme, programme.Id)),
            _ => words["light.why.default"],
        };
        return level.Raised ? words.Say("light.why.raised", why, words.Number(level.Percent, Decimals(level.Percent))) : why;
    }

    /// <summary>What people call a document; its id when it has no name.</summary>
    public static string NameOf(LightingSnapshot lighting, LightKind kind, string id) => lighting.Find(kind, id)?.Name ?? id;

    private static int Decimals(double value) => value.Equals(Math.Round(value)) ? 0 : 1;
}
