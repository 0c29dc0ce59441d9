namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>CAP 1.2.</summary>
    private static IReadOnlyList<Route> Cap =>
    [
    ];
}
