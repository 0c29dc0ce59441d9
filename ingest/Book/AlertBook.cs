using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>Alerts for people and programs: reading, acting, and the stream of events.</summary>
internal sealed class AlertBook(BookStore store, BookEvents events, TimeProvider time)
{
    private const int StepsOfOne = 1000;
    private const int StepsInList = 50;

    /// <summary>A fire or pre-alarm has been seen by a person: (alert, zone, when in ns). Called after the commit, on the writer's thread; must not wait.</summary>
    public Action<string, string?, long>? Acknowledged { get; set; }

    /// <summary>What has just been committed.</summary>
    public BookEvents Events => events;

    /// <summary>A person resolved, reset or closed a fire or pre-alarm: (alert, when). On the writer's thread, after the commit; must be quick.</summary>
    public Action<string, long>? Ended { get; set; }

    /// <summary>One alert with its history, or null.</summary>
    public Task<AlertView?> FindAsync(string id, CancellationToken cancel) => store.ReadAsync(
        sql => sql.Find(id) is { } alert ? AlertView.Of(alert) with { History = sql.Steps(id, StepsOfOne) } : null, cancel);

    /// <summary>Newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="before">Only alerts raised before this event number; <see cref="long.MaxValue"/> for the first page.</param>
    /// <param name="limit">At most this many, 1–500.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>The page, and the number to ask the next page with (null at the end).</returns>
    public Task<(IReadOnlyList<AlertView> Items, long? Next)> ListAsync(AlertFilter filter, long before, int limit, CancellationToken cancel) =>
        store.ReadAsync<(IReadOnlyList<AlertView>, long?)>(
            sql =>
            {
                var page = sql.List(filter, before, limit + 1);
                long? next = page.Count > limit ? page[limit - 1].FirstSequence : null;
                return ([.. page.Take(limit).Select(a => AlertView.Of(a) with { History = sql.Steps(a.Id, StepsInList) })], next);
            },
            cancel);

    /// <summary>How many alerts are open, by severity word and state word: for figures.</summary>
    public Task<IReadOnlyList<(string Severity, string State, long Count)>> CountOpenAsync(CancellationToken cancel) =>
        store.ReadAsync<IReadOnlyList<(string, string, long)>>(
            sql => sql.Query(
                "SELECT severity, state, count(*) FROM alerts WHERE state NOT IN ('resolved', 'closed') GROUP BY severity, state",
                r => (r.GetString(0), r.GetString(1), r.GetInt64(2))),
            cancel);

    /// <summary>Events after a number, in order, at most <paramref name="limit"/>.</summary>
    public Task<List<BookEvent>> EventsAfterAsync(long sequence, int limit, CancellationToken cancel) =>
        store.ReadAsync(sql => sql.EventsAfter(sequence, limit), cancel);

    /// <summary>The number of the last event; 0 when there is none.</summary>
    public Task<long> LastEventAsync(CancellationToken cancel) => store.ReadAsync(sql => sql.Number("SELECT max(seq) FROM transitions") ?? 0, cancel);

    /// <summary>
    /// Open fires and pre-alarms that a person has seen: (alert, zone, when). At start they are told again to the zones, because a crash
    /// may have come between the commit of an acknowledgement and its word to the zone. Bounded as <see cref="EndedFiresAsync"/> is:
    /// zones take some 1,000 words at once.
    /// </summary>
    public Task<IReadOnlyList<(string Alert, string? Zone, long At)>> AcknowledgedOpenAsync(CancellationToken cancel) =>
        store.ReadAsync<IReadOnlyList<(string, string?, long)>>(
            sql => sql.Query(
                """
                SELECT id, zone, acknowledged_at FROM alerts WHERE state NOT IN ('resolved', 'closed') AND acknowledged_at IS NOT NULL
                  AND kind IN ('fire', 'fire-prealarm') ORDER BY first_seq DESC LIMIT 500
                """,
                r => (r.GetString(0), r.Text(1), r.GetInt64(2))),
            cancel);

    /// <summary>
    /// The newest alerts that only a person ends, and that one has ended: (alert, when). Told to the zones again at start, for the
    /// same reason as <see cref="AcknowledgedOpenAsync"/>. Bounded: a zone has one such alert at a time, and the newest are the ones it may know.
    /// </summary>
    public Task<IReadOnlyList<(string Alert, long At)>> EndedFiresAsync(CancellationToken cancel) =>
        store.ReadAsync<IReadOnlyList<(string, long)>>(
            sql => sql.Query(
                """
                SELECT a.id, max(t.recorded_at) FROM alerts a JOIN transitions t ON t.alert = a.id AND t.what IN ('resolved', 'closed', 'reset')
                WHERE a.state IN ('resolved', 'closed') AND a.kind IN ('fire', 'fire-prealarm') GROUP BY a.id ORDER BY a.last_seq DESC LIMIT 500
                """,
                r => (r.GetString(0), r.GetInt64(1))),
            cancel);

    /// <summary>What people did to fires and pre-alarms after a number, in order: (number, alert, whether it ended it, when). For the zones of a server that did not take the act itself.</summary>
    public Task<IReadOnlyList<(long Sequence, string Alert, bool Ends, long At)>> WordsToZonesAsync(long after, int limit, CancellationToken cancel) =>
        store.ReadAsync<IReadOnlyList<(long, string, bool, long)>>(
            sql => sql.Query(
                """
                SELECT seq, alert, what, at FROM transitions WHERE seq > $1 AND who IS NOT NULL AND kind IN ('fire', 'fire-prealarm')
                  AND what IN ('acknowledged', 'in-progress', 'siren-silenced', 'resolved', 'closed', 'reset') ORDER BY seq LIMIT $2
                """,
                r => (r.GetInt64(0), r.GetString(1), r.GetString(2) is "resolved" or "closed" or "reset", r.GetInt64(3)),
                after,
                limit),
            cancel);

    /// <summary>A person acknowledges alerts that wait, within a transaction.</summary>
    public void Acknowledge(BookTransaction transaction, IReadOnlyList<AlertRecord> waiting, string who, string? note)
    {
        var now = time.Nanoseconds();
        foreach (var alert in waiting)
        {
            if (AlertActs.Move(alert, AlertAct.Acknowledge, who, null, now) is var (after, what))
            {
                Save(transaction, alert, after, new AlertStep(what, Instant.ToMoment(now), who, note, 0), now);
            }
        }
    }

    /// <summary>An act that needs no words but a note and an assignee, see <see cref="ActAsync(string, long, ActOrder, CancellationToken)"/>.</summary>
    public Task<ActResult> ActAsync(
        string id, AlertAct act, long revision, string who, Func<AlertRecord, bool> may, string? note, string? assignee, CancellationToken cancel) =>
        ActAsync(id, revision, new ActOrder(act, who, may) { Note = note, Assignee = assignee }, cancel);

    /// <summary>A person's act on an alert they saw at <paramref name="revision"/>.</summary>
    /// <param name="id">The alert.</param>
    /// <param name="revision">The revision they saw.</param>
    /// <param name="order">What they want.</param>
    /// <param name="cancel">Stops waiting for the turn; an act that has begun is finished.</param>
    public Task<ActResult> ActAsync(string id, long revision, ActOrder order, CancellationToken cancel) => store.WriteAsync(
        transaction => Act(transaction, id, revision, order),
        cancel,

        // An officer's act belongs to the alarm: it goes before imports, and it may use the reserve of a full disk.
        WritePriority.Alarm);

    private ActResult Act(BookTransaction transaction, string id, long revision, ActOrder order)
    {
        var sql = transaction.Sql;
        if (sql.Find(id) is not { } alert)
        {
            return new ActResult.Missing();
        }

        if (!order.May(alert))
        {
            return new ActResult.Forbidden();
        }

        if (alert.Revision != revision)
        {
            return new ActResult.Conflict(alert, sql.FirstAfter(id, revision), "The alert has changed since you saw it.");
        }

        var now = time.Nanoseconds();
        if (AlertActs.Move(alert, order.Act, order.Who, order.Assignee, now) is not var (after, what))
        {
            return new ActResult.Conflict(alert, sql.LastOf(id, alert.State.Word()), $"An alert that is {alert.State.Word()} does not allow this.");
        }

        if (CauseFault(alert, order) is { } fault)
        {
            return new ActResult.Bad(fault);
        }

        var sirens = order.Act == AlertAct.Silence ? order.Sirens(alert) : [];
        if (order.Act == AlertAct.Silence && sirens.Count == 0)
        {
            return new ActResult.Conflict(alert, null, "No gateway has a fire device of this zone: there is no siren to silence.");
        }

        var words = order.Act == AlertAct.Assign ? string.Join(": ", new[] { order.Assignee ?? "nobody", order.Note }.Where(w => w is not null)) : order.Note;
        var saved = Save(
            transaction, alert, after with { Cause = order.Cause ?? after.Cause }, new AlertStep(what, Instant.ToMoment(now), order.Who, words, 0), now);
        if (order.Act is AlertAct.Resolve or AlertAct.Close or AlertAct.Reset && AlertCategory.IsFire(saved.Kind))
        {
            transaction.AfterCommit(() => Ended?.Invoke(saved.Id, now));
        }

        // Stored with the step: a server that dies now sends them when the gateways are back.
        var commands = sirens.Select(s => CommandBook.Add(
            transaction, s.Id, s.Gateway!, JsonElement.Parse("""{"type":"silence-siren"}"""), order.CommandLife, order.Who, time.GetUtcNow())).ToList();
        return new ActResult.Done(saved, sql.Steps(id, StepsOfOne)) { Commands = commands };
    }

    private static string? CauseFault(AlertRecord alert, ActOrder order)
    {
        var causes = AlertCauses.For(alert.Kind);
        return order switch
        {
            { Act: not AlertAct.Close, Cause: not null } => "\"cause\" is said when an alert is closed.",
            { Act: AlertAct.Close, Cause: null } when AlertCauses.IsRequired(alert.Kind) => $"Closing a {alert.Kind} needs a \"cause\": one of {string.Join(", ", causes)}.",
            { Cause: { } cause } when !causes.Contains(cause, StringComparer.Ordinal) => $"\"cause\" is one of {string.Join(", ", causes)}.",
            _ => null,
        };
    }

    private AlertRecord Save(BookTransaction transaction, AlertRecord before, AlertRecord after, AlertStep step, long now)
    {
        var saved = AlertTables.Save(transaction, after, FormattableString.Invariant($"act:{before.Revision + 1}"), step, now, events);
        if (before.AcknowledgedAt is null && saved.AcknowledgedAt is { } at && AlertCategory.IsFire(saved.Kind))
        {
            transaction.AfterCommit(() => Acknowledged?.Invoke(saved.Id, saved.Zone, at));
        }

        return saved;
    }
}
