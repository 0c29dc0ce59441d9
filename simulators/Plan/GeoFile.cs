using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.Simulators.Plan;

/// <summary>A city's map as GeoJSON (RFC 7946): streets as lines, zones and gateways as points.</summary>
internal static class GeoFile
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the map.</summary>
    public static void Write(CityPlan city, Stream to)
    {
        using var json = new Utf8JsonWriter(to, Readable);
        json.WriteStartObject();
        json.WriteString("type", "FeatureCollection");
        json.WriteStartArray("features");
        foreach (var street in city.Streets)
        {
            Feature(json, "street", street.Id, street.Name, "LineString", () =>
            {
                json.WriteStartArray();
                foreach (var point in street.Line)
                {
                    Position(json, point);
                }

                json.WriteEndArray();
            });
        }

        foreach (var zone in city.Zones)
        {
            Feature(json, zone.Kind, zone.Id, zone.Name, "Point", () => Position(json, zone.At));
        }

        foreach (var gateway in city.Gateways)
        {
            Feature(json, "gateway", gateway.Id, gateway.Name, "Point", () => Position(json, gateway.At));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Feature(Utf8JsonWriter json, string kind, string id, string name, string geometry, Action coordinates)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteString("id", id);
        json.WriteStartObject("properties");
        json.WriteString("kind", kind);
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteStartObject("geometry");
        json.WriteString("type", geometry);
        json.WritePropertyName("coordinates");
        coordinates();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Longitude comes first (RFC 7946, 3.1.1).</summary>
    private static void Position(Utf8JsonWriter json, GeoPoint at)
    {
        json.WriteStartArray();
        json.WriteNumberValue(at.Lon);
        json.WriteNumberValue(at.Lat);
        json.WriteEndArray();
    }
}
