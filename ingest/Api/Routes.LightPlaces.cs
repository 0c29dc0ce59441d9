namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Lamps by ward, street and group, and what a crew has to mend.</summary>
    private static IReadOnlyList<Route> LightPlaces =>
    [
        new("GET", "/api/v1/lighting/tree", Access.See, LightTreeApi.TreeAsync, "Wards, streets and groups with how their lamps fare.") { Reply = typeof(Lights.LightTree) },
        new("GET", "/api/v1/lighting/map", Access.See, LightTreeApi.MapAsync, "Every lamp in a row of numbers: where it is, how it looks, its level.") { Reply = typeof(Lights.LampMap.LampMapView) },
        new("GET", "/api/v1/lighting/groups", Access.See, LightGroupApi.ListAsync, "Groups of lamps, by id.") { Reply = typeof(LightGroupApi.GroupList) },
        new("GET", "/api/v1/lighting/groups/{id}", Access.See, LightGroupApi.OneAsync, "One group, its members by name.") { Reply = typeof(LightGroupApi.GroupDetail) },
        new("PUT", "/api/v1/lighting/groups/{id}", Access.Light, LightGroupApi.PutAsync, "Make or change a group; If-Match names the revision that was seen.") { Body = typeof(LightGroupApi.GroupBody), Reply = typeof(LightGroupApi.GroupDetail), MaximumBody = o => o.MaximumZone },
        new("DELETE", "/api/v1/lighting/groups/{id}", Access.Light, LightGroupApi.RemoveAsync, "Remove a group that nothing refers to.") { Success = 204 },
        new("GET", "/api/v1/lighting/faults", Access.See, LightFaultApi.OrderAsync, "What a crew has to mend, street by street; kind is a trouble, hours how long it has lasted at least.") { Query = ["ward", "street", "kind", "hours", .. Form], Reply = typeof(Lights.WorkOrder) },
    ];
}
