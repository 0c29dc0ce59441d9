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

    /// <summary>The sirens of its zone keep still; the alarm stands.</summary>
    Silence,

    /// <summary>The fire alarm begins anew, as at a panel: what still alarms raises again at once.</summary>
    Reset,
}

/// <summary>What a person wants done.</summary>
/// <param name="Act">What.</param>
/// <param name="Who">Their name.</param>
/// <param name="May">Whether they may do this to an alert of this kind.</param>
internal sealed record ActOrder(AlertAct Act, string Who, Func<AlertRecord, bool> May)
{
    /// <summary>Their words.</summary>
    public string? Note { get; init; }

    /// <summary>For <see cref="AlertAct.Assign"/>: to whom; null takes it from everybody.</summary>
    public string? Assignee { get; init; }

    /// <summary>For <see cref="AlertAct.Close"/>: what it was, see <see cref="AlertCauses"/>.</summary>
    public string? Cause { get; init; }

    /// <summary>For <see cref="AlertAct.Silence"/>: one fire device on each gateway that has one of the alert's zone.</summary>
    public Func<AlertRecord, IReadOnlyList<DeviceRow>> Sirens { get; init; } = _ => [];

    /// <summary>How long a command to a gateway that is away stays worth carrying out.</summary>
    public TimeSpan CommandLife { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>How an act ended.</summary>
internal abstract record ActResult
{
    /// <summary>Done; the alert as it is now.</summary>
    internal sealed record Done(AlertRecord Alert, IReadOnlyList<AlertStep> History) : ActResult
    {
        /// <summary>What was stored for gateways with it, to be sent now.</summary>
        public IReadOnlyList<CommandRow> Commands { get; init; } = [];
    }

    /// <summary>The words of the order are not right; <paramref name="Why"/> says what would be.</summary>
    internal sealed record Bad(string Why) : ActResult;

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

        // Whoever silences is there: the gateway takes its pre-alarm as acknowledged too.
        AlertAct.Silence when alert.IsOpen && AlertCategory.IsFire(alert.Kind) =>
            (alert.State == AlertState.Raised ? Seen(alert, who, now) with { State = AlertState.Acknowledged } : alert, "siren-silenced"),
        AlertAct.Reset when alert.IsOpen && AlertCategory.IsFire(alert.Kind) => (Seen(alert, who, now) with { State = AlertState.Resolved }, "reset"),
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
        "silence" => AlertAct.Silence,
        "reset" => AlertAct.Reset,
        _ => null,
    };

    // Whoever works on an alert has seen it.
    private static AlertRecord Seen(AlertRecord alert, string who, long now) =>
        alert.AcknowledgedAt is null ? alert with { AcknowledgedBy = who, AcknowledgedAt = now } : alert;
}
