using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Delivery;

/// <summary>Figures of webhooks for <c>/metrics</c>.</summary>
internal static class DeliveryFigures
{
    public static IEnumerable<MetricSample> Of(IEnumerable<WebhookWorker> workers, DateTimeOffset now)
    {
        foreach (var worker in workers)
        {
            var (progress, label) = (worker.Progress, ("webhook", worker.Hook.Id));
            yield return new("smartcity_webhook_delivered_total", "Events that the receiver took", MetricKind.Counter, progress.Delivered, label);
            yield return new("smartcity_webhook_failures_total", "Tries that failed since the server began", MetricKind.Counter, worker.Failures, label);
            yield return new("smartcity_webhook_lag_events", "Events of the book that the webhook has not come to", MetricKind.Gauge, worker.Lag, label);
            yield return new(
                "smartcity_webhook_failing_seconds", "Since when no try has succeeded; 0 when the last one did", MetricKind.Gauge,
                progress.FailingSince is { } since ? (now - Instant.ToMoment(since)).TotalSeconds : 0, label);
            yield return new("smartcity_webhook_dead_evicted_total", "Dead letters that gave way to younger ones", MetricKind.Counter, progress.Evicted, label);
        }
    }
}
