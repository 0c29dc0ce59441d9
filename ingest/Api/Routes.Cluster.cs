namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    private static IReadOnlyList<Route> Cluster =>
    [
        new("GET", "/api/v1/cluster", Access.See, ClusterApi.GetAsync, "Servers of the city: who is there, who leads, who holds how many gateways.") { Reply = typeof(ClusterApi.ClusterView) },
        new("POST", "/api/v1/drain", Access.Admin, ClusterApi.DrainAsync, "A server gives its gateways to the others, so that it may be stopped.") { Body = typeof(ClusterApi.DrainBody), Reply = typeof(ClusterApi.ClusterView) },
    ];
}
