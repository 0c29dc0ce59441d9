namespace SmartCity.Ingest.Book;

/// <summary>What a window is for, in the order in which one goes before another when two cover the same place.</summary>
internal enum MaintenanceMode
{
    /// <summary>People practise: everything escalates as it would, marked as a drill.</summary>
    Drill,

    /// <summary>Detectors are tried out: no siren, no sound, no escalation.</summary>
    Test,

    /// <summary>Something is under repair: its faults and its silence are expected. Never a fire, a flood or bad air.</summary>
    Works,
}

/// <summary>What a window covers.</summary>
internal enum MaintenanceScope
{
    Zone,
    Street,
    Gateway,
    Device,
}

/// <summary>Where a window stands.</summary>
internal enum MaintenanceState
{
    Planned,
    Running,
    Ended,
}

/// <summary>A limited time in which alerts of a place are expected. Times in ns since 1970 by the book's clock.</summary>
internal sealed record MaintenanceWindow
{
    public required long Id { get; init; }

    public required MaintenanceScope Scope { get; init; }

    /// <summary>Id of the zone, street, gateway or device.</summary>
    public required string Target { get; init; }

    public required MaintenanceMode Mode { get; init; }

    public required long From { get; init; }

    public required long To { get; init; }

    public string? Note { get; init; }

    public required string By { get; init; }

    public required long CreatedAt { get; init; }

    /// <summary>When a person ended it before its time; null when nobody did.</summary>
    public long? EndedAt { get; init; }

    public string? EndedBy { get; init; }

    /// <summary>Longest time of a mode: what is quiet must not be forgotten.</summary>
    public static TimeSpan Longest(MaintenanceMode mode) => mode switch
    {
        MaintenanceMode.Test => TimeSpan.FromHours(8),
        MaintenanceMode.Drill => TimeSpan.FromHours(24),
        _ => TimeSpan.FromDays(30),
    };

    public MaintenanceState StateAt(long now) =>
        EndedAt is not null || now >= To ? MaintenanceState.Ended : now >= From ? MaintenanceState.Running : MaintenanceState.Planned;

    /// <summary>
    /// Whether an alert is expected by it. A fire of a zone is judged by many detectors, so only a window of the whole zone makes it a
    /// test; its pre-alarm, of one detector, also a window of that detector. A danger that was measured before the window is none of it.
    /// </summary>
    public bool Covers(AlertPlace place, string kind, long measuredAt)
    {
        if (AlertCategory.Of(kind) != AlertCategory.Infra && (Mode == MaintenanceMode.Works || measuredAt < From))
        {
            return false;
        }

        var zoneOnly = AlertCategory.IsFire(kind) && place.Zone is not null;
        return Scope switch
        {
            MaintenanceScope.Zone => place.Zone == Target,
            MaintenanceScope.Device => place.Device == Target && (!zoneOnly || kind == "fire-prealarm"),
            MaintenanceScope.Street => place.Street == Target && !zoneOnly,
            _ => place.Gateway == Target && !zoneOnly,
        };
    }
}

/// <summary>A window as HTTP shows it.</summary>
internal sealed record MaintenanceView(
    string Id,
    MaintenanceScope Scope,
    string Target,
    MaintenanceMode Mode,
    DateTimeOffset From,
    DateTimeOffset To,
    string? Note,
    string By,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt,
    string? EndedBy,
    MaintenanceState State)
{
    public static MaintenanceView Of(MaintenanceWindow w, long now) => new(
        w.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), w.Scope, w.Target, w.Mode, Instant.ToMoment(w.From), Instant.ToMoment(w.To), w.Note,
        w.By, Instant.ToMoment(w.CreatedAt), Instant.ToMoment(w.EndedAt ?? (now >= w.To ? w.To : null)), w.EndedBy, w.StateAt(now));
}
