using System.Text.Json;
using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>How an edit of the rules ended.</summary>
internal abstract record EscalationResult
{
    internal sealed record Done(EscalationRules Rules) : EscalationResult;

    /// <summary>Somebody has changed them since.</summary>
    internal sealed record Conflict(EscalationRules Rules, string By, DateTimeOffset At) : EscalationResult;

    /// <summary>There is no such rota.</summary>
    internal sealed record NoRota(string Rota) : EscalationResult;
}

/// <summary>
/// Escalation: an alert that nobody acknowledges is passed on, and again, until somebody does. Each level is a step of the alert, so
/// that screens, webhooks and readers hear of it as of everything else, and a restart forgets none.
/// </summary>
internal sealed class EscalationBook(BookStore store, BookEvents events, TimeProvider time)
{
    /// <summary>Levels written in one transaction; the rest is due at the next second.</summary>
    private const int AtOnce = 200;

    /// <summary>Incidents looked at in one go, the worst first: whatever floods the table, fires rise.</summary>
    private const int MostIncidents = 20_000;

    // Another process may have written: looked for without a sign this often.
    private static readonly TimeSpan Anyway = TimeSpan.FromSeconds(30);

    private volatile EscalationRules _rules = EscalationRules.Default;
    private EscalationRules? _lookedWith;
    private long _lookedAtEvent = -1;
    private long _lookedAt;
    private long _nextDue;
    private long _levels;

    /// <summary>The rules in force.</summary>
    public EscalationRules Rules => _rules;

    /// <summary>Levels reached since start.</summary>
    public long Levels => Volatile.Read(ref _levels);

    /// <summary>The rota of an alert's rule, or null. Any thread.</summary>
    public string? RotaOf(string kind, Severity severity) => _rules.Of(kind, severity)?.Rota;

    /// <summary>Reads the book: at start, and when another process has changed it.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        _rules = await store.ReadAsync(Read, cancel);
    }

    /// <summary>Puts new rules in the place of those of <paramref name="revision"/> (null: of whatever they are).</summary>
    public Task<EscalationResult> PutAsync(IReadOnlyDictionary<string, EscalationRule?> rules, long? revision, string who, CancellationToken cancel) =>
        store.WriteAsync<EscalationResult>(
            transaction =>
            {
                var sql = transaction.Sql;
                var before = Read(sql);
                if (revision is { } seen && seen != before.Revision)
                {
                    var (by, at) = sql.Query("SELECT changed_by, changed_at FROM escalation WHERE id = 1", r => (r.GetString(0), r.GetInt64(1))).FirstOrDefault(("", 0));
                    return new EscalationResult.Conflict(before, by, Instant.ToMoment(at));
                }

                foreach (var rota in rules.Values.Select(r => r?.Rota).OfType<string>().Distinct(StringComparer.Ordinal))
                {
                    if (sql.Number("SELECT count(*) FROM rotas WHERE id = $1", rota) is not > 0)
                    {
                        return new EscalationResult.NoRota(rota);
                    }
                }

                var now = time.Nanoseconds();
                var after = new EscalationRules(before.Revision + 1, rules);
                sql.Execute(
                    """
                    INSERT INTO escalation(id, revision, rules, changed_at, changed_by) VALUES (1, $1, $2, $3, $4)
                    ON CONFLICT(id) DO UPDATE SET revision = $1, rules = $2, changed_at = $3, changed_by = $4
                    """,
                    after.Revision, JsonSerializer.Serialize(rules, BookJson.Options), now, who);
                transaction.Audit(now, who, "escalation", "escalation/rules", JsonSerializer.Serialize(rules, BookJson.Options));
                transaction.AfterCommit(() => _rules = after);
                return new EscalationResult.Done(after);
            },
            cancel);

    /// <summary>
    /// Call it about once a second. Of each incident the worst alert that waits and that a rule speaks of rises a level when it is due; never
    /// a historical one, one of a test or of works, or a flapping one that is no fire. The table is looked at only when something has
    /// happened since, or the next one is due.
    /// </summary>
    /// <returns>How many rose.</returns>
    public async Task<int> TickAsync(CancellationToken cancel)
    {
        var now = time.Nanoseconds();
        var (happened, rules) = (events.Last, _rules);
        if (happened == _lookedAtEvent && ReferenceEquals(rules, _lookedWith) && now < _nextDue && now - _lookedAt < Instant.Of(Anyway) && now >= _lookedAt)
        {
            return 0;
        }

        var waiting = await store.ReadAsync(sql => Waiting(sql, rules), cancel);
        var due = waiting.Where(w => w.DueAt <= now).OrderByDescending(w => w.Severity).ThenBy(w => w.DueAt).Take(AtOnce).ToList();
        (_lookedAt, _lookedAtEvent, _lookedWith) = (now, happened, rules);
        _nextDue = waiting.Count == 0 ? long.MaxValue : waiting.Min(w => w.DueAt);
        if (due.Count == 0)
        {
            return 0;
        }

        var rose = await store.WriteAsync(transaction => due.Count(d => Rise(transaction, d, now)), cancel, WritePriority.Alarm);
        Interlocked.Add(ref _levels, rose);
        return rose;
    }

    private static EscalationRules Read(SqlSession sql) => sql.First(
        "SELECT revision, rules FROM escalation WHERE id = 1",
        r => new EscalationRules(r.GetInt64(0), JsonSerializer.Deserialize<Dictionary<string, EscalationRule?>>(r.GetString(1), BookJson.Options)!)) ?? EscalationRules.Default;

    private static List<Candidate> Waiting(SqlSession sql, EscalationRules rules)
    {
        // The kinds that rise, those that are named at all, and the severities that speak for the others.
        var rising = JsonSerializer.Serialize(rules.Rules.Where(r => r.Value is not null && r.Key[0] != '*').Select(r => r.Key));
        var named = JsonSerializer.Serialize(rules.Rules.Keys.Where(k => k[0] != '*'));
        var severities = JsonSerializer.Serialize(rules.Rules.Where(r => r.Value is not null && r.Key[0] == '*').Select(r => r.Key[1..]));
        return sql.Query(
            $"""
            SELECT a.id, a.kind, a.urgency, a.waiting_since, a.escalation, a.escalated_at FROM incidents i JOIN alerts a ON a.id = (
              SELECT w.id FROM alerts w WHERE w.incident = i.id AND w.urgency < 8 AND w.historical = 0
                AND (w.occasion IS NULL OR w.occasion = 'drill') AND (w.flapping = 0 OR w.kind IN ('fire', 'fire-prealarm'))
                AND (w.kind IN {sql.Dialect.Texts("$1")}
                  OR (w.severity IN {sql.Dialect.Texts("$3")} AND w.kind NOT IN {sql.Dialect.Texts("$2")}))
              ORDER BY w.urgency % 4, w.first_seq LIMIT 1)
            WHERE i.closed_at IS NULL AND i.waiting > 0 ORDER BY i.rank DESC, i.raised_seq LIMIT $4
            """,
            r =>
            {
                var severity = AlertUrgency.SeverityOf(AlertUrgency.Rank(r.GetInt64(2)));
                var due = rules.DueAt(r.GetString(1), severity, r.GetInt64(3), r.GetInt64(4), r.Long(5));
                return new Candidate(r.GetString(0), severity, r.GetInt64(4), due ?? long.MaxValue);
            },
            rising, named, severities, (long)MostIncidents);
    }

    // Read again: somebody may have acknowledged it since, or another server may have been first.
    private bool Rise(BookTransaction transaction, Candidate candidate, long now)
    {
        var sql = transaction.Sql;
        if (sql.Find(candidate.Alert) is not { State: AlertState.Raised } alert || alert.Escalation != candidate.Level)
        {
            return false;
        }

        var level = alert.Escalation + 1;
        var cause = FormattableString.Invariant($"escalated:{alert.RaisedRevision}:{level}");
        if (sql.Knows(alert.Id, cause))
        {
            return false;
        }

        AlertTables.Save(
            transaction, alert with { Escalation = level, EscalatedAt = now }, cause, new AlertStep("escalated", Instant.ToMoment(now), null, null, 0), now, events);
        return true;
    }

    private sealed record Candidate(string Alert, Severity Severity, long Level, long DueAt);
}
