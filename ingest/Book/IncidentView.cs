using System.Diagnostics.CodeAnalysis;
using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>Whether an incident is somebody's business.</summary>
internal enum IncidentState
{
    Open,
    Closed,
}

/// <summary>An incident as HTTP shows it: one line of a list.</summary>
internal record IncidentView
{
    public required string Id { get; init; }

    public required string Place { get; init; }

    public string? Zone { get; init; }

    public string? ZoneName { get; init; }

    public required string Category { get; init; }

    /// <summary>Of its worst alert that is open; when none is, of all.</summary>
    public required Severity Severity { get; init; }

    public required IncidentState State { get; init; }

    /// <summary>Alerts that nobody has acknowledged.</summary>
    public required long Waiting { get; init; }

    public required long Open { get; init; }

    public required long Alerts { get; init; }

    /// <summary>Different devices that its alerts spoke of.</summary>
    public required long Devices { get; init; }

    /// <summary>Alerts by kind, the 100 most frequent kinds.</summary>
    public required IReadOnlyDictionary<string, long> Kinds { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When an alert in it last began to wait for somebody.</summary>
    public required DateTimeOffset LastAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>None of its alerts is live: all are of a test, a drill or works.</summary>
    public required bool Test { get; init; }

    public required long Escalation { get; init; }

    /// <summary>The number of its last event: what If-Match names.</summary>
    public required long Revision { get; init; }

    /// <summary>The alert to look at first.</summary>
    public AlertView? Lead { get; init; }

    public static IncidentView Of(IncidentRecord i, IReadOnlyDictionary<string, long> kinds, AlertRecord? lead, string? zoneName) => new()
    {
        Id = i.Id,
        Place = i.Place,
        Zone = i.Zone,
        ZoneName = zoneName,
        Category = i.Category,
        Severity = i.Severity,
        State = i.ClosedAt is null ? IncidentState.Open : IncidentState.Closed,
        Waiting = i.Waiting,
        Open = i.Open,
        Alerts = i.Alerts,
        Devices = i.Devices,
        Kinds = kinds,
        OpenedAt = Instant.ToMoment(i.OpenedAt),
        LastAt = Instant.ToMoment(i.LastAt),
        ClosedAt = Instant.ToMoment(i.ClosedAt),
        Test = i.Live == 0,
        Escalation = i.Escalation,
        Revision = i.Revision,
        Lead = lead is null ? null : AlertView.Of(lead),
    };
}

/// <summary>An incident with what is inside.</summary>
internal sealed record IncidentDetail : IncidentView
{
    [SetsRequiredMembers]
    public IncidentDetail(IncidentView view)
        : base(view)
    {
    }

    /// <summary>The most urgent first, at most 500, without their histories.</summary>
    public IReadOnlyList<AlertView> AlertList { get; init; } = [];

    /// <summary>The newest 1,000 steps of all its alerts, oldest first.</summary>
    public IReadOnlyList<IncidentStep> Timeline { get; init; } = [];

    /// <summary>By id, at most 1,000.</summary>
    public IReadOnlyList<string> DeviceIds { get; init; } = [];

    /// <summary>What the zone's own people wrote for this moment; null when it has no zone or nobody wrote anything.</summary>
    public ZoneCard? Card { get; init; }
}

/// <summary>One step of one of its alerts.</summary>
internal sealed record IncidentStep(string Alert, string Kind, string? Device, string What, DateTimeOffset When, string? Who, string? Note, long Event);
