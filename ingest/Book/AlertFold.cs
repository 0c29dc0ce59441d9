using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>Brings what the rules say into the book. A transition that is already there (same alert, same cause) changes nothing.</summary>
internal sealed class AlertFold(BookEvents events, Func<RegistrySnapshot> registry, MaintenanceBook maintenance)
{
    /// <summary>The third alert of one rule about one thing within this is flapping, by measured times.</summary>
    public static readonly TimeSpan FlappingWithin = TimeSpan.FromMinutes(15);

    private const int FlappingAfter = 2;

    /// <summary>True when it was new.</summary>
    public bool Apply(BookTransaction transaction, AlertChange change, long now)
    {
        if (transaction.Sql.Knows(change.AlertId, change.Cause))
        {
            return false;
        }

        var before = transaction.Sql.Find(change.AlertId);
        var place = AlertPlace.Of(registry(), change.Device, change.Zone);
        var occasion = maintenance.OccasionOf(place, change.Kind, change.MeasuredAt, now);

        // A change of an alert the book has never seen still raises it: an alarm is never lost to a missing first step.
        var (after, what) = before is null ? (New(transaction.Sql, change, occasion, now), "raised") : Next(before, change, occasion);
        if (after.Incident is null && (before is null || after.IsOpen))
        {
            after = after with { Incident = transaction.Incidents.Join(place.Key, AlertCategory.Of(after.Kind), after.Zone, after.Id, now) };
        }

        var step = new AlertStep(what, Instant.ToMoment(change.MeasuredAt), null, change.Detail, 0) { Device = change.Device };
        AlertTables.Save(transaction, after, change.Cause, step, now, events);
        return true;
    }

    /// <summary>
    /// Alerts that began and ended before the server that holds their device heard of them: from the log of one that was away. Each enters whole, as history,
    /// and only when no alert of the same thing and rule was there at that time; one that is in the book is told already.
    /// </summary>
    /// <returns>How many steps were new.</returns>
    public long ApplyLate(BookTransaction transaction, IReadOnlyList<AlertChange> changes, long now)
    {
        long added = 0;
        for (var first = 0; first < changes.Count;)
        {
            var last = first;
            while (last + 1 < changes.Count && changes[last + 1].AlertId == changes[first].AlertId)
            {
                last++;
            }

            if (!IsTold(transaction.Sql, changes[first], changes[last].MeasuredAt))
            {
                for (var i = first; i <= last; i++)
                {
                    added += Apply(transaction, changes[i] with { Historical = true }, now) ? 1 : 0;
                }
            }

            first = last + 1;
        }

        return added;
    }

    // What a person filed without its end having been seen lasted until then, as far as anybody knows.
    private static bool IsTold(SqlSession sql, AlertChange began, long ended) =>
        sql.Find(began.AlertId) is not null
        || sql.Number(
            """
            SELECT 1 FROM alerts WHERE subject = $1 AND rule = $2 AND measured_at <= $4 AND (cleared_at >= $3 OR (cleared_at IS NULL AND
              (state NOT IN ('resolved', 'closed') OR (SELECT max(recorded_at) FROM transitions WHERE alert = alerts.id) >= $3))) LIMIT 1
            """,
            SubjectOf(began), began.Rule, began.MeasuredAt, ended) is not null;

    private static string? SubjectOf(AlertChange change) =>
        change.Zone is { } zone && AlertCategory.IsFire(change.Kind) ? "zone/" + zone : change.Device is { } device ? "device/" + device : null;

    private AlertRecord New(SqlSession sql, AlertChange change, string? occasion, long now)
    {
        var subject = SubjectOf(change);
        return new AlertRecord
        {
            Id = change.AlertId,
            Kind = change.Kind,
            Severity = change.Severity,
            State = change is { What: AlertChangeKind.Cleared, AutoResolve: true } ? AlertState.Resolved : AlertState.Raised,
            Device = change.Device,
            Zone = change.Zone,
            Location = registry().LocationOf(change.Device, change.Zone),
            Rule = change.Rule,
            Value = change.Value,
            Threshold = change.Threshold,
            Detail = change.Detail,
            MeasuredAt = change.MeasuredAt,
            ReceivedAt = change.ReceivedAt,
            RaisedAt = now,
            Historical = change.Historical,
            Occasion = occasion,
            Subject = subject,
            Flapping = subject is not null && !change.Historical && IsFlapping(sql, subject, change),
            ClearedAt = change.What == AlertChangeKind.Cleared ? change.MeasuredAt : null,
        };
    }

    // By measured times, so that a backlog that is read in a second is judged as it happened.
    private static bool IsFlapping(SqlSession sql, string subject, AlertChange change) => sql.Number(
        "SELECT count(*) FROM (SELECT 1 FROM alerts WHERE subject = $1 AND rule = $2 AND measured_at > $3 AND measured_at <= $4 LIMIT $5) AS lately",
        subject, change.Rule, change.MeasuredAt - Instant.Of(FlappingWithin), change.MeasuredAt, (long)FlappingAfter) >= FlappingAfter;

    private static (AlertRecord After, string What) Next(AlertRecord before, AlertChange change, string? occasion)
    {
        var after = before with
        {
            Value = change.Value ?? before.Value,
            Threshold = change.Threshold ?? before.Threshold,
            Detail = change.Detail ?? before.Detail,
            Historical = before.Historical || change.Historical,
        };
        if (change.What == AlertChangeKind.Cleared)
        {
            after = after with { ClearedAt = change.MeasuredAt };
            return change.AutoResolve && before.IsOpen
                ? (after with { State = AlertState.Resolved }, "resolved")
                : (after, "cleared");
        }

        after = after with { Severity = change.Severity, ClearedAt = null };

        // Somebody has filed it, and it has grown worse since, or there is new evidence of a fire: that person must hear of it again.
        if (!before.IsOpen && !change.Historical && (change.Severity > before.Severity || !change.AutoResolve))
        {
            return (Waits(after, before.Occasion is null ? null : occasion), "reopened");
        }

        // What began in a test and goes on after it, or is seen by a detector that is not under test, is no test.
        return before is { IsOpen: true, Occasion: not null } && occasion is null
            ? (Waits(after, null), "live")
            : (after, "updated");
    }

    private static AlertRecord Waits(AlertRecord alert, string? occasion) =>
        alert with { State = AlertState.Raised, Occasion = occasion, AcknowledgedBy = null, AcknowledgedAt = null, Cause = null };
}
