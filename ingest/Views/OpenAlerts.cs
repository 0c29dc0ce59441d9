using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>What is open, by device and by burning zone, as of one event of the book.</summary>
/// <param name="LastEvent">The book's last event then; nothing open changes without another.</param>
/// <param name="Devices">Worst look of each device that has an open alert, or that an open fire of its zone has named.</param>
/// <param name="Zones">Worst look of each zone with an open fire that names no device: then it is shown on everything that stands in it.</param>
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
            foreach (var (id, device, zone, kind, severity, test) in sql.Query(
                "SELECT id, device, zone, kind, severity, test FROM alerts WHERE state NOT IN ('resolved', 'closed')",
                r => (Id: r.GetString(0), Device: r.Text(1), Zone: r.Text(2), Kind: r.GetString(3), Severity: r.GetString(4), Test: r.Flag(5))))
            {
                var look = MapStates.Of(Enum.Parse<Severity>(severity, ignoreCase: true), test);
                Add(devices, device, look);
                if (kind is "fire" or "fire-prealarm")
                {
                    Fire(sql, id, device, zone, look);
                }
            }

            return new OpenAlerts(last, devices, zones);

            // Which detectors speak is what an officer must see: the others of the zone keep their own colour.
            void Fire(SqlSession from, string alert, string? device, string? zone, MapState look)
            {
                var named = from.Query("SELECT DISTINCT device FROM transitions WHERE alert = $1 AND device IS NOT NULL LIMIT 1000", r => r.GetString(0), alert);
                named.ForEach(one => Add(devices, one, look));
                Add(zones, device is null && named.Count == 0 ? zone : null, look);
            }
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
