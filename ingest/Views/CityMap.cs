using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>
/// The map of all devices, computed at most once a second whoever asks and however many, and not at all while nobody does. Its memory
/// is one frame: the version at which a row last changed stands in the row, so any number of versions can be asked for.
/// </summary>
internal sealed class CityMap
{
    private readonly ApiServices _services;
    private readonly OncePer<MapFrame> _frame;

    public CityMap(ApiServices services)
    {
        _services = services;
        _frame = new(services.Time, TimeSpan.FromSeconds(1), async (before, cancel) =>
        {
            await services.Fresh(cancel);
            return Make(before, await LastKnown.OrAsync(OpenAlerts.ReadAsync(services.Book.Store, before?.Alerts ?? OpenAlerts.None, cancel), before?.Alerts));
        });
    }

    /// <summary>Frames computed so far.</summary>
    public long Computed => _frame.Computed;

    /// <summary>The newest frame, at most a second old.</summary>
    public ValueTask<MapFrame> CurrentAsync(CancellationToken cancel) => _frame.GetAsync(cancel);

    private MapFrame Make(MapFrame? before, OpenAlerts alerts)
    {
        var registry = _services.Book.Registry.Current;
        var layout = before is not null && ReferenceEquals(before.Layout.Registry, registry) ? before.Layout : MapLayout.Of(registry, _services.Kinds);
        var continues = before is not null && (ReferenceEquals(layout, before.Layout) || layout.Continues(before.Layout));
        var next = before is null ? Peers.FrameVersions.First() : before.Version + 1;
        var now = Instant.From(_services.Time.GetUtcNow());
        var rows = new MapRow[layout.Places.Length];
        var changed = !continues;
        var old = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var place = ref layout.Places[i];

            // Both are in order of ids.
            while (old < (before?.Rows.Length ?? 0) && string.CompareOrdinal(before!.Rows[old].Id, place.Id) < 0)
            {
                old++;
            }

            var last = old < (before?.Rows.Length ?? 0) && before!.Rows[old].Id == place.Id ? before.Rows[old] : (MapRow?)null;
            var row = Judge(layout, place, last?.LastSeen ?? 0, alerts, now, next);
            if (last?.LooksLike(row) == true)
            {
                row = row with { ChangedAt = last.Value.ChangedAt };
            }

            changed |= row.ChangedAt == next;
            rows[i] = row;
        }

        var version = changed || before is null ? next : before.Version;
        return new MapFrame
        {
            Version = version,
            Since = continues ? before!.Since : version,
            Layout = layout,
            Alerts = alerts,
            Rows = rows,
        };
    }

    // While a device passes from one server to another, neither may say when it was heard: then it was heard when it was.
    private MapRow Judge(MapLayout layout, in MapPlace place, long last, OpenAlerts alerts, long now, long version)
    {
        var measured = _services.Heard(place.Id)?.Measured ?? last * 1_000_000;
        var state = MapStates.OfSilence(measured, place.Interval, now);
        if (state is MapState.Stale or MapState.Never && layout.Registry.Devices.Find(place.Id)?.Row is { } device && _services.Unanswered(device) is not null)
        {
            state = MapState.Unknown;
        }

        if (alerts.Devices.TryGetValue(place.Id, out var own))
        {
            state = MapStates.Worse(state, own);
        }

        if (place.Zone >= 0 && alerts.Zones.TryGetValue(layout.Zones[place.Zone], out var zone))
        {
            state = MapStates.Worse(state, zone);
        }

        return new MapRow(place.Id, place.Kind, place.Lat, place.Lon, state, measured / 1_000_000, place.Zone, version);
    }
}
