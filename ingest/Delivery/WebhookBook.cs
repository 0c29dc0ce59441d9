using System.Data.Common;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Delivery;

/// <summary>Somebody else has changed it since it was seen.</summary>
internal sealed record Changed(long Revision, string By);

/// <summary>Webhooks in the book: what they are, how far each is, and what could not be delivered.</summary>
internal sealed class WebhookBook(BookStore store, TimeProvider time)
{
    private const string Columns =
        "id, name, url, kinds, severities, steps, enabled, generation, rotated_at, created_by, created_at, changed_at, revision";

    private const string ProgressColumns = "position, delivered, evicted, last_delivered_at, last_status, last_error, failing_since";

    // $1 and $2 are the ends of the stretch, $3 to $5 the lists of the filter as JSON, or NULL.
    private static string Wanted(SqlDialect dialect) =>
        $"""
        seq > $1 AND seq <= $2 AND (CAST($3 AS TEXT) IS NULL OR kind IN {dialect.Texts("$3")})
        AND (CAST($4 AS TEXT) IS NULL OR what IN {dialect.Texts("$4")})
        AND (CAST($5 AS TEXT) IS NULL OR {dialect.SeverityOf("event")} IN {dialect.Texts("$5")})
        """;

    private static readonly string[] SeverityWords = [.. Enum.GetValues<Severity>().Select(s => s.Word())];

    /// <summary>All, by name.</summary>
    public Task<List<(Webhook Hook, WebhookProgress Progress)>> ListAsync(CancellationToken cancel) =>
        store.ReadAsync(sql => sql.Query($"SELECT {Columns}, {ProgressColumns} FROM webhooks ORDER BY name, id LIMIT 1000", ReadBoth), cancel);

    /// <summary>One, or null.</summary>
    public async Task<(Webhook Hook, WebhookProgress Progress)?> FindAsync(string id, CancellationToken cancel) =>
        await store.ReadAsync(sql => sql.Query($"SELECT {Columns}, {ProgressColumns} FROM webhooks WHERE id = $1", ReadBoth, id), cancel) is [var found] ? found : null;

    /// <summary>Adds one, which begins with the next event.</summary>
    /// <returns>False when there are too many.</returns>
    public Task<bool> AddAsync(Webhook hook, int maximum, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var sql = transaction.Sql;
            if (sql.Number("SELECT count(*) FROM webhooks") >= maximum)
            {
                return false;
            }

            var now = time.Nanoseconds();
            sql.Execute(
                $"""
                INSERT INTO webhooks({Columns}, position)
                VALUES ($1, $2, $3, $4, $5, $6, $7, 1, NULL, $8, $9, $9, 1, (SELECT coalesce(max(seq), 0) FROM transitions))
                """,
                hook.Id, hook.Name, hook.Url.AbsoluteUri, List(hook.Kinds), Severities(hook), List(hook.Steps), hook.Enabled, who, now);
            transaction.Audit(now, who, "add-webhook", $"webhook/{hook.Id}", $"{hook.Name}, {hook.Url.IdnHost}");
            return true;
        },
        cancel);

    /// <summary>Changes one. A webhook that is switched on again begins with the next event; what happened meanwhile was not wanted.</summary>
    /// <param name="hook">As it shall be.</param>
    /// <param name="expected">The revision that was seen; null for whatever it is.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>Null when it is done or missing; else who changed it before.</returns>
    public Task<Changed?> ChangeAsync(Webhook hook, long? expected, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var sql = transaction.Sql;
            if (expected is { } seen && sql.Number("SELECT revision FROM webhooks WHERE id = $1", hook.Id) is { } is_ && is_ != seen)
            {
                return new Changed(is_, sql.AuditOf($"webhook/{hook.Id}", 1) is [var last] ? last.Who : "");
            }

            var now = time.Nanoseconds();
            sql.Execute(
                """
                UPDATE webhooks SET name = $2, url = $3, kinds = $4, severities = $5, steps = $6, changed_at = $8, revision = revision + 1,
                  position = CASE WHEN $7 = 1 AND enabled = 0 THEN (SELECT coalesce(max(seq), 0) FROM transitions) ELSE position END,
                  failing_since = CASE WHEN $7 = 1 THEN failing_since END, enabled = $7
                WHERE id = $1
                """,
                hook.Id, hook.Name, hook.Url.AbsoluteUri, List(hook.Kinds), Severities(hook), List(hook.Steps), hook.Enabled, now);
            transaction.Audit(now, who, "change-webhook", $"webhook/{hook.Id}", $"{hook.Name}, {hook.Url.IdnHost}, {(hook.Enabled ? "on" : "off")}");
            return null;
        },
        cancel);

    /// <summary>Removes one with its dead letters.</summary>
    public Task<bool> RemoveAsync(string id, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var removed = transaction.Sql.Execute("DELETE FROM webhooks WHERE id = $1", id) == 1;
            if (removed)
            {
                transaction.Audit(time.Nanoseconds(), who, "remove-webhook", $"webhook/{id}");
            }

            return removed;
        },
        cancel);

    /// <summary>The next secret takes the place of this one.</summary>
    public Task RotateAsync(string id, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var now = time.Nanoseconds();
            transaction.Sql.Execute("UPDATE webhooks SET generation = generation + 1, rotated_at = $2, changed_at = $2, revision = revision + 1 WHERE id = $1", id, now);
            transaction.Audit(now, who, "renew-webhook-secret", $"webhook/{id}");
        },
        cancel);

    /// <summary>What comes after a number, as far as this webhook wants it.</summary>
    public Task<OutgoingPage> PageAsync(Webhook hook, long after, int window, int limit, CancellationToken cancel) => store.ReadAsync(
        sql =>
        {
            var last = sql.Number("SELECT max(seq) FROM transitions") ?? 0;
            var end = Math.Min(last, after + window);
            var events = sql.Query(
                $"SELECT seq, kind, what, alert, recorded_at, event FROM transitions WHERE {Wanted(sql.Dialect)} ORDER BY seq LIMIT $6",
                r => new OutgoingEvent(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetFieldValue<byte[]>(5)),
                after, end, List(hook.Kinds), List(hook.Steps), Severities(hook), limit);
            return new OutgoingPage(events, events.Count == limit ? events[^1].Sequence : Math.Max(end, after), last);
        },
        cancel);

    /// <summary>One event, or null.</summary>
    public Task<OutgoingEvent?> EventAsync(long sequence, CancellationToken cancel) => store.ReadAsync(
        sql => sql.First(
            "SELECT seq, kind, what, alert, recorded_at, event FROM transitions WHERE seq = $1",
            r => new OutgoingEvent(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetFieldValue<byte[]>(5)),
            sequence),
        cancel);

    /// <summary>How many events wait for a webhook, counted up to <paramref name="most"/>, and how many are dead.</summary>
    public Task<(long Behind, long Dead)> CountAsync(Webhook hook, long position, int most, CancellationToken cancel) => store.ReadAsync(
        sql => (
            hook.Enabled
                ? sql.Number($"SELECT count(*) FROM (SELECT 1 FROM transitions WHERE {Wanted(sql.Dialect)} LIMIT $6) AS waiting", position, long.MaxValue, List(hook.Kinds), List(hook.Steps), Severities(hook), most) ?? 0
                : 0,
            sql.Number("SELECT count(*) FROM dead_letters WHERE webhook = $1", hook.Id) ?? 0),
        cancel);

    /// <summary>Dead letters by webhook.</summary>
    public Task<List<(string Webhook, long Dead)>> DeadAsync(CancellationToken cancel) => store.ReadAsync(
        sql => sql.Query("SELECT webhook, count(*) FROM dead_letters GROUP BY webhook", r => (r.GetString(0), r.GetInt64(1))), cancel);

    /// <summary>Keeps how far a webhook is.</summary>
    public Task SaveAsync(string id, WebhookProgress p, CancellationToken cancel) => store.WriteAsync(transaction => Save(transaction.Sql, id, p), cancel);

    /// <summary>Gives an event up, in one transaction with the cursor that goes past it.</summary>
    /// <returns>Dead letters that had to give way.</returns>
    public Task<long> BuryAsync(string id, long sequence, long attempts, WebhookProgress progress, int maximum, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var sql = transaction.Sql;
            if (sql.Number("SELECT 1 FROM webhooks WHERE id = $1", id) is null)
            {
                return 0L;
            }

            sql.Execute(
                """
                INSERT INTO dead_letters(webhook, event, state, attempts, died_at, status, error) VALUES ($1, $2, 'dead', $3, $4, $5, $6)
                ON CONFLICT(webhook, event) DO UPDATE SET state = 'dead', attempts = dead_letters.attempts + $3, died_at = $4, status = $5, error = $6
                """,
                id, sequence, attempts, time.Nanoseconds(), progress.LastStatus, progress.LastError);
            long evicted = sql.Execute(
                """
                DELETE FROM dead_letters WHERE webhook = $1 AND event IN (SELECT event FROM dead_letters WHERE webhook = $1 ORDER BY event DESC LIMIT 1000000000 OFFSET $2)
                """,
                id, maximum);
            Save(sql, id, progress with { Evicted = progress.Evicted + evicted });
            return evicted;
        },
        cancel);

    /// <summary>Somebody wants dead letters to be tried again.</summary>
    /// <param name="id">The webhook.</param>
    /// <param name="sequence">The event; null for all.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>How many it is about.</returns>
    public Task<int> AskAgainAsync(string id, long? sequence, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var asked = transaction.Sql.Execute("UPDATE dead_letters SET state = 'retrying' WHERE webhook = $1 AND (CAST($2 AS BIGINT) IS NULL OR event = $2)", id, sequence);
            if (asked > 0)
            {
                transaction.Audit(time.Nanoseconds(), who, "retry-dead-letter", $"webhook/{id}", FormattableString.Invariant($"{asked} event(s)"));
            }

            return asked;
        },
        cancel);

    /// <summary>The oldest dead letters that somebody wants to be tried again.</summary>
    public Task<List<OutgoingEvent>> AskedAgainAsync(string id, int limit, CancellationToken cancel) => store.ReadAsync(
        sql => sql.Query(
            """
            SELECT t.seq, t.kind, t.what, t.alert, t.recorded_at, t.event FROM dead_letters d JOIN transitions t ON t.seq = d.event
            WHERE d.webhook = $1 AND d.state = 'retrying' ORDER BY d.event LIMIT $2
            """,
            r => new OutgoingEvent(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetFieldValue<byte[]>(5)),
            id,
            limit),
        cancel);

    /// <summary>A dead letter has arrived after all.</summary>
    public Task RaiseDeadAsync(string id, long sequence, WebhookProgress progress, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            transaction.Sql.Execute("DELETE FROM dead_letters WHERE webhook = $1 AND event = $2", id, sequence);
            Save(transaction.Sql, id, progress);
        },
        cancel);

    /// <summary>Dead letters and what still waits, by event.</summary>
    /// <param name="hook">The webhook.</param>
    /// <param name="position">How far it is.</param>
    /// <param name="dead">Whether dead letters are wanted.</param>
    /// <param name="waiting">Whether what waits is wanted.</param>
    /// <param name="after">Only events after this number.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<List<DeliveryRow>> DeliveriesAsync(Webhook hook, long position, bool dead, bool waiting, long after, int limit, CancellationToken cancel) => store.ReadAsync(
        sql =>
        {
            var rows = !dead ? [] : sql.Query(
                """
                SELECT t.seq, t.alert, t.kind, t.what, t.recorded_at, d.state, d.attempts, d.died_at, d.status, d.error
                FROM dead_letters d JOIN transitions t ON t.seq = d.event WHERE d.webhook = $1 AND d.event > $2 ORDER BY d.event LIMIT $3
                """,
                r => new DeliveryRow(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Instant.ToMoment(r.GetInt64(4)), r.GetString(5),
                    r.GetInt64(6), Instant.ToMoment(r.Long(7)), (int?)r.Long(8), r.Text(9)),
                hook.Id, after, limit);
            if (waiting && hook.Enabled && rows.Count < limit)
            {
                rows.AddRange(sql.Query(
                    $"SELECT seq, alert, kind, what, recorded_at FROM transitions WHERE {Wanted(sql.Dialect)} ORDER BY seq LIMIT $6",
                    r => new DeliveryRow(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Instant.ToMoment(r.GetInt64(4)), "waiting", null, null, null, null),
                    Math.Max(position, after), long.MaxValue, List(hook.Kinds), List(hook.Steps), Severities(hook), limit - rows.Count));
            }

            return rows;
        },
        cancel);

    // Not over what another server has written since it took over.
    private static void Save(SqlSession sql, string id, WebhookProgress p) => sql.Execute(
        """
        UPDATE webhooks SET position = $2, delivered = $3, evicted = $4, last_delivered_at = $5, last_status = $6, last_error = $7, failing_since = $8
        WHERE id = $1 AND position <= $2
        """,
        id, p.Position, p.Delivered, p.Evicted, p.LastDeliveredAt, p.LastStatus, p.LastError, p.FailingSince);

    private static string? List(IReadOnlyList<string>? words) => words is null ? null : JsonSerializer.Serialize(words, BookJson.Options);

    private static string? Severities(Webhook hook) => hook.MinimumSeverity is { } least ? List(SeverityWords[(int)least..]) : null;

    private static (Webhook Hook, WebhookProgress Progress) ReadBoth(DbDataReader r) => (
        new Webhook
        {
            Id = r.GetString(0),
            Name = r.GetString(1),
            Url = new Uri(r.GetString(2)),
            Kinds = Words(r.Text(3)),
            MinimumSeverity = Words(r.Text(4)) is { } severities ? (Severity)Array.IndexOf(SeverityWords, severities[0]) : null,
            Steps = Words(r.Text(5)),
            Enabled = r.Flag(6),
            Generation = r.GetInt64(7),
            RotatedAt = r.Long(8),
            CreatedBy = r.GetString(9),
            CreatedAt = r.GetInt64(10),
            ChangedAt = r.GetInt64(11),
            Revision = r.GetInt64(12),
        },
        new WebhookProgress(r.GetInt64(13), r.GetInt64(14), r.GetInt64(15), r.Long(16), (int?)r.Long(17), r.Text(18), r.Long(19)));

    private static string[]? Words(string? json) => json is null ? null : JsonSerializer.Deserialize<string[]>(json, BookJson.Options);
}
