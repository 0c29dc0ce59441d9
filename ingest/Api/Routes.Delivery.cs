namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Webhooks, their outbox and dead letters, on-call rotas.</summary>
    private static IReadOnlyList<Route> Delivery =>
    [
    ];
}
