using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Simulators.Sweep;

/// <summary>One line of <c>artifacts/e2e/results.jsonl</c>: what one point of a sweep showed. What does not apply to a point is left out.</summary>
internal sealed record SweepResult
{
    /// <summary>What it is called in tables and pictures.</summary>
    public required string Name { get; init; }

    /// <summary>The sweep it belongs to; <c>peer</c> for other programs.</summary>
    public required string Group { get; init; }

    /// <summary>Readings (lines) in a publish.</summary>
    public int? ReadingsPerPublish { get; init; }

    /// <summary>MQTT connections.</summary>
    public int? Connections { get; init; }

    /// <summary>Quality of service.</summary>
    public int? Qos { get; init; }

    /// <summary>Over TLS.</summary>
    public bool? Tls { get; init; }

    /// <summary>Registered devices, each of which is heard of.</summary>
    public int? Devices { get; init; }

    /// <summary>Readings/s that the schedule asked for; null: as many as windows of unacknowledged publishes let through.</summary>
    public double? AskedPerSecond { get; init; }

    /// <summary>Acknowledged (QoS 0: taken) readings a second.</summary>
    public double? ReadingsPerSecond { get; init; }

    /// <summary>The same divided by the time until every reader had caught up.</summary>
    public double? CaughtUpPerSecond { get; init; }

    /// <summary>Processor time of the server, kernel included, until every reader had caught up.</summary>
    public double? CpuMicrosPerReading { get; init; }

    /// <summary>Bytes allocated, the looks at /metrics taken off.</summary>
    public double? AllocatedPerReading { get; init; }

    /// <summary>Time the server stood still for garbage collection.</summary>
    public double? GcPauseMs { get; init; }

    /// <summary>Bytes of log a reading.</summary>
    public double? LogBytesPerReading { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? P50Ms { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? P999Ms { get; init; }

    /// <summary>Publish → PUBACK, counted from the schedule.</summary>
    public double? MaximumMs { get; init; }

    /// <summary>Resident memory of the server at the end.</summary>
    public double? ResidentMb { get; init; }

    /// <summary>Alarms sent beside it, and those whose event came.</summary>
    public int? Alarms { get; init; }

    /// <summary>Alarms whose event never came.</summary>
    public int? AlarmsMissing { get; init; }

    /// <summary>Alarm publish → its event read from the stream.</summary>
    public double? AlarmP50Ms { get; init; }

    /// <summary>Alarm publish → its event read from the stream.</summary>
    public double? AlarmP99Ms { get; init; }

    /// <summary>Alarm publish → its event read from the stream.</summary>
    public double? AlarmMaximumMs { get; init; }

    /// <summary>Memory an idle connection takes in the server.</summary>
    public double? BytesPerConnection { get; init; }

    /// <summary>Time to import the registry.</summary>
    public double? ImportSeconds { get; init; }

    /// <summary>Time from starting the server to its ready line.</summary>
    public double? StartSeconds { get; init; }

    /// <summary>How long it ran.</summary>
    public double? Seconds { get; init; }

    /// <summary>The generator's own processor time.</summary>
    public double? GeneratorMicrosPerPublish { get; init; }

    /// <summary>Load average of a minute before the point.</summary>
    public double? LoadAverage { get; init; }

    /// <summary>What else has to be said.</summary>
    public string? Note { get; init; }

    /// <summary>As one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SweepJson.Default.SweepResult);

    /// <summary>Reads a file of them; a missing one holds none.</summary>
    public static IReadOnlyList<SweepResult> Read(string path) => File.Exists(path)
        ? [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => JsonSerializer.Deserialize(l, SweepJson.Default.SweepResult)!)]
        : [];
}

/// <summary>What stands over the tables: where and of what they are.</summary>
internal sealed record SweepHead(string Machine, string Cores, string Commit, string When, string LoadBefore, string LoadAfter, string Options);

/// <summary>One look at a long run.</summary>
/// <param name="Second">Since its beginning.</param>
/// <param name="Readings">Taken so far.</param>
/// <param name="LagMb">MB of log that is kept for a reader; what history has in memory and not yet in its file is among it.</param>
/// <param name="ResidentMb">Memory.</param>
internal sealed record SweepSample(double Second, double Readings, double LagMb, double ResidentMb);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SweepResult))]
[JsonSerializable(typeof(SweepHead))]
[JsonSerializable(typeof(SweepSample))]
internal sealed partial class SweepJson : JsonSerializerContext;
