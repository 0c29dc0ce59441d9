using SmartCity.City;

namespace SmartCity.Edge.Runtime;

/// <summary>Where a fire zone stands.</summary>
internal enum ZoneStage
{
    /// <summary>Nothing is going on.</summary>
    Quiet,

    /// <summary>One detector has seen something.</summary>
    PreAlarm,

    /// <summary>Confirmed.</summary>
    Fire,
}

/// <summary>Fire zones without a server: every reading of a fire device goes through the city's own rules here, and the sirens follow.</summary>
internal sealed class FireDesk
{
    /// <summary>Stage of each zone; a fire device without a zone is a zone of its own, <c>device/ID</c>.</summary>
    public IReadOnlyDictionary<string, ZoneStage> Zones { get; } = new Dictionary<string, ZoneStage>(StringComparer.Ordinal);

    /// <summary>Sirens and whether each sounds, as its output says itself; null when it does not say.</summary>
    public IReadOnlyDictionary<string, bool?> Sirens { get; } = new Dictionary<string, bool?>(StringComparer.Ordinal);

    /// <summary>A zone is under test until then (a desired document's word): its sirens keep still. Null or the past ends it.</summary>
    public void SetMaintenance(string zone, DateTimeOffset? until) => throw new NotSupportedException($"zone {zone} until {until}: fire zones come with the next commit");

    /// <summary>Is shown a measurement before it is logged; true when the server must hear it now.</summary>
    public bool Measured(string device, DeviceKind kind, ReadOnlySpan<double> values, long timestamp) => false;
}
