namespace SmartCity.City;

/// <summary>What the city knows about one fire zone.</summary>
public sealed record ZoneContext
{
    private ZoneContext(string subject) => Subject = subject;

    /// <summary><c>zone/ID</c>, or <c>device/ID</c> for a device of no zone: who, in an alert's identifier.</summary>
    public string Subject { get; }

    /// <summary>The zone; null for a device of no zone.</summary>
    public string? Zone { get; private init; }

    /// <summary>The device that stands for itself; null for a zone.</summary>
    public string? Device { get; private init; }

    /// <summary>A pre-alarm that nobody acknowledges within this (of its arrival) becomes a fire.</summary>
    public TimeSpan AcknowledgeWithin { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>A second detector this long after the first one's alarm ended still confirms it (60 s by fire.md).</summary>
    public TimeSpan Coincidence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A zone.</summary>
    public static ZoneContext OfZone(string id) => new($"zone/{id}") { Zone = id };

    /// <summary>A device without a zone, or that nobody registered: it is a zone of its own, so that its alarm is never lost.</summary>
    public static ZoneContext OfDevice(string id) => new($"device/{id}") { Device = id };
}
