using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Ingest.Book;

/// <summary>
/// The border of a zone: a GeoJSON geometry, Polygon or MultiPolygon (RFC 7946, 3.1.6 and 3.1.7). Positions are degrees, longitude
/// first; rings are closed; an altitude is dropped. Two of them are equal when every number is.
/// </summary>
[JsonConverter(typeof(Converter))]
internal sealed class ZoneBoundary : IEquatable<ZoneBoundary>
{
    /// <summary>Points of one boundary, all rings together: a ward drawn to ten metres needs some hundred.</summary>
    public const int MaximumPoints = 2000;

    private ZoneBoundary(bool many, double[][][][] polygons)
    {
        (Many, Polygons) = (many, polygons);
        Points = polygons.Sum(p => p.Sum(r => r.Length));
    }

    private ZoneBoundary(string fault) => (Polygons, Fault) = ([], fault);

    /// <summary>What is wrong with what was sent in its place, so that a judge tells it beside every other fault; null when it is good.</summary>
    public string? Fault { get; }

    /// <summary>Whether it is written as a MultiPolygon.</summary>
    public bool Many { get; }

    /// <summary>Polygons, each of rings (the first is the outer one), each of positions [lon, lat].</summary>
    public IReadOnlyList<double[][][]> Polygons { get; }

    /// <summary>Positions in all.</summary>
    public int Points { get; }

    /// <summary>The middle of its extent, for who needs one point.</summary>
    public (double Lat, double Lon) Middle
    {
        get
        {
            var all = Polygons.SelectMany(p => p[0]).ToList();
            return ((all.Min(p => p[1]) + all.Max(p => p[1])) / 2, (all.Min(p => p[0]) + all.Max(p => p[0])) / 2);
        }
    }

    /// <summary>Reads the coordinates of a geometry.</summary>
    /// <param name="type">Polygon or MultiPolygon.</param>
    /// <param name="coordinates">As RFC 7946 has them.</param>
    /// <exception cref="FormatException">Not such a geometry; says what would be.</exception>
    public static ZoneBoundary Read(string? type, JsonElement coordinates) => type switch
    {
        "Polygon" => new(many: false, [Polygon(coordinates, new Budget())]),
        "MultiPolygon" => new(many: true, Polygonal(coordinates)),
        _ => throw new FormatException("a geometry of type Polygon or MultiPolygon"),
    };

    /// <summary>Reads a whole geometry.</summary>
    /// <exception cref="FormatException">Not such a geometry.</exception>
    public static ZoneBoundary Read(JsonElement geometry)
    {
        if (geometry.ValueKind != JsonValueKind.Object || !geometry.TryGetProperty("coordinates", out var coordinates))
        {
            throw new FormatException("a GeoJSON geometry: {\"type\":\"Polygon\",\"coordinates\":[[[lon,lat],…]]}");
        }

        return Read(geometry.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null, coordinates);
    }

    /// <summary>The boundary, or one that only says what is wrong with it.</summary>
    public static ZoneBoundary Judged(Func<ZoneBoundary> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            return new ZoneBoundary(e.Message);
        }
        catch (InvalidOperationException)
        {
            return new ZoneBoundary(GeoFeatures.NotUnicode);
        }
    }

    /// <summary>Reads a geometry from text, such as a cell of a CSV file.</summary>
    /// <exception cref="FormatException">Not such a geometry.</exception>
    public static ZoneBoundary Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException("a GeoJSON geometry as JSON text: {\"type\":\"Polygon\",\"coordinates\":[[[lon,lat],…]]}", e);
        }
    }

    /// <summary>The geometry as JSON text.</summary>
    public override string ToString()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <inheritdoc/>
    public bool Equals(ZoneBoundary? other) =>
        other is not null && Many == other.Many && Points == other.Points && Polygons.Count == other.Polygons.Count &&
        Polygons.Zip(other.Polygons).All(p => p.First.Length == p.Second.Length && p.First.Zip(p.Second).All(
            r => r.First.Length == r.Second.Length && r.First.Zip(r.Second).All(q => q.First.AsSpan().SequenceEqual(q.Second))));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ZoneBoundary);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Many, Points, Polygons.Count);

    private static double[][][][] Polygonal(JsonElement coordinates)
    {
        var budget = new Budget();
        return [.. Items(coordinates, "a MultiPolygon is a list of polygons").Select(p => Polygon(p, budget))];
    }

    private static double[][][] Polygon(JsonElement rings, Budget budget) =>
        [.. Items(rings, "a polygon is a list of rings").Select(r => Ring(r, budget))];

    private static double[][] Ring(JsonElement positions, Budget budget)
    {
        var ring = new List<double[]>();
        foreach (var position in Items(positions, "a ring is a list of positions"))
        {
            if (--budget.Left < 0)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"at most {MaximumPoints} points in all; simplify the outline"));
            }

            ring.Add(GeoPosition.Read(position));
        }

        return ring.Count >= 4 && ring[0].AsSpan().SequenceEqual(ring[^1])
            ? [.. ring]
            : throw new FormatException("a ring has at least four positions, and its last is its first");
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement list, string what) =>
        list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list.EnumerateArray() : throw new FormatException(what);

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", Many ? "MultiPolygon" : "Polygon");
        json.WritePropertyName("coordinates");
        if (Many)
        {
            json.WriteStartArray();
        }

        foreach (var polygon in Polygons)
        {
            json.WriteStartArray();
            foreach (var ring in polygon)
            {
                json.WriteStartArray();
                foreach (var position in ring)
                {
                    GeoPosition.Write(json, position);
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        if (Many)
        {
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private sealed class Budget
    {
        public int Left { get; set; } = MaximumPoints;
    }

    internal sealed class Converter : JsonConverter<ZoneBoundary>
    {
        public override ZoneBoundary Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return Judged(() => ZoneBoundary.Read(document.RootElement));
        }

        public override void Write(Utf8JsonWriter writer, ZoneBoundary value, JsonSerializerOptions options) => value.Write(writer);
    }
}

/// <summary>A position of GeoJSON (RFC 7946, 3.1.1): longitude first.</summary>
internal static class GeoPosition
{
    /// <summary>[lon, lat]; an altitude is dropped.</summary>
    /// <exception cref="FormatException">Not a position, or not on the Earth.</exception>
    public static double[] Read(JsonElement position)
    {
        if (position.ValueKind != JsonValueKind.Array || position.GetArrayLength() is not (2 or 3) ||
            position[0].ValueKind != JsonValueKind.Number || position[1].ValueKind != JsonValueKind.Number)
        {
            throw new FormatException("a position is [longitude, latitude], two numbers in degrees");
        }

        var (lon, lat) = (position[0].GetDouble(), position[1].GetDouble());
        return lon is >= -180 and <= 180 && lat is >= -90 and <= 90
            ? [lon, lat]
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"[{lon}, {lat}] is no place: longitude (-180 to 180) comes first, then latitude (-90 to 90)"));
    }

    public static void Write(Utf8JsonWriter json, double[] position)
    {
        json.WriteStartArray();
        json.WriteNumberValue(position[0]);
        json.WriteNumberValue(position[1]);
        json.WriteEndArray();
    }
}
