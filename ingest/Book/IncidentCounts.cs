using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>
/// The incidents that one transaction touches: each is read once, counted in memory, and written once at the end, so that a storm of
/// 500 alerts in one commit costs one row of the table and not 500. On the writer's thread, in front of an alarm's PUBACK.
/// </summary>
internal sealed class IncidentCounts(SqlSession sql)
{
    /// <summary>A further alert this long after the last one belongs to the same incident, also when that was resolved meanwhile.</summary>
    public static readonly TimeSpan Together = TimeSpan.FromMinutes(30);

    private readonly Dictionary<string, Draft> _drafts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Place, string Category), string> _newest = [];

    /// <summary>
    /// The incident that a new alert joins: the newest of its place and category when that has open alerts or had its last one within
    /// <see cref="Together"/>, else a new one.
    /// </summary>
    /// <param name="place">See <see cref="AlertPlace.Key"/>.</param>
    /// <param name="category">See <see cref="AlertCategory"/>.</param>
    /// <param name="zone">The zone, when the place is one.</param>
    /// <param name="alert">The alert's id: a new incident's too.</param>
    /// <param name="now">By the book's clock, ns.</param>
    public string Join(string place, string category, string? zone, string alert, long now)
    {
        if (Newest(place, category) is { } newest && (newest.Now.Open > 0 || now - newest.Now.LastAt <= Instant.Of(Together)))
        {
            return newest.Now.Id;
        }

        _drafts[alert] = new Draft(new IncidentRecord { Id = alert, Place = place, Category = category, Zone = zone, OpenedAt = now, LastAt = now });
        _newest[(place, category)] = alert;
        return alert;
    }

    /// <summary>Counts one step of an alert of it.</summary>
    /// <param name="alert">The alert after the step, still with what it was before.</param>
    /// <param name="step">The step.</param>
    /// <param name="waits">With it the alert began to wait for somebody.</param>
    /// <param name="at">When, by the book's clock, ns.</param>
    public void Count(AlertRecord alert, AlertStep step, bool waits, long at)
    {
        if (Find(alert.Incident!) is not { } draft)
        {
            return;
        }

        var was = alert.Was is { Incident: not null } before ? before : null;
        var now = draft.Now;
        draft.Now = now with
        {
            Alerts = now.Alerts + (was is null ? 1 : 0),
            Open = now.Open + One(alert.IsOpen) - One(was is not null && was.State is AlertState.Raised or AlertState.Acknowledged or AlertState.InProgress),
            Waiting = now.Waiting + One(alert.State == AlertState.Raised) - One(was?.State == AlertState.Raised),
            Live = now.Live + One(alert.Occasion is null) - One(was is { Occasion: null }),
            Devices = now.Devices + (step.Device is { } device && draft.Heard.Add(device)
                ? sql.Execute("INSERT INTO incident_devices(incident, device) VALUES ($1, $2) ON CONFLICT DO NOTHING", now.Id, device)
                : 0),
            Escalation = Math.Max(now.Escalation, alert.Escalation),
            FirstSequence = now.FirstSequence == 0 ? alert.LastSequence : now.FirstSequence,
            RaisedSequence = waits || now.RaisedSequence == 0 ? alert.LastSequence : now.RaisedSequence,
            LastAt = waits ? at : now.LastAt,
            Revision = alert.LastSequence,
        };
        draft.At = at;
        if (was is null)
        {
            draft.Kinds[alert.Kind] = draft.Kinds.GetValueOrDefault(alert.Kind) + 1;
        }
    }

    /// <summary>Writes them. Once, at the end of the transaction, when its alerts are in the tables.</summary>
    public void Write()
    {
        foreach (var draft in _drafts.Values)
        {
            if (draft.Now.Revision == draft.Before)
            {
                continue;
            }

            var open = draft.Now.Open > 0;
            IncidentTables.Write(sql, draft.Now with
            {
                Rank = Rank(draft.Now.Id, open),
                ClosedAt = open ? null : draft.Now.ClosedAt ?? draft.At,
                Escalation = draft.Now.Waiting > 0 ? draft.Now.Escalation : 0,
            });
            foreach (var (kind, count) in draft.Kinds)
            {
                sql.Execute(
                    "INSERT INTO incident_kinds(incident, kind, count) VALUES ($1, $2, $3) ON CONFLICT(incident, kind) DO UPDATE SET count = incident_kinds.count + $3",
                    draft.Now.Id, kind, count);
            }
        }
    }

    private static long One(bool yes) => yes ? 1 : 0;

    // The worst of those that wait and the worst of those that somebody has seen: two looks into one index.
    private int Rank(string incident, bool open)
    {
        const string Least = "SELECT min(urgency) FROM alerts WHERE incident = $1 AND urgency >= $2 AND urgency < $3";
        return open
            ? Math.Max(Of(sql.Number(Least, incident, 0L, AlertUrgency.Seen)), Of(sql.Number(Least, incident, AlertUrgency.Seen, AlertUrgency.Done)))
            : Of(sql.Number(Least, incident, AlertUrgency.Done, long.MaxValue));

        static int Of(long? urgency) => urgency is { } known ? AlertUrgency.Rank(known) : 0;
    }

    private Draft? Newest(string place, string category)
    {
        if (_newest.TryGetValue((place, category), out var id))
        {
            return _drafts[id];
        }

        if (sql.NewestIncident(place, category) is not { } found)
        {
            return null;
        }

        _newest[(place, category)] = found.Id;
        return Find(found.Id) ?? Keep(found);
    }

    private Draft? Find(string id) => _drafts.TryGetValue(id, out var draft) ? draft : sql.FindIncident(id) is { } found ? Keep(found) : null;

    private Draft Keep(IncidentRecord found) => _drafts[found.Id] = new Draft(found);

    private sealed class Draft(IncidentRecord found)
    {
        public long Before { get; } = found.Revision;

        public IncidentRecord Now { get; set; } = found;

        public long At { get; set; }

        public Dictionary<string, long> Kinds { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Heard { get; } = new(StringComparer.Ordinal);
    }
}
