using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>Writes the registry as the GeoJSON that <see cref="RegistryGeoJson"/> reads.</summary>
internal static class GeoJsonWriter
{
    /// <summary>One FeatureCollection of everything.</summary>
    public static void Write(Stream to, RegistryEdits edits)
    {
        using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Encoder = BookJson.Options.Encoder });
        json.WriteStartObject();
        json.WriteString("type", "FeatureCollection");
        json.WriteStartArray("features");
        foreach (var z in edits.Zones)
        {
            Feature(json, "zone", z.Id, z.Name, z.Boundary, z.Boundary is null ? z.Lat : null, z.Lon, null, ("kind", z.Kind), ("ward", z.Ward), ("settings", z.Settings),
                ("runbook", z.Runbook), ("phones", z.Phones is { Count: > 0 } ? z.Phones : null),
                ("lat", z.Boundary is null ? null : z.Lat), ("lon", z.Boundary is null ? null : z.Lon));
        }

        foreach (var s in edits.Streets)
        {
            Feature(json, "street", s.Id, s.Name, null, null, null, s.Line, ("ward", s.Ward));
        }

        foreach (var g in edits.Gateways)
        {
            Feature(json, "gateway", g.Id, g.Name, null, g.Lat, g.Lon, null, ("zone", g.Zone), ("street", g.Street));
        }

        foreach (var d in edits.Devices)
        {
            Feature(json, "device", d.Id, d.Name, null, d.Lat, d.Lon, null, ("kind", d.Kind), ("gateway", d.Gateway), ("zone", d.Zone), ("street", d.Street), ("thresholds", d.Thresholds));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Feature(
        Utf8JsonWriter json, string type, string id, string? name, ZoneBoundary? area, double? lat, double? lon, IReadOnlyList<double[]>? line,
        params ReadOnlySpan<(string Name, object? Value)> more)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WritePropertyName("geometry");
        Geometry(json, area, lat, lon, line);
        json.WriteStartObject("properties");
        json.WriteString("type", type);
        json.WriteString("id", id);
        if (name is not null)
        {
            json.WriteString("name", name);
        }

        foreach (var (what, value) in more)
        {
            if (value is not null)
            {
                json.WritePropertyName(what);
                JsonSerializer.Serialize(json, value, value.GetType(), BookJson.Options);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Geometry(Utf8JsonWriter json, ZoneBoundary? area, double? lat, double? lon, IReadOnlyList<double[]>? line)
    {
        if (area is not null)
        {
            JsonSerializer.Serialize(json, area, BookJson.Options);
        }
        else if (line is not null)
        {
            json.WriteStartObject();
            json.WriteString("type", "LineString");
            json.WriteStartArray("coordinates");
            foreach (var point in line)
            {
                GeoPosition.Write(json, [point[1], point[0]]);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
        else if (lat is { } north && lon is { } east)
        {
            json.WriteStartObject();
            json.WriteString("type", "Point");
            json.WritePropertyName("coordinates");
            GeoPosition.Write(json, [east, north]);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
