namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>What the lamps burnt, and what dimming saved.</summary>
    private static IReadOnlyList<Route> LightEnergy =>
    [
    ];
}
