namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>What the console draws: the city at a glance, gauges, air, health.</summary>
    private static IReadOnlyList<Route> Views =>
    [
    ];
}
