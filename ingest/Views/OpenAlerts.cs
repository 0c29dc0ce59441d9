using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>What is open, by device and by burning zone, as of one event of the book.</summary>
/// <param name="LastEvent">The book's last event then; nothing open changes without another.</param>
/// <param name="Devices">Worst look of each device that has an open alert.</param>
/// <param name="Zones">Worst look of each zone with an open fire or pre-alarm: it is shown on everything that stands in it.</param>
internal sealed record OpenAlerts(long LastEvent, IReadOnlyDictionary<string, MapState> Devices, IReadOnlyDictionary<string, MapState> Zones)
{
    public static OpenAlerts None { get; } = new(-1, new Dictionary<string, MapState>(), new Dictionary<string, MapState>());

    /// <summary>Reads them, unless nothing has happened since <paramref name="before"/>.</summary>
    public static Task<OpenAlerts> ReadAsync(BookStore store, OpenAlerts before, CancellationToken cancel) => store.ReadAsync(
        sql =>
        {
            var last = sql.Number("SELECT max(seq) FROM transitions") ?? 0;
            if (last == before.LastEvent)
            {
                return before;
            }

            var devices = new Dictionary<string, MapState>(StringComparer.Ordinal);
            var zones = new Dictionary<string, MapState>(StringComparer.Ordinal);
            foreach (var (device, zone, kind, severity, test) in sql.Query(
                "SELECT device, zone, kind, severity, test FROM alerts WHERE state NOT IN ('resolved', 'closed')",
                r => (Device: r.Text(0), Zone: r.Text(1), Kind: r.GetString(2), Severity: r.GetString(3), Test: r.Flag(4))))
            {
                var look = MapStates.Of(Enum.Parse<Severity>(severity, ignoreCase: true), test);
                Add(devices, device, look);
                Add(zones, kind is "fire" or "fire-prealarm" ? zone : null, look);
            }

            return new OpenAlerts(last, devices, zones);
        },
        cancel);

    private static void Add(Dictionary<string, MapState> to, string? key, MapState look)
    {
        if (key is not null)
        {
            to[key] = to.TryGetValue(key, out var known) ? MapStates.Worse(known, look) : look;
        }
    }
}
