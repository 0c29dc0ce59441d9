namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Orders for lamps, and what each lamp really does.</summary>
    private static IReadOnlyList<Route> LightOrders =>
    [
    ];
}
