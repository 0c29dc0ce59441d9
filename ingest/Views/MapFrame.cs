using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>A device on the map.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Place of its kind in the frame's list.</param>
/// <param name="Lat">Degrees north; null: nobody has said where it is, nor its gateway, nor its zone.</param>
/// <param name="Lon">Degrees east.</param>
/// <param name="State">How it looks.</param>
/// <param name="LastSeen">When its newest reading was measured, Unix ms; 0 = never.</param>
/// <param name="Zone">Place of its zone in the frame's list, −1 = none.</param>
/// <param name="ChangedAt">The version at which anything but <paramref name="LastSeen"/> last changed.</param>
internal readonly record struct MapRow(string Id, int Kind, double? Lat, double? Lon, MapState State, long LastSeen, int Zone, long ChangedAt)
{
    public bool LooksLike(in MapRow other) =>
        Kind == other.Kind && Lat == other.Lat && Lon == other.Lon && State == other.State && Zone == other.Zone;
}

/// <summary>The city at one moment, for everybody who asks within the same second.</summary>
internal sealed class MapFrame
{
    private readonly Lazy<PackedJson> _full;

    public MapFrame() => _full = new(() => new PackedJson(Write(since: null)));

    /// <summary>Grows by one whenever a row changes; begins anywhere, so that no server's versions are another's.</summary>
    public required long Version { get; init; }

    /// <summary>Who has seen this version or a later one needs only the rows that changed since; everybody else needs all.</summary>
    public required long Since { get; init; }

    /// <summary>What of it comes from the registry.</summary>
    public required MapLayout Layout { get; init; }

    /// <summary>What was open.</summary>
    public required OpenAlerts Alerts { get; init; }

    /// <summary>By id.</summary>
    public required MapRow[] Rows { get; init; }

    /// <summary>All rows.</summary>
    public PackedJson Full => _full.Value;

    /// <summary>What somebody who has seen <paramref name="since"/> has to learn.</summary>
    public PackedJson After(long? since) => since is { } seen && seen >= Since && seen <= Version ? new PackedJson(Write(seen)) : Full;

    private byte[] Write(long? since)
    {
        using var stream = new MemoryStream(since is null ? Rows.Length * 80 : 1024);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = BookJson.Options.Encoder, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteBoolean("full", since is null);
            Names(json, "kinds", Layout.Kinds);
            Names(json, "zones", Layout.Zones);
            json.WriteStartArray("devices");
            foreach (ref readonly var row in Rows.AsSpan())
            {
                if (since is null || row.ChangedAt > since)
                {
                    Write(json, row);
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, in MapRow row)
    {
        json.WriteStartArray();
        json.WriteStringValue(row.Id);
        json.WriteNumberValue(row.Kind);
        Degrees(json, row.Lat);
        Degrees(json, row.Lon);
        json.WriteNumberValue((int)row.State);
        json.WriteNumberValue(row.LastSeen);
        json.WriteNumberValue(row.Zone);
        json.WriteEndArray();
    }

    internal static void Degrees(Utf8JsonWriter json, double? value)
    {
        if (value is { } degrees)
        {
            json.WriteNumberValue(Math.Round(degrees, 6)); // a tenth of a metre
        }
        else
        {
            json.WriteNullValue();
        }
    }

    internal static void Names(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
