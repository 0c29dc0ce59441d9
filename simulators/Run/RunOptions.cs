using SmartCity.Edge;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Run;

/// <summary>How a city lives.</summary>
internal sealed record RunOptions
{
    /// <summary>Which city.</summary>
    public required CityOptions City { get; init; }

    /// <summary>Servers in order of preference.</summary>
    public required IReadOnlyList<ServerEndpoint> Servers { get; init; }

    /// <summary>Every other gateway prefers the second server, so that both have work.</summary>
    public bool InTurn { get; init; }

    /// <summary>Where the gateways' logs are; each has a directory of its name there.</summary>
    public required string Data { get; init; }

    /// <summary>Directory with <c>ca.crt</c> and each gateway's certificate and key; null for plain connections.</summary>
    public string? Certificates { get; init; }

    /// <summary>Readings a second of the whole city; 0 = as often as the kinds say.</summary>
    public double Rate { get; init; } = 300;

    /// <summary>Each gateway's link can be cut (<see cref="CityFaults"/>): its connections go through a relay.</summary>
    public bool Links { get; init; }

    /// <summary>Serial lines take their time, as at 9600 baud. Not for a <see cref="Rate"/> far above what the kinds say.</summary>
    public bool LineTime { get; init; }

    /// <summary>How long to measure; null = until stopped.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How long the last acknowledgements are awaited at the end.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Scenarios, by name.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [];

    /// <summary>When they begin.</summary>
    public TimeSpan ScenarioAt { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the flood's week takes.</summary>
    public TimeSpan FloodDuration { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>The flood carries the stamps of August 2025 instead of live ones.</summary>
    public bool Historical { get; init; }

    /// <summary>File to list acknowledged readings in; null = none.</summary>
    public string? Ledger { get; init; }
}
