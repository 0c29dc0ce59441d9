using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>
/// The registry as GeoJSON (RFC 7946), as geographic programs read and write it: one FeatureCollection; <c>properties.type</c> says
/// what a feature is: a device, gateway or zone at its Point, a zone within its Polygon or MultiPolygon, a street along its
/// LineString. Longitude stands first.
/// </summary>
internal static class RegistryGeoJson
{
    /// <summary>Reads edits; faults of features are in the read-out with the feature's number, beside those that could be read.</summary>
    /// <exception cref="RegistryException">It is no such file at all.</exception>
    public static async Task<RegistryReadout> ReadAsync(Stream content, int maximumRows, CancellationToken cancel)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(content, new JsonDocumentOptions { MaxDepth = 16 }, cancel);
            return Read(document.RootElement, maximumRows);
        }
        catch (JsonException e)
        {
            throw Fault("file", $"not JSON at line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}");
        }
        catch (InvalidOperationException)
        {
            throw Fault("file", GeoFeatures.NotUnicode);
        }
    }

    private static RegistryReadout Read(JsonElement file, int maximumRows)
    {
        if (file.ValueKind != JsonValueKind.Object || Text(file, "type") != "FeatureCollection" ||
            !file.TryGetProperty("features", out var features) || features.ValueKind != JsonValueKind.Array)
        {
            throw Fault("file", "a GeoJSON FeatureCollection: {\"type\":\"FeatureCollection\",\"features\":[…]}");
        }

        // The old member of GeoJSON 2008, which programs still write: another grid would put a lamp 500 m off without a word.
        if (file.TryGetProperty("crs", out var grid) && grid.ValueKind != JsonValueKind.Null && !IsWgs84(grid))
        {
            throw Fault("crs", "coordinates in WGS 84 (EPSG:4326, longitude first); export the file again in that system");
        }

        if (features.GetArrayLength() > maximumRows)
        {
            throw Fault("features", FormattableString.Invariant($"more than {maximumRows} features; import in parts"));
        }

        var read = new GeoFeatures();
        foreach (var feature in features.EnumerateArray())
        {
            if (!read.Take(feature))
            {
                break;
            }
        }

        return read.Done();
    }

    private static bool IsWgs84(JsonElement crs) =>
        crs.ValueKind == JsonValueKind.Object && crs.TryGetProperty("properties", out var of) && of.ValueKind == JsonValueKind.Object &&
        Text(of, "name") is { } name &&
        (name.EndsWith("CRS84", StringComparison.OrdinalIgnoreCase) || name.EndsWith(":4326", StringComparison.Ordinal));

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static RegistryException Fault(string field, string message) => new([new RowError(0, "", field, message)]);
}
