namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Reports, exports, open data.</summary>
    private static IReadOnlyList<Route> Reports =>
    [
    ];
}
