using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>Brings what the rules say into the book. A transition that is already there (same alert, same cause) changes nothing.</summary>
internal sealed class AlertFold(BookEvents events, Func<RegistrySnapshot> registry)
{
    /// <summary>True when it was new.</summary>
    public bool Apply(BookTransaction transaction, AlertChange change, long now)
    {
        if (transaction.Sql.Knows(change.AlertId, change.Cause))
        {
            return false;
        }

        var before = transaction.Sql.Find(change.AlertId);

        // A change of an alert the book has never seen still raises it: an alarm is never lost to a missing first step.
        var (after, what) = before is null ? (New(change, now), "raised") : Next(before, change);
        if (after.Incident is null && (before is null || after.IsOpen))
        {
            after = after with { Incident = Join(transaction, after, now) };
        }

        var step = new AlertStep(what, Instant.ToMoment(change.MeasuredAt), null, change.Detail, 0) { Device = change.Device };
        AlertTables.Save(transaction, after, change.Cause, step, now, events);
        return true;
    }

    private string Join(BookTransaction transaction, AlertRecord alert, long now)
    {
        var place = AlertPlace.Of(registry(), alert.Device, alert.Zone);
        return transaction.Incidents.Join(place.Key, AlertCategory.Of(alert.Kind), alert.Zone, alert.Id, now);
    }

    private AlertRecord New(AlertChange change, long now) => new()
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
        ClearedAt = change.What == AlertChangeKind.Cleared ? change.MeasuredAt : null,
    };

    private static (AlertRecord After, string What) Next(AlertRecord before, AlertChange change)
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
        return !before.IsOpen && !change.Historical && (change.Severity > before.Severity || !change.AutoResolve)
            ? (after with { State = AlertState.Raised, AcknowledgedBy = null, AcknowledgedAt = null, Cause = null }, "reopened")
            : (after, "updated");
    }
}
