using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>An alert as the book has it. Times in ns since 1970.</summary>
internal sealed record AlertRecord
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public required Severity Severity { get; init; }

    public required AlertState State { get; init; }

    public string? Device { get; init; }

    public string? Zone { get; init; }

    public AlertLocation? Location { get; init; }

    public required string Rule { get; init; }

    public double? Value { get; init; }

    public double? Threshold { get; init; }

    public string? Detail { get; init; }

    /// <summary>Onset.</summary>
    public required long MeasuredAt { get; init; }

    public required long ReceivedAt { get; init; }

    /// <summary>When the book had it.</summary>
    public required long RaisedAt { get; init; }

    public bool Historical { get; init; }

    /// <summary>Why it is not to be taken as it looks: <c>test</c>, <c>drill</c> or <c>works</c> of a maintenance window; null when it is live.</summary>
    public string? Occasion { get; init; }

    /// <summary>Raised on some <see cref="Occasion"/>.</summary>
    public bool Test => Occasion is not null;

    /// <summary>At least the third of its rule within a quarter of an hour, see <see cref="AlertFold"/>.</summary>
    public bool Flapping { get; init; }

    /// <summary>What its rule is about: <c>zone/ID</c> or <c>device/ID</c>; null for alerts of the time before flapping was counted.</summary>
    public string? Subject { get; init; }

    public string? Incident { get; init; }

    public string? Assignee { get; init; }

    /// <summary>What it was, by the person who closed it: see <see cref="AlertCauses"/>.</summary>
    public string? Cause { get; init; }

    public string? AcknowledgedBy { get; init; }

    public long? AcknowledgedAt { get; init; }

    /// <summary>When the condition ended by itself; a person still decides when it must not resolve alone.</summary>
    public long? ClearedAt { get; init; }

    /// <summary>How often it has been passed on because nobody acknowledged it.</summary>
    public long Escalation { get; init; }

    public long? EscalatedAt { get; init; }

    /// <summary>Counts its transitions, from 1: what If-Match names.</summary>
    public long Revision { get; init; }

    public long FirstSequence { get; init; }

    public long LastSequence { get; init; }

    /// <summary>The event with which it last began to wait for somebody: raised, reopened, or live after a test.</summary>
    public long RaisedSequence { get; init; }

    /// <summary>Its revision then.</summary>
    public long RaisedRevision { get; init; }

    /// <summary>When that was, by the book's clock.</summary>
    public long WaitingSince { get; init; }

    /// <summary>How the book has it; null when the book has not got it yet. Carried along by <c>with</c>, so that a change knows what it changes.</summary>
    public AlertStanding? Was { get; init; }

    /// <summary>Still somebody's business.</summary>
    public bool IsOpen => State is AlertState.Raised or AlertState.Acknowledged or AlertState.InProgress;
}

/// <summary>What of an alert counts in its incident.</summary>
internal sealed record AlertStanding(AlertState State, string? Occasion, string? Incident);

/// <summary>One step of an alert's history, as JSON shows it.</summary>
/// <param name="What">raised, updated, cleared, acknowledged, in-progress, assigned, resolved, closed, reopened, note, escalated, live,
/// siren-silenced, reset, handed-over.</param>
/// <param name="When">When it happened: the measured time of a rule's step, the clock of a person's.</param>
/// <param name="Who">A person or program; null for the city's own rules.</param>
/// <param name="Note">Their words, or the rule's.</param>
/// <param name="Revision">The alert's revision after it.</param>
internal sealed record AlertStep(string What, DateTimeOffset When, string? Who, string? Note, long Revision)
{
    /// <summary>The device that caused it, where one did.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Device { get; init; }
}

/// <summary>An alert as HTTP and MQTT show it.</summary>
internal sealed record AlertView
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public required Severity Severity { get; init; }

    public required AlertState State { get; init; }

    public string? Device { get; init; }

    public string? Zone { get; init; }

    public AlertLocation? Location { get; init; }

    public required string Rule { get; init; }

    public double? Value { get; init; }

    public double? Threshold { get; init; }

    public string? Detail { get; init; }

    public required DateTimeOffset MeasuredAt { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public required DateTimeOffset RaisedAt { get; init; }

    public bool Historical { get; init; }

    /// <summary>True whenever there is an <see cref="Occasion"/>.</summary>
    public bool Test { get; init; }

    /// <summary><c>test</c>, <c>drill</c> or <c>works</c>; null when it is live.</summary>
    public string? Occasion { get; init; }

    public bool Flapping { get; init; }

    public string? Incident { get; init; }

    public string? Assignee { get; init; }

    /// <summary>What it was, by the person who closed it.</summary>
    public string? Cause { get; init; }

    public string? AcknowledgedBy { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public DateTimeOffset? ClearedAt { get; init; }

    public long Escalation { get; init; }

    public DateTimeOffset? EscalatedAt { get; init; }

    public long Revision { get; init; }

    /// <summary>This server's rules say so, and the book, which is away, has not got it: nobody else has been told, and nobody can act on it yet. Only in that case.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool Provisional { get; init; }

    /// <summary>Where it stands in, event by event; only in what a reader of events gets.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public AlertStep? Transition { get; init; }

    /// <summary>Number of the event; only in what a reader of events gets.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public long? Event { get; init; }

    /// <summary>Oldest first; not in what a reader of events gets.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AlertStep>? History { get; init; }

    public static AlertView Of(AlertRecord a) => new()
    {
        Id = a.Id,
        Kind = a.Kind,
        Severity = a.Severity,
        State = a.State,
        Device = a.Device,
        Zone = a.Zone,
        Location = a.Location,
        Rule = a.Rule,
        Value = a.Value,
        Threshold = a.Threshold,
        Detail = a.Detail,
        MeasuredAt = Instant.ToMoment(a.MeasuredAt),
        ReceivedAt = Instant.ToMoment(a.ReceivedAt),
        RaisedAt = Instant.ToMoment(a.RaisedAt),
        Historical = a.Historical,
        Test = a.Test,
        Occasion = a.Occasion,
        Flapping = a.Flapping,
        Incident = a.Incident,
        Assignee = a.Assignee,
        Cause = a.Cause,
        AcknowledgedBy = a.AcknowledgedBy,
        AcknowledgedAt = Instant.ToMoment(a.AcknowledgedAt),
        ClearedAt = Instant.ToMoment(a.ClearedAt),
        Escalation = a.Escalation,
        EscalatedAt = Instant.ToMoment(a.EscalatedAt),
        Revision = a.Revision,
    };
}
