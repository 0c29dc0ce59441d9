using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>What book, registry, identity and this API count: part of every <c>/metrics</c>.</summary>
internal static class BookFigures
{
    public static async Task<IReadOnlyList<MetricSample>> ReadAsync(ApiServices services, CancellationToken cancel)
    {
        var (book, registry, identity) = (services.Book, services.Book.Registry, services.Identity);
        var samples = new List<MetricSample>();
        try
        {
            foreach (var (severity, state, count) in await book.Alerts.CountOpenAsync(cancel))
            {
                samples.Add(Gauge("alerts_open", "Open alerts", count, ("severity", severity), ("state", state)));
            }
        }
        catch (BookEngineException e) when (e.Fault is BookFault.Away)
        {
            // What is open is not known, and the figure is left out; that the book is away is read in the others.
        }

        foreach (var state in Enum.GetValues<Service>())
        {
            samples.Add(Gauge("registry_devices", "Devices in the registry", registry.Current.Ordered.Count(d => d.State == state), ("state", Word(state))));
        }

        samples.Add(Gauge("registry_gateways", "Gateways in service", registry.Current.Gateways.Values.Count(g => g.State == Service.Active)));
        samples.Add(Count("registry_unknown_refused_total", "Unknown devices turned away", registry.RefusedByCap));
        samples.Add(Count("book_commits_total", "Transactions of the book", book.Store.Writer.Commits));
        samples.Add(Count("book_transitions_total", "Alert transitions that rules brought into the book", book.Transitions));
        samples.Add(Count("book_repeats_total", "Alert transitions that were in the book already", book.Repeats));
        samples.Add(Count("alert_escalations_total", "Levels that alerts rose because nobody acknowledged them", book.Escalation.Levels));
        samples.Add(Count("book_reserve_releases_total", "Times an alarm met a full disk and took the reserve", book.Store.Writer.ReserveReleases));
        samples.Add(Gauge("event_streams", "Streams of events to people and programs", services.Streams.Count));
        samples.Add(Count("event_overflows_total", "Listeners that fell behind and read on from the book", book.Events.Overflows));
        samples.Add(Count("login_failures_total", "Sign-ins that failed", identity.Sessions.Failures));
        samples.Add(Count("identity_untouched_total", "Times of last use that could not be written", identity.Sessions.Untouched + identity.Keys.Untouched));
        samples.Add(Gauge("http_write_bytes", "Memory held by writes over HTTP", services.Writes.Used));
        return samples;
    }

    private static string Word(Service state) => state switch
    {
        Service.Active => "active",
        Service.Decommissioned => "decommissioned",
        _ => "replaced",
    };

    private static MetricSample Count(string name, string help, double value) => new("smartcity_" + name, help, MetricKind.Counter, value);

    private static MetricSample Gauge(string name, string help, double value, params (string, string)[] labels) =>
        new("smartcity_" + name, help, MetricKind.Gauge, value, labels);
}
