namespace SmartCity.City;

/// <summary>Where an alert stands. The rules only raise and clear; people (and the book, for what may resolve by itself) move it on.</summary>
public enum AlertState
{
    /// <summary>Raised, seen by nobody yet.</summary>
    Raised,

    /// <summary>Somebody has seen it.</summary>
    Acknowledged,

    /// <summary>Somebody works on it.</summary>
    InProgress,

    /// <summary>The cause is gone.</summary>
    Resolved,

    /// <summary>Filed.</summary>
    Closed,
}

/// <summary>How bad it is, in the words of the contracts.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>To be mended in working hours.</summary>
    Minor,

    /// <summary>To be looked at now.</summary>
    Major,

    /// <summary>Life or property in danger.</summary>
    Critical,
}

/// <summary>What a rule says about its alert.</summary>
public enum AlertChangeKind
{
    /// <summary>The condition began.</summary>
    Raised,

    /// <summary>It changed class: another stage, another band.</summary>
    Updated,

    /// <summary>It ended (by hysteresis). Where <see cref="AlertChange.AutoResolve"/> is false this is only a suggestion.</summary>
    Cleared,
}

/// <summary>
/// One transition that a pure step wants in the book. The pair (<see cref="AlertId"/>, <see cref="Cause"/>) is unique and depends
/// only on readings and their measured times, so that replaying a log, or a second server, says the same again and changes nothing.
/// </summary>
public sealed record AlertChange
{
    /// <summary>26 characters, see <see cref="AlertIds"/>.</summary>
    public required string AlertId { get; init; }

    /// <summary>What happened.</summary>
    public required AlertChangeKind What { get; init; }

    /// <summary>Unique within the alert and deterministic: <c>raised</c>, <c>stage:2@1756150000000000000</c>, <c>cleared@…</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>The alert's kind, safe in URLs and topics: <c>fire</c>, <c>fire-prealarm</c>, <c>fire-fault</c>, <c>flood</c>, <c>silence</c> …</summary>
    public required string Kind { get; init; }

    /// <summary>How bad it is from now on.</summary>
    public required Severity Severity { get; init; }

    /// <summary>The device it is about; for a zone's alert the device that caused this transition.</summary>
    public string? Device { get; init; }

    /// <summary>The zone, if one is known.</summary>
    public string? Zone { get; init; }

    /// <summary>The name of the rule in its kind, or of the zone's rule.</summary>
    public required string Rule { get; init; }

    /// <summary>The value that decided, in its metric's unit.</summary>
    public double? Value { get; init; }

    /// <summary>What it was compared with.</summary>
    public double? Threshold { get; init; }

    /// <summary>When it happened, Unix ns. <see cref="AlertChangeKind.Raised"/>: the onset.</summary>
    public required long MeasuredAt { get; init; }

    /// <summary>When the server had the reading that decided, Unix ns; for a transition by time, the moment of the tick.</summary>
    public required long ReceivedAt { get; init; }

    /// <summary>It was already over when the server first heard of it.</summary>
    public bool Historical { get; init; }

    /// <summary>True when <see cref="AlertChangeKind.Cleared"/> may resolve the alert without a person. Never for fire.</summary>
    public bool AutoResolve { get; init; }

    /// <summary>Words for people and machines, <c>; </c>-separated: stage or band, outlook, who saw what, faults of the reading.</summary>
    public string? Detail { get; init; }
}
