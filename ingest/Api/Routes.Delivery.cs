using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.OnCall;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Webhooks, their outbox and dead letters, on-call rotas.</summary>
    private static IReadOnlyList<Route> Delivery =>
    [
        new("GET", "/api/v1/webhooks", Access.Admin, WebhookApi.ListAsync, "Webhooks, and how each fares.") { Reply = typeof(Page<WebhookApi.HookView>) },
        new("POST", "/api/v1/webhooks", Access.Admin, WebhookApi.AddAsync, "Make a webhook; its secret is shown once.") { Body = typeof(WebhookApi.HookBody), Reply = typeof(WebhookApi.HookMade), Success = 201 },
        new("GET", "/api/v1/webhooks/{id}", Access.Admin, WebhookApi.OneAsync, "One webhook.") { Reply = typeof(WebhookApi.HookView) },
        new("PUT", "/api/v1/webhooks/{id}", Access.Admin, WebhookApi.PutAsync, "Change a webhook; one that is switched on begins with the next event.") { Body = typeof(WebhookApi.HookBody), Reply = typeof(WebhookApi.HookView) },
        new("DELETE", "/api/v1/webhooks/{id}", Access.Admin, WebhookApi.RemoveAsync, "Remove a webhook with its dead letters.") { Success = 204 },
        new("POST", "/api/v1/webhooks/{id}/secret", Access.Admin, WebhookApi.SecretAsync, "A new secret, shown once; the old one signs beside it for a day.") { Reply = typeof(WebhookApi.SecretView) },
        new("POST", "/api/v1/webhooks/{id}/test", Access.Admin, WebhookApi.TestAsync, "Send a trial now, and say how it ended.") { Reply = typeof(WebhookApi.TestView) },
        new("GET", "/api/v1/webhooks/{id}/deliveries", Access.Admin, WebhookApi.DeliveriesAsync, "Dead letters, and what waits.") { Query = ["state", .. Paging], Reply = typeof(Page<DeliveryRow>) },
        new("POST", "/api/v1/webhooks/{id}/deliveries/{n}/retry", Access.Admin, WebhookApi.RetryAsync, "Try a dead letter again; \"all\" for every one.") { Reply = typeof(WebhookApi.RetryView), Success = 202 },
        new("GET", "/api/v1/rotas", Access.OnCall, RotaApi.ListAsync, "On-call rotas, and who is on duty.") { Reply = typeof(Page<RotaApi.RotaView>) },
        new("GET", "/api/v1/rotas/{id}", Access.OnCall, RotaApi.OneAsync, "One rota.") { Reply = typeof(RotaApi.RotaView) },
        new("GET", "/api/v1/rotas/{id}/turns", Access.OnCall, RotaApi.TurnsAsync, "Who is on duty when; a week from now unless said.") { Query = ["from", "to"], Reply = typeof(Page<RotaTurn>) },
        new("PUT", "/api/v1/rotas/{id}", Access.Admin, RotaApi.PutAsync, "Make or change a rota.") { Body = typeof(RotaApi.RotaBody), Reply = typeof(RotaApi.RotaView) },
        new("DELETE", "/api/v1/rotas/{id}", Access.Admin, RotaApi.RemoveAsync, "Remove a rota.") { Success = 204 },
    ];
}
