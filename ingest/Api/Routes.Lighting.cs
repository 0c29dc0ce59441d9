namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Programmes, calendars, holidays, settings, and what a lamp will do by them.</summary>
    private static IReadOnlyList<Route> Lighting =>
    [
    ];
}
