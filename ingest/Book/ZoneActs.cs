using System.Collections.Immutable;
using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>What officers last said of a fire zone, for its gateways. The marks are stamps of the gateways, so that a gateway can tell what an act was about
/// by its own clock: an acknowledgement's is the onset of the pre-alarm, a reset's the beginning of the newest thing that the book had heard. Every mark is
/// later than those before it, so that each act is told from the last.</summary>
/// <param name="Acknowledged">Mark of the last acknowledgement, Unix ns; 0 = none.</param>
/// <param name="Reset">Mark of the last reset, Unix ns; 0 = none.</param>
/// <param name="Sequence">Number of the event by which it came.</param>
internal readonly record struct ZoneAct(long Acknowledged, long Reset, long Sequence);

/// <summary>The acts of all zones: read from memory, written where an alert's step is written.</summary>
internal sealed class ZoneActs
{
    /// <summary>A document's times have no finer step.</summary>
    private const long Step = TimeSpan.NanosecondsPerTick;

    /// <summary>A stamp that is further ahead says nothing of when it was: the time of the act stands in its place.</summary>
    private const long MostAhead = 300_000_000_000;

    private readonly BookStore _store;
    private readonly Lock _gate = new();
    private long _read;
    private volatile Table _table = Table.Empty;

    public ZoneActs(BookStore store, BookEvents events)
    {
        _store = store;
        events.ZoneActed = Acted;
    }

    /// <summary>A zone's gateways have something new to hear: its place. After the commit, on any thread; must not wait.</summary>
    public Action<string>? Changed { get; set; }

    /// <summary>Number of the last act's event; 0 when there was none. It only grows.</summary>
    public long Sequence => _table.Sequence;

    /// <summary>What was last said of a place: <c>zone/ID</c>, or <c>device/ID</c> of a fire device without a zone.</summary>
    public ZoneAct? Find(string place) => _table.Acts.TryGetValue(place, out var act) ? act : null;

    /// <summary>All that was last said, with the number that goes with it.</summary>
    public (IReadOnlyDictionary<string, ZoneAct> Acts, long Sequence) All
    {
        get
        {
            var table = _table;
            return (table.Acts, table.Sequence);
        }
    }

    /// <summary>Reads what the book has beyond what is known: at start, and when another process has written.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        // Numbers rise in the order of commits: nothing below what was read can come later.
        var after = Volatile.Read(ref _read);
        var acts = await _store.ReadAsync(
            sql => sql.Query("SELECT place, acknowledged, reset, seq FROM zone_acts WHERE seq > $1", r => KeyValuePair.Create(r.GetString(0), new ZoneAct(r.GetInt64(1), r.GetInt64(2), r.GetInt64(3))), after),
            cancel);
        List<string> news;
        lock (_gate)
        {
            // What was committed while this was read is newer than what was read.
            news = [.. acts.Where(act => !(_table.Acts.TryGetValue(act.Key, out var known) && known.Sequence >= act.Value.Sequence)).Select(act => act.Key)];
            _table = acts.Where(act => news.Contains(act.Key)).Aggregate(_table, (table, act) => table.With(act.Key, act.Value));
            _read = Math.Max(_read, acts.Select(act => act.Value.Sequence).DefaultIfEmpty().Max());
        }

        news.ForEach(place => Changed?.Invoke(place));
    }

    /// <summary>Keeps a person's step on a fire alert if the zone's gateways must hear of it. In the transaction that writes the step.</summary>
    public static void Keep(BookTransaction transaction, AlertRecord alert, AlertStep step, long recordedAt, BookEvents events)
    {
        if (step.Who is null || alert.Kind is not ("fire" or "fire-prealarm") || (alert.Zone ?? alert.Device) is not { } id)
        {
            return;
        }

        var place = alert.Zone is null ? $"device/{id}" : $"zone/{id}";
        var sql = transaction.Sql;
        var old = sql.Query("SELECT acknowledged, reset, seq FROM zone_acts WHERE place = $1", r => new ZoneAct(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), place) is [var known] ? known : default;
        var after = Math.Max(old.Acknowledged, old.Reset) + Step;
        ZoneAct act;
        switch (step.What)
        {
            case "acknowledged" or "in-progress" or "siren-silenced" when alert.Kind == "fire-prealarm":
                act = old with { Acknowledged = Math.Max(Believed(alert.MeasuredAt), after) };
                break;
            case "resolved" or "reset":
            case "closed" when alert.Was?.State is AlertState.Raised or AlertState.Acknowledged or AlertState.InProgress: // filing what had ended says nothing
                var newest = sql.Number("SELECT max(at) FROM transitions WHERE alert = $1 AND who IS NULL AND what IN ('raised', 'updated', 'reopened')", alert.Id);
                act = old with { Reset = Math.Max(Believed(newest ?? alert.MeasuredAt), after) };
                break;
            default:
                return;
        }

        act = act with { Sequence = alert.LastSequence };
        sql.Execute(
            """
            INSERT INTO zone_acts(place, acknowledged, reset, seq) VALUES ($1, $2, $3, $4)
            ON CONFLICT(place) DO UPDATE SET acknowledged = $2, reset = $3, seq = $4
            """, place, act.Acknowledged, act.Reset, act.Sequence);
        transaction.AfterCommit(() => events.ZoneActed?.Invoke(place, act));

        long Believed(long stamp) => stamp <= recordedAt + MostAhead ? stamp : recordedAt;
    }

    private void Acted(string place, ZoneAct act)
    {
        lock (_gate)
        {
            _table = _table.With(place, act);
        }

        Changed?.Invoke(place);
    }

    private sealed record Table(ImmutableDictionary<string, ZoneAct> Acts, long Sequence)
    {
        public static Table Empty { get; } = new(ImmutableDictionary.Create<string, ZoneAct>(StringComparer.Ordinal), 0);

        public Table With(string place, ZoneAct act) => new(Acts.SetItem(place, act), Math.Max(Sequence, act.Sequence));
    }
}
