namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Incidents, maintenance windows, escalation, shifts: what an alert goes through.</summary>
    private static IReadOnlyList<Route> Lifecycle =>
    [
    ];
}
