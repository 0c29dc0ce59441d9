using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Lights;

/// <summary>Every lamp in one answer, small enough to be asked for every few seconds: a row of numbers each, packed once for all who look.</summary>
internal static class LampMap
{
    /// <summary>What it answers, for the description: rows are [id, name, lat, lon, street#, look#, level in percent, follow#, [group#…]]; −1 and null: none.</summary>
    internal sealed record LampMapView(
        DateTimeOffset At, IReadOnlyList<string> Looks, IReadOnlyList<string> Follows, IReadOnlyList<string> Streets, IReadOnlyList<string> Groups, IReadOnlyList<IReadOnlyList<object?>> Lamps);

    /// <summary>The answer of a board.</summary>
    public static PackedJson Of(LampBoard board)
    {
        var streets = Numbers(board.Lamps.Select(l => l.Lamp.Street).OfType<string>());
        var groups = Numbers(board.Lamps.SelectMany(l => l.Lamp.Groups));
        using var stream = new MemoryStream(board.Lamps.Count * 90);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = BookJson.Options.Encoder, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("at", board.At);
            MapFrame.Names(json, "looks", LampLooks.Words);
            MapFrame.Names(json, "follows", LampLooks.FollowWords);
            MapFrame.Names(json, "streets", [.. streets.Keys]);
            MapFrame.Names(json, "groups", [.. groups.Keys]);
            json.WriteStartArray("lamps");
            foreach (var lamp in board.Lamps)
            {
                Write(json, lamp, board.Directory.Registry, streets, groups);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new PackedJson(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, LampState state, RegistrySnapshot registry, OrderedDictionary<string, int> streets, OrderedDictionary<string, int> groups)
    {
        var lamp = state.Lamp;
        var place = registry.LocationOf(lamp.Id, lamp.Row.Zone);
        json.WriteStartArray();
        json.WriteStringValue(lamp.Id);
        json.WriteStringValue(lamp.Row.Name);
        MapFrame.Degrees(json, place?.Lat);
        MapFrame.Degrees(json, place?.Lon);
        json.WriteNumberValue(lamp.Street is null ? -1 : streets[lamp.Street]);
        json.WriteNumberValue((int)LampLooks.Of(state));
        json.WriteNumberValue(Math.Round(LampLooks.Level(state), 1));
        json.WriteNumberValue((int)state.Follow);
        json.WriteStartArray();
        foreach (var group in lamp.Groups)
        {
            json.WriteNumberValue(groups[group]);
        }

        json.WriteEndArray();
        json.WriteEndArray();
    }

    private static OrderedDictionary<string, int> Numbers(IEnumerable<string> names)
    {
        var numbers = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            numbers.TryAdd(name, numbers.Count);
        }

        return numbers;
    }
}
