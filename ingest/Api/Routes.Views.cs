using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>What the console draws: the city at a glance, gauges, air, health.</summary>
    private static IReadOnlyList<Route> Views =>
    [
        new("GET", "/api/v1/map", Access.See, MapApi.MapAsync, "Every device in service: where it is and how it looks; with since only what changed.") { Query = ["since"], Reply = typeof(MapApi.MapView) },
        new("GET", "/api/v1/areas", Access.See, MapApi.AreasAsync, "Streets, zones and gateways as GeoJSON."),
    ];
}
