using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>What the console draws: the city at a glance, gauges, air, health.</summary>
    private static IReadOnlyList<Route> Views =>
    [
        new("GET", "/api/v1/map", Access.See, MapApi.MapAsync, "Every device in service: where it is and how it looks; with since only what changed.") { Query = ["since"], Reply = typeof(MapApi.MapView) },
        new("GET", "/api/v1/areas", Access.See, MapApi.AreasAsync, "Streets, zones and gateways as GeoJSON."),
        new("GET", "/api/v1/console-settings", Access.See, MapApi.SettingsAsync, "What the city has set for the console: a style of its own for the map, or none.") { Reply = typeof(MapApi.ConsoleSettings) },
        new("GET", "/api/v1/kinds", Access.See, KindApi.ListAsync, "Kinds of device: what they measure and how they are judged.") { Reply = typeof(KindApi.KindsView) },
        new("GET", "/api/v1/flood", Access.See, ViewApi.FloodAsync, "River gauges beside their alarm levels, trend, time to the next level.") { Reply = typeof(ViewApi.FloodList) },
        new("GET", "/api/v1/air", Access.See, ViewApi.AirAsync, "Stations by VN_AQI, and its bands.") { Reply = typeof(ViewApi.AirList) },
        new("GET", "/api/v1/air/{id}", Access.See, ViewApi.AirHoursAsync, "A station's VN_AQI hour by hour, from history.") { Query = ["hours"], Reply = typeof(ViewApi.HourList) },
        new("GET", "/api/v1/status", Access.See, ViewApi.StatusAsync, "How the server, its readers and the gateways fare.") { Reply = typeof(ServerStatus) },
        new("GET", "/api/v1/servers", Access.See, ViewApi.ServersAsync, "The servers of the city: who is there, who leads, what each holds and how it fares.") { Reply = typeof(Peers.ServersView) },
        new("GET", "/api/v1/audit", Access.Record, ViewApi.AuditAsync, "Who changed what, newest first.") { Query = ["target", .. Paging], Reply = typeof(Page<Book.AuditEntry>) },
    ];
}
