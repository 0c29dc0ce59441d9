using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>Streets, zones and gateways in service as one GeoJSON FeatureCollection (RFC 7946: [longitude, latitude]); made again when the registry changes.</summary>
internal sealed class CityAreas
{
    private (RegistrySnapshot Registry, PackedJson Json)? _made;
    private readonly Lock _gate = new();

    /// <summary>The areas of a registry.</summary>
    public PackedJson Of(RegistrySnapshot registry)
    {
        lock (_gate)
        {
            if (_made is not { } made || !ReferenceEquals(made.Registry, registry))
            {
                _made = made = (registry, new PackedJson(Write(registry)));
            }

            return made.Json;
        }
    }

    private static byte[] Write(RegistrySnapshot registry)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = BookJson.Options.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("type", "FeatureCollection");
            json.WriteStartArray("features");
            foreach (var street in registry.Streets.Values.Where(s => s.State == Service.Active && s.Line is { Count: >= 2 }))
            {
                Begin(json, "LineString");
                json.WriteStartArray("coordinates");
                foreach (var point in street.Line!)
                {
                    Point(json, point[0], point[1]);
                }

                json.WriteEndArray();
                End(json, "street", street, null, street.Ward);
            }

            foreach (var zone in registry.Zones.Values.Where(z => z.State == Service.Active))
            {
                if (zone.Boundary is { } boundary)
                {
                    json.WriteStartObject();
                    json.WriteString("type", "Feature");
                    json.WritePropertyName("geometry");
                    JsonSerializer.Serialize(json, boundary, BookJson.Options);
                    Properties(json, "zone", zone, zone.Kind, zone.Ward);
                }
                else
                {
                    Spot(json, "zone", zone, zone.Lat, zone.Lon, zone.Kind, zone.Ward);
                }
            }

            foreach (var gateway in registry.Gateways.Values.Where(g => g.State == Service.Active))
            {
                Spot(json, "gateway", gateway, gateway.Lat, gateway.Lon, null, null);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Spot(Utf8JsonWriter json, string type, IRegistryRow row, double? lat, double? lon, string? kind, string? ward)
    {
        if (lat is null || lon is null)
        {
            return; // nobody has said where it is
        }

        Begin(json, "Point");
        json.WritePropertyName("coordinates");
        Point(json, lat.Value, lon.Value);
        End(json, type, row, kind, ward);
    }

    private static void Begin(Utf8JsonWriter json, string geometry)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteStartObject("geometry");
        json.WriteString("type", geometry);
    }

    private static void End(Utf8JsonWriter json, string type, IRegistryRow row, string? kind, string? ward)
    {
        json.WriteEndObject();
        Properties(json, type, row, kind, ward);
    }

    private static void Properties(Utf8JsonWriter json, string type, IRegistryRow row, string? kind, string? ward)
    {
        json.WriteStartObject("properties");
        json.WriteString("type", type);
        json.WriteString("id", row.Id);
        json.WriteString("name", row.Name);
        json.WriteString("kind", kind);
        json.WriteString("ward", ward);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Point(Utf8JsonWriter json, double lat, double lon)
    {
        json.WriteStartArray();
        json.WriteNumberValue(Math.Round(lon, 6));
        json.WriteNumberValue(Math.Round(lat, 6));
        json.WriteEndArray();
    }
}
