using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>What a person can do with an alert.</summary>
internal enum AlertAct
{
    Acknowledge,
    Start,
    Assign,
    Resolve,
    Close,
    Note,
}

/// <summary>How an act ended.</summary>
internal abstract record ActResult
{
    /// <summary>Done; the alert as it is now.</summary>
    internal sealed record Done(AlertRecord Alert, IReadOnlyList<AlertStep> History) : ActResult;

    /// <summary>No such alert.</summary>
    internal sealed record Missing : ActResult;

    /// <summary>This person may not do this to this alert.</summary>
    internal sealed record Forbidden : ActResult;

    /// <summary>Somebody was first, or the alert's state does not allow it. <paramref name="First"/> says who, what and when.</summary>
    internal sealed record Conflict(AlertRecord Alert, AlertStep? First, string Why) : ActResult;
}

/// <summary>The moves of an alert's states; whatever is not here is a conflict.</summary>
internal static class AlertActs
{
    /// <summary>The alert after the act and the word for its history, or null when its state does not allow it.</summary>
    public static (AlertRecord After, string What)? Move(AlertRecord alert, AlertAct act, string who, string? assignee, long now) => act switch
    {
        AlertAct.Acknowledge when alert.State == AlertState.Raised =>
            (Seen(alert, who, now) with { State = AlertState.Acknowledged }, "acknowledged"),
        AlertAct.Start when alert.State is AlertState.Raised or AlertState.Acknowledged =>
            (Seen(alert, who, now) with { State = AlertState.InProgress }, "in-progress"),
        AlertAct.Assign when alert.IsOpen => (alert with { Assignee = assignee }, "assigned"),
        AlertAct.Resolve when alert.IsOpen => (Seen(alert, who, now) with { State = AlertState.Resolved }, "resolved"),
        AlertAct.Close when alert.State == AlertState.Resolved => (alert with { State = AlertState.Closed }, "closed"),
        AlertAct.Note => (alert, "note"),
        _ => null,
    };

    /// <summary>The act of a word in a URL, or null.</summary>
    public static AlertAct? Of(string word) => word switch
    {
        "acknowledge" => AlertAct.Acknowledge,
        "start" => AlertAct.Start,
        "assign" => AlertAct.Assign,
        "resolve" => AlertAct.Resolve,
        "close" => AlertAct.Close,
        "note" => AlertAct.Note,
        _ => null,
    };

    // Whoever works on an alert has seen it.
    private static AlertRecord Seen(AlertRecord alert, string who, long now) =>
        alert.AcknowledgedAt is null ? alert with { AcknowledgedBy = who, AcknowledgedAt = now } : alert;
}
