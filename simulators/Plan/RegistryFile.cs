using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Simulators.Plan;

/// <summary>A city as the JSON that <c>POST /api/v1/import</c> and <c>smartcity-ingest import</c> take:
/// these members and no other, because the import refuses what it does not know.</summary>
internal sealed class RegistryFile
{
    public required IReadOnlyList<ZoneRow> Zones { get; init; }

    public required IReadOnlyList<StreetRow> Streets { get; init; }

    public required IReadOnlyList<GatewayRow> Gateways { get; init; }

    public required IReadOnlyList<DeviceRow> Devices { get; init; }

    internal sealed record ZoneRow(string Id, string Name, string Kind, string Ward, double Lat, double Lon)
    {
        /// <summary>Null for a zone that is only a point.</summary>
        public Polygon? Boundary { get; init; }

        /// <summary>What the officer on duty does there; null where nobody has written it.</summary>
        public string? Runbook { get; init; }

        public IReadOnlyList<PhoneRow>? Phones { get; init; }
    }

    internal sealed record PhoneRow(string Name, string Phone, string Role);

    /// <summary>A GeoJSON geometry: [longitude, latitude], as RFC 7946 has it and the lines of streets have not.</summary>
    internal sealed record Polygon(string Type, double[][][] Coordinates);

    /// <summary>The points of a street's line are latitude and longitude.</summary>
    internal sealed record StreetRow(string Id, string Name, string Ward, double[][] Line);

    internal sealed record GatewayRow(string Id, string Name, string Street, double Lat, double Lon);

    internal sealed record DeviceRow(
        string Id,
        string Name,
        string Kind,
        string Gateway,
        string? Zone,
        string? Street,
        double Lat,
        double Lon,
        IReadOnlyDictionary<string, double>? Thresholds);

    /// <summary>The registry of a city.</summary>
    public static RegistryFile Of(CityPlan city) => new()
    {
        Zones = [.. city.Areas.Concat(city.Zones).Select(Zone)],
        Streets = [.. city.Streets.Select(s => new StreetRow(s.Id, s.Name, s.Ward, [.. s.Line.Select(p => new[] { p.Lat, p.Lon })]))],
        Gateways = [.. city.Gateways.Select(g => new GatewayRow(g.Id, g.Name, g.Street, g.At.Lat, g.At.Lon))],
        Devices =
        [
            .. city.Devices.Select(d => new DeviceRow(
                d.Id, d.Name, d.Kind, d.Gateway, d.Zone, d.Street, d.At.Lat, d.At.Lon, d.Thresholds.Count == 0 ? null : d.Thresholds)),
        ],
    };

    private static ZoneRow Zone(PlanZone z) => new(z.Id, z.Name, z.Kind, z.Ward, z.At.Lat, z.At.Lon)
    {
        Boundary = z.Boundary.Count == 0 ? null : new Polygon("Polygon", [[.. z.Boundary.Select(p => new[] { p.Lon, p.Lat })]]),
        Runbook = ZoneCards.Runbook(z.Kind, z.Name),
        Phones = ZoneCards.Phones(z.Kind),
    };

    /// <summary>Writes it as UTF-8 JSON.</summary>
    public void Write(Stream to) => JsonSerializer.Serialize(to, this, RegistryJson.Readable.RegistryFile);

    /// <summary>Reads a registry and groups the devices of one kind by gateway, in the file's order.</summary>
    /// <exception cref="JsonException">Not such a file.</exception>
    public static List<(string Client, IReadOnlyList<string> Devices)> DevicesByGateway(string path, string kind)
    {
        using var file = File.OpenRead(path);
        var registry = JsonSerializer.Deserialize(file, RegistryJson.Default.RegistryFile)
            ?? throw new JsonException($"{path}: empty");
        var devices = registry.Devices.Where(d => d.Kind == kind).ToLookup(d => d.Gateway, d => d.Id, StringComparer.Ordinal);
        return [.. registry.Gateways.Select(g => (g.Id, (IReadOnlyList<string>)[.. devices[g.Id]]))];
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RegistryFile))]
internal sealed partial class RegistryJson : JsonSerializerContext
{
    /// <summary>Vietnamese names as letters, not as escapes: the file is for people too.</summary>
    public static RegistryJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
