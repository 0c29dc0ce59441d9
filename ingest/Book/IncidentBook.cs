using System.Globalization;

namespace SmartCity.Ingest.Book;

/// <summary>How an act on an incident ended.</summary>
internal abstract record IncidentResult
{
    internal sealed record Done(IncidentDetail Incident) : IncidentResult;

    internal sealed record Missing : IncidentResult;

    /// <summary>This person may do it to none of the alerts that wait.</summary>
    internal sealed record Forbidden : IncidentResult;

    /// <summary>The revision is one that the incident has not reached.</summary>
    internal sealed record Unseen(IncidentRecord Incident) : IncidentResult;

    /// <summary>Nothing waits any more of what they saw; <paramref name="First"/> says who was first.</summary>
    internal sealed record Conflict(IncidentRecord Incident, AlertStep? First) : IncidentResult;
}

/// <summary>Incidents for people: reading, and acknowledging all of one at once.</summary>
internal sealed class IncidentBook(BookStore store, AlertBook alerts, Registry registry)
{
    /// <summary>Alerts acknowledged in one transaction: some 100 ms of the writer, for which an alarm's commit may have to wait.</summary>
    private const int AtOnce = 1000;

    private const int AlertsInDetail = 500;
    private const int StepsInDetail = 1000;
    private const int DevicesInDetail = 1000;

    /// <summary>A page: open ones worst and newest first, or all newest first.</summary>
    /// <param name="onlyOpen">Which.</param>
    /// <param name="zone">Of one zone; null for all.</param>
    /// <param name="cursor">What the page before gave; null for the first.</param>
    /// <param name="limit">1–500.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="FormatException">The cursor is none of ours.</exception>
    public Task<(IReadOnlyList<IncidentView> Items, string? Next)> ListAsync(bool onlyOpen, string? zone, string? cursor, int limit, CancellationToken cancel)
    {
        var (rank, sequence) = Cursor(cursor, onlyOpen);
        return store.ReadAsync<(IReadOnlyList<IncidentView>, string?)>(
            sql =>
            {
                var page = onlyOpen ? sql.OpenIncidents(zone, (rank, sequence), limit + 1) : sql.AllIncidents(zone, sequence, limit + 1);
                var last = page.Count > limit ? page[limit - 1] : null;
                var next = last is null ? null
                    : onlyOpen ? FormattableString.Invariant($"{last.Rank}.{last.RaisedSequence}")
                    : last.FirstSequence.ToString(CultureInfo.InvariantCulture);
                return ([.. page.Take(limit).Select(i => View(sql, i))], next);
            },
            cancel);
    }

    /// <summary>One with what is inside, or null.</summary>
    public Task<IncidentDetail?> FindAsync(string id, CancellationToken cancel) =>
        store.ReadAsync(sql => sql.FindIncident(id) is { } found ? Detail(sql, found) : null, cancel);

    /// <summary>
    /// Acknowledges every alert of it that waits and that had begun to wait by event number <paramref name="revision"/>: a fire that
    /// came after what the officer saw goes on waiting. One transaction for the first <see cref="AtOnce"/>, further ones for more.
    /// </summary>
    public async Task<IncidentResult> AcknowledgeAsync(
        string id, long revision, string who, Func<AlertRecord, bool> may, string? note, CancellationToken cancel)
    {
        var (done, refusal) = await store.WriteAsync<(int, IncidentResult?)>(
            transaction =>
            {
                var sql = transaction.Sql;
                if (sql.FindIncident(id) is not { } found)
                {
                    return (0, new IncidentResult.Missing());
                }

                // Nobody has seen what has not happened: such a number would cover the fires of the next moment too.
                if (revision > found.Revision)
                {
                    return (0, new IncidentResult.Unseen(found));
                }

                var waiting = sql.WaitingOf(id, revision, AtOnce);
                if (waiting.Count == 0)
                {
                    return (0, new IncidentResult.Conflict(found, sql.LastAct(id, revision)));
                }

                var mine = waiting.Where(may).ToList();
                alerts.Acknowledge(transaction, mine, who, note);
                return (waiting.Count, mine.Count == 0 ? new IncidentResult.Forbidden() : null);
            },
            cancel,
            WritePriority.Alarm);

        // Alerts that this person may not touch go on waiting; a page full of them ends it.
        while (refusal is null && done == AtOnce)
        {
            done = await store.WriteAsync(
                transaction =>
                {
                    var waiting = transaction.Sql.WaitingOf(id, revision, AtOnce);
                    var mine = waiting.Where(may).ToList();
                    alerts.Acknowledge(transaction, mine, who, note);
                    return mine.Count == 0 ? 0 : waiting.Count;
                },
                CancellationToken.None,
                WritePriority.Alarm);
        }

        return refusal ?? (await FindAsync(id, CancellationToken.None) is { } after ? new IncidentResult.Done(after) : new IncidentResult.Missing());
    }

    private static (long Rank, long Sequence) Cursor(string? cursor, bool onlyOpen)
    {
        if (cursor is null)
        {
            return (long.MaxValue, long.MaxValue);
        }

        var parts = cursor.Split('.');
        return parts.Length == (onlyOpen ? 2 : 1)
            ? (onlyOpen ? Number(parts[0]) : 0, Number(parts[^1]))
            : throw new FormatException();

        static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException();
    }

    private IncidentView View(SqlSession sql, IncidentRecord found) =>
        IncidentView.Of(found, sql.KindsOf(found.Id), sql.Lead(found.Id), found.Zone is { } zone ? registry.Current.Zones.GetValueOrDefault(zone)?.Name : null);

    private IncidentDetail Detail(SqlSession sql, IncidentRecord found) => new(View(sql, found))
    {
        AlertList = [.. sql.AlertsOf(found.Id, AlertsInDetail).Select(AlertView.Of)],
        Timeline = sql.TimelineOf(found.Id, StepsInDetail),
        DeviceIds = sql.DevicesOf(found.Id, DevicesInDetail),
        Card = CardOf(found.Zone),
    };

    private ZoneCard? CardOf(string? zone) =>
        zone is not null && registry.Current.Zones.GetValueOrDefault(zone) is { } row && (row.Runbook is not null || row.Phones is { Count: > 0 })
            ? new ZoneCard(row.Runbook, row.Phones ?? [])
            : null;
}
