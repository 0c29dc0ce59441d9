using System.Data.Common;

namespace SmartCity.Ingest.Book;

/// <summary>A duty officer's shift.</summary>
/// <param name="Id">Counts shifts, from 1.</param>
/// <param name="Officer">Who has the duty.</param>
/// <param name="From">When they took it over.</param>
/// <param name="To">When the next officer did; null while it runs.</param>
/// <param name="Note">What was said at the handover, by who took over.</param>
/// <param name="TookOver">Alerts that were open then.</param>
internal sealed record ShiftRow(long Id, string Officer, DateTimeOffset From, DateTimeOffset? To, string? Note, long TookOver);

/// <summary>How a handover ended.</summary>
/// <param name="Shift">The shift that runs now.</param>
/// <param name="Why">Null: done. Else why not; <paramref name="Shift"/> is who was first.</param>
internal sealed record HandoverResult(ShiftRow? Shift, string? Why);

/// <summary>Who had the duty when, and the handing over of what was open.</summary>
internal sealed class ShiftBook(BookStore store, BookEvents events, TimeProvider time)
{
    // Steps of one transaction: some milliseconds, so that an alarm that comes in the middle of a handover does not wait.
    private const int StepsAtOnce = 100;

    private const string Columns = "id, officer, began_at, ended_at, note, took_over";

    /// <summary>Newest first.</summary>
    /// <param name="before">Only shifts with a smaller number.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<(IReadOnlyList<ShiftRow> Items, long? Next)> ListAsync(long before, int limit, CancellationToken cancel) =>
        store.ReadAsync<(IReadOnlyList<ShiftRow>, long?)>(
            sql =>
            {
                var rows = sql.Query($"SELECT {Columns} FROM shifts WHERE id < $1 ORDER BY id DESC LIMIT $2", Read, before, limit + 1);
                return ([.. rows.Take(limit)], rows.Count > limit ? rows[limit - 1].Id : null);
            },
            cancel);

    /// <summary>One shift, or null.</summary>
    public Task<ShiftRow?> FindAsync(long id, CancellationToken cancel) =>
        store.ReadAsync(sql => sql.First($"SELECT {Columns} FROM shifts WHERE id = $1", Read, id), cancel);

    /// <summary>
    /// Ends the running shift and begins the officer's. Each alert that is open then gets a step <c>handed-over</c>; its state stays,
    /// because taking over the duty is not yet looking at every alert. The shift is durable at once; the steps follow in portions.
    /// </summary>
    /// <param name="officer">Who takes over.</param>
    /// <param name="note">What was said.</param>
    /// <param name="seen">The shift that they saw running (0: none); null does not ask.</param>
    /// <param name="cancel">Stops waiting for the turn; a handover that has begun is finished.</param>
    public async Task<HandoverResult> HandOverAsync(string officer, string? note, long? seen, CancellationToken cancel)
    {
        var result = await store.WriteAsync(
            transaction =>
            {
                var sql = transaction.Sql;
                var running = Running(sql);
                if (running?.Officer == officer)
                {
                    return new HandoverResult(running, "You have the shift already.");
                }

                if (seen is not null && seen != (running?.Id ?? 0))
                {
                    return new HandoverResult(running, "Somebody has taken over since you looked.");
                }

                var now = time.Nanoseconds();
                sql.Execute("UPDATE shifts SET ended_at = $1 WHERE ended_at IS NULL", now);
                sql.Execute(
                    """
                    INSERT INTO shifts(officer, began_at, note, took_over)
                    VALUES ($1, $2, $3, (SELECT count(*) FROM alerts WHERE state NOT IN ('resolved', 'closed')))
                    """,
                    officer, now, note);
                var shift = Running(sql)!;
                transaction.Audit(now, officer, "handover", FormattableString.Invariant($"shift/{shift.Id}"), running is null ? null : "from " + running.Officer);
                return new HandoverResult(shift, null);
            },
            cancel);
        if (result.Why is null)
        {
            await TellAsync(CancellationToken.None);
        }

        return result;
    }

    /// <summary>Writes the steps of the running shift that are still missing: after a handover, and at start, because a crash may have come between.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        for (var before = long.MaxValue; ;)
        {
            var from = before;
            before = await store.WriteAsync(transaction => Tell(transaction, from), cancel);
            if (before == 0)
            {
                return;
            }
        }
    }

    // The number of the last alert looked at; 0 when all have been told.
    private long Tell(BookTransaction transaction, long before)
    {
        var sql = transaction.Sql;
        if (sql.Number("SELECT id FROM shifts WHERE ended_at IS NULL AND told = 0") is not { } id || Running(sql) is not { } shift)
        {
            return 0;
        }

        var began = Instant.From(shift.From);
        var cause = FormattableString.Invariant($"handover:{id}");
        var open = sql.List(new AlertFilter { OnlyOpen = true }, before, StepsAtOnce);
        foreach (var alert in open.Where(a => a.RaisedAt <= began && !sql.Knows(a.Id, cause)))
        {
            AlertTables.Save(transaction, alert, cause, new AlertStep("handed-over", shift.From, shift.Officer, null, 0), time.Nanoseconds(), events);
        }

        if (open.Count == StepsAtOnce)
        {
            return open[^1].FirstSequence;
        }

        sql.Execute("UPDATE shifts SET told = 1 WHERE id = $1", id);
        return 0;
    }

    private static ShiftRow? Running(SqlSession sql) => sql.First($"SELECT {Columns} FROM shifts WHERE ended_at IS NULL", Read);

    private static ShiftRow Read(DbDataReader r) =>
        new(r.GetInt64(0), r.GetString(1), Instant.ToMoment(r.GetInt64(2)), Instant.ToMoment(r.Long(3)), r.Text(4), r.GetInt64(5));
}
