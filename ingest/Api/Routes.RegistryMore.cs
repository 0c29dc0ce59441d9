namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>The registry beyond one row: GeoJSON, wards and zones with their cards.</summary>
    private static IReadOnlyList<Route> RegistryMore =>
    [
    ];
}
