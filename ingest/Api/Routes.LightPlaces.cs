namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Lamps by ward, street and group, and what a crew has to mend.</summary>
    private static IReadOnlyList<Route> LightPlaces =>
    [
    ];
}
