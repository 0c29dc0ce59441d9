using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>Rules of the open alerts of each lamp, as of one event of the book.</summary>
internal sealed class OpenLampFaults
{
    private static readonly IReadOnlyList<string> Nothing = [];

    private readonly long _lastEvent;
    private readonly Dictionary<string, IReadOnlyList<string>> _ofDevice;

    private OpenLampFaults(long lastEvent, Dictionary<string, IReadOnlyList<string>> ofDevice)
    {
        _lastEvent = lastEvent;
        _ofDevice = ofDevice;
    }

    /// <summary>Nothing is open.</summary>
    public static OpenLampFaults None { get; } = new(-1, new(StringComparer.Ordinal));

    /// <summary>Rules of a device's open alerts, by name.</summary>
    public IReadOnlyList<string> Of(string device) => _ofDevice.GetValueOrDefault(device, Nothing);

    /// <summary>Reads them, unless nothing has happened since <paramref name="before"/>.</summary>
    public static Task<OpenLampFaults> ReadAsync(BookStore store, OpenLampFaults before, CancellationToken cancel) => store.ReadAsync(
        sql =>
        {
            var last = sql.Number("SELECT max(seq) FROM transitions") ?? 0;
            return last == before._lastEvent
                ? before
                : new OpenLampFaults(
                    last,
                    sql.Query(
                            "SELECT device, rule FROM alerts WHERE state NOT IN ('resolved', 'closed') AND device IS NOT NULL AND rule IS NOT NULL",
                            r => (Device: r.GetString(0), Rule: r.GetString(1)))
                        .GroupBy(r => r.Device, r => r.Rule, StringComparer.Ordinal)
                        .ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], StringComparer.Ordinal));
        },
        cancel);
}
