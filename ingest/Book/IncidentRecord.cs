using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>
/// Alerts of one place and one CAP category that belong together in time. It bears the id of the alert that opened it, so two servers
/// that read the same log name it alike. Times in ns since 1970 by the book's clock.
/// </summary>
internal sealed record IncidentRecord
{
    public required string Id { get; init; }

    /// <summary><c>zone/ID</c>, <c>street/ID</c>, <c>gateway/ID</c>, <c>device/ID</c> or <c>city</c>.</summary>
    public required string Place { get; init; }

    public required string Category { get; init; }

    public string? Zone { get; init; }

    /// <summary>See <see cref="AlertUrgency.Rank"/>: of the worst alert that is open, or of all when none is.</summary>
    public int Rank { get; init; }

    public Severity Severity => AlertUrgency.SeverityOf(Rank);

    public required long OpenedAt { get; init; }

    /// <summary>When an alert in it last began to wait for somebody.</summary>
    public long LastAt { get; init; }

    /// <summary>When its last open alert was resolved; null while one is open.</summary>
    public long? ClosedAt { get; init; }

    public long Alerts { get; init; }

    public long Open { get; init; }

    /// <summary>Alerts that nobody has acknowledged.</summary>
    public long Waiting { get; init; }

    /// <summary>Alerts without an occasion (test, drill, works).</summary>
    public long Live { get; init; }

    /// <summary>Different devices that its alerts spoke of.</summary>
    public long Devices { get; init; }

    /// <summary>Highest level that one of its alerts was escalated to since it last had none that waited.</summary>
    public long Escalation { get; init; }

    public long FirstSequence { get; init; }

    public long RaisedSequence { get; init; }

    /// <summary>The number of its last event.</summary>
    public long Revision { get; init; }
}
