using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Simulators.Run;

/// <summary>How a run stands.</summary>
internal sealed record RunStatus
{
    /// <summary><c>running</c>, <c>draining</c> or <c>done</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Since the start.</summary>
    public required double Seconds { get; init; }

    /// <summary>Gateways in all.</summary>
    public required int Gateways { get; init; }

    /// <summary>Those whose both connections stand.</summary>
    public required int Connected { get; init; }

    /// <summary>Readings logged by the gateways.</summary>
    public required long Measured { get; init; }

    /// <summary>Readings acknowledged.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Acknowledged readings of the alarm lane.</summary>
    public required long Alarms { get; init; }

    /// <summary>Readings that a full log did not take.</summary>
    public required long NoRoom { get; init; }

    /// <summary>Publishes the server refused.</summary>
    public required long Refused { get; init; }

    /// <summary>Changes to another server.</summary>
    public required long Failovers { get; init; }

    /// <summary>Bytes in the gateways' logs that are not acknowledged.</summary>
    public required long BacklogBytes { get; init; }

    /// <summary>Scenarios at work.</summary>
    public required IReadOnlyList<string> Scenarios { get; init; }

    /// <summary>What is broken: <c>device fault</c> each.</summary>
    public required IReadOnlyList<string> Planted { get; init; }

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Default.RunStatus);

    /// <summary>One line for people.</summary>
    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Phase} {Seconds,6:0.0} s  gateways {Connected}/{Gateways}  measured {Measured:N0}  acknowledged {Acknowledged:N0} (alarm lane {Alarms:N0})  backlog {BacklogBytes / 1024.0:N0} KiB{(Scenarios.Count > 0 ? "  " + string.Join(", ", Scenarios) : "")}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunStatus))]
internal sealed partial class RunJson : JsonSerializerContext;
