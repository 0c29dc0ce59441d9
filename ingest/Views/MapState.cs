using SmartCity.City;

namespace SmartCity.Ingest.Views;

/// <summary>How a device looks on the map. The order is the contract's: the number is what goes over the wire.</summary>
internal enum MapState
{
    /// <summary>Heard within three reporting intervals, and nothing open.</summary>
    Ok,

    /// <summary>Not heard for three reporting intervals: its values are not of now.</summary>
    Stale,

    /// <summary>Never heard.</summary>
    Never,

    /// <summary>Its worst open alert is an information.</summary>
    Info,

    /// <inheritdoc cref="Info"/>
    Minor,

    /// <inheritdoc cref="Info"/>
    Major,

    /// <inheritdoc cref="Info"/>
    Critical,

    /// <summary>Only alerts of a test or drill are open.</summary>
    Test,

    /// <summary>Another server has its readings and does not answer this one: whether it is silent is not known here.</summary>
    Unknown,
}

/// <summary>How states are judged.</summary>
internal static class MapStates
{
    /// <summary>Reporting intervals after which a value is not of now: fire.md's limit of silence.</summary>
    public const int Intervals = 3;

    /// <summary>In the order of their numbers.</summary>
    public static readonly string[] Words = ["ok", "stale", "never", "info", "minor", "major", "critical", "test", "unknown"];

    /// <summary>The look of an open alert.</summary>
    public static MapState Of(Severity severity, bool test) => test ? MapState.Test : severity switch
    {
        Severity.Critical => MapState.Critical,
        Severity.Major => MapState.Major,
        Severity.Minor => MapState.Minor,
        _ => MapState.Info,
    };

    /// <summary>The one of two that must be seen. A live alert goes before a test, whatever its severity; a test before no alert.</summary>
    public static MapState Worse(MapState a, MapState b) => Rank(a) >= Rank(b) ? a : b;

    /// <summary>The look of a device that has no open alert.</summary>
    /// <param name="measured">When its newest reading was measured, Unix ns; 0 = none.</param>
    /// <param name="interval">Its reporting interval; null when its kind is not known, then it never goes stale.</param>
    /// <param name="now">Unix ns.</param>
    public static MapState OfSilence(long measured, TimeSpan? interval, long now) => measured == 0 ? MapState.Never
        : interval is { } every && now - measured > every.Ticks * 100 * Intervals ? MapState.Stale
        : MapState.Ok;

    private static int Rank(MapState state) => state switch
    {
        MapState.Unknown => 2,
        MapState.Test => 3,
        >= MapState.Info => (int)state + 1,
        _ => (int)state,
    };
}
