using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>The registry beyond one row: GeoJSON, wards and zones with their cards.</summary>
    private static IReadOnlyList<Route> RegistryMore =>
    [
        new("PUT", "/api/v1/zones/{id}/card", Access.Card, PlaceApi.PutCardAsync, "A zone's runbook and telephone numbers.") { Body = typeof(ZoneCard), Reply = typeof(ZoneRow) },
        new("POST", "/api/v1/users/{id}/code", Access.Admin, PeopleApi.WallCodeAsync, "A one-time code that signs a wall display in.") { Reply = typeof(PeopleApi.WallCode), Success = 201 },
    ];
}
