using SmartCity.Ingest.Book;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Peers;
using SmartCity.Ingest.Readers;

namespace SmartCity.Ingest.Serve;

/// <content>What is done because the book is away, or is back.</content>
internal sealed partial class CityEngine
{
    private GatewayDesk? _desk;

    /// <summary>What the rules say while the book is away.</summary>
    public ProvisionalAlerts Provisional { get; private set; } = ProvisionalAlerts.None;

    private void FollowBook(GatewayDesk desk, DeliveryService delivery)
    {
        _desk = desk;
        var watch = Book.Store.Watch;
        watch.Changed += away =>
        {
            if (away)
            {
                ServeLog.BookAway(_logger, watch.Reason ?? "");
            }
            else
            {
                ServeLog.BookBack(_logger);
            }
        };
        Node.LeaderChanged += _ => delivery.Look(changed: false);
        Book.ForeignChange += news =>
        {
            if (news.Has(BookAreas.Webhooks))
            {
                delivery.Look(changed: true);
            }

            return Task.CompletedTask;
        };
    }

    // Never where there is no other server.
    private Task SendTelemetryAwayAsync(PeerExchange others, MqttAdmission admission, TimeProvider time, ILoggerFactory logs) =>
        new TelemetryDoor(() => Book.Store.Watch.IsAway, () => others.AnotherHasBook, admission.Gateways, Close, time, logs.CreateLogger<TelemetryDoor>()).RunAsync(_stop.Token);

    // What gateways said meanwhile, and what they were to be told.
    private Task WhenBackAsync(CancellationToken cancel) => _desk!.BookIsBackAsync(gateway => Node.Holds(gateway, Telemetry.Lane.Telemetry), cancel);
}
