using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Simulators.Flavours;

/// <summary>One line of <c>artifacts/flavours/results.jsonl</c>: what one point of one case showed in one round. What does not apply is left out.</summary>
internal sealed record FlavourResult
{
    /// <summary>The load, in words; the same for every case.</summary>
    public required string Load { get; init; }

    /// <summary>The case's name.</summary>
    public required string Flavour { get; init; }

    /// <summary>Servers that ran.</summary>
    public required int Servers { get; init; }

    /// <summary>From 1.</summary>
    public required int Round { get; init; }

    /// <summary>What was measured.</summary>
    public string? Commit { get; init; }

    /// <summary>Readings/s that the schedule asked for; null: as many as windows of unacknowledged publishes let through.</summary>
    public double? AskedPerSecond { get; init; }

    /// <summary>Acknowledged readings a second.</summary>
    public double? ReadingsPerSecond { get; init; }

    /// <summary>The same divided by the time until every reader of every server had caught up.</summary>
    public double? CaughtUpPerSecond { get; init; }

    /// <summary>Readings that were acknowledged and that history does not have; must be 0.</summary>
    public double? Lost { get; init; }

    /// <summary>Processor time of all servers, kernel included, until every reader had caught up.</summary>
    public double? CpuMicrosPerReading { get; init; }

    /// <summary>PostgreSQL's.</summary>
    public double? BookMicrosPerReading { get; init; }

    /// <summary>The generator's.</summary>
    public double? GeneratorMicrosPerReading { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? P50Ms { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? MaximumMs { get; init; }

    /// <summary>Alarms sent.</summary>
    public int? Alarms { get; init; }

    /// <summary>Alarms whose event never came, at whichever server.</summary>
    public int? AlarmsMissing { get; init; }

    /// <summary>Alarm publish → PUBACK.</summary>
    public double? AlarmAckP50Ms { get; init; }

    /// <summary>Alarm publish → PUBACK.</summary>
    public double? AlarmAckP99Ms { get; init; }

    /// <summary>Alarm publish → its event read at the server that took it.</summary>
    public double? AlarmP50Ms { get; init; }

    /// <summary>Alarm publish → its event read at the server that took it.</summary>
    public double? AlarmP99Ms { get; init; }

    /// <summary>Alarm publish → its event read at the server that took it.</summary>
    public double? AlarmMaximumMs { get; init; }

    /// <summary>Alarm publish → its event read at the other server.</summary>
    public double? BesideP50Ms { get; init; }

    /// <summary>Alarm publish → its event read at the other server.</summary>
    public double? BesideP99Ms { get; init; }

    /// <summary>Resident memory of all servers at the end.</summary>
    public double? ResidentMb { get; init; }

    /// <summary>Load average of a minute before the point.</summary>
    public double? LoadAverage { get; init; }

    /// <summary>What else has to be said.</summary>
    public string? Note { get; init; }

    /// <summary>As one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, FlavourJson.Default.FlavourResult);

    /// <summary>Reads a file of them; a missing one holds none.</summary>
    public static IReadOnlyList<FlavourResult> Read(string path) => File.Exists(path)
        ? [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => JsonSerializer.Deserialize(l, FlavourJson.Default.FlavourResult)!)]
        : [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FlavourResult))]
internal sealed partial class FlavourJson : JsonSerializerContext;
