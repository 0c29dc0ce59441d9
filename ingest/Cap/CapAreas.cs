using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cap;

/// <summary>A zone's place for a message, from the registry as it is now.</summary>
internal static class CapAreas
{
    /// <summary>Null when the registry does not know the zone.</summary>
    public static CapArea? Of(RegistrySnapshot registry, string? zone) =>
        zone is not null && registry.Zones.TryGetValue(zone, out var row)
            ? new CapArea(string.Join(", ", new[] { row.Name ?? row.Id, row.Ward }.Where(w => !string.IsNullOrWhiteSpace(w))),
                [.. (row.Boundary?.Polygons ?? []).Select(Outer)])
            : null;

    // CAP's polygons have no holes; a hole within a zone in danger is in danger too.
    private static IReadOnlyList<(double Lat, double Lon)> Outer(double[][][] polygon) => [.. polygon[0].Select(point => (point[1], point[0]))];
}
