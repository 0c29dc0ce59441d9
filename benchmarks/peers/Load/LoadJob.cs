using System.Text.Json.Serialization;

namespace SmartCity.Benchmarks.Peers;

/// <summary>What the generator's process is told, as its one argument: everything in it is the same for all peers but the target and the form.</summary>
/// <param name="Target"><c>mqtt://…</c> or <c>http://…</c>.</param>
/// <param name="Json">JSON instead of lines.</param>
/// <param name="Readings">Readings a publish or request.</param>
/// <param name="Connections">Connections, ten devices each.</param>
/// <param name="Window">Publishes (or requests) that a connection may have unacknowledged.</param>
/// <param name="PublishesPerSecond">Over all connections; 0 = as many as the window lets through.</param>
/// <param name="Seconds">How long new ones are made.</param>
/// <param name="Prefix">Begin of client and device names.</param>
internal sealed record LoadJob(string Target, bool Json, int Readings, int Connections, int Window, double PublishesPerSecond, double Seconds, string Prefix);

/// <summary>What it saw.</summary>
/// <param name="StartUnixMs">When its schedule began.</param>
/// <param name="Seconds">From then to the last acknowledgement.</param>
/// <param name="Readings">Acknowledged.</param>
/// <param name="P50Ms">Due → acknowledged: half of them within this.</param>
/// <param name="P99Ms">99 % of them.</param>
/// <param name="P999Ms">99.9 % of them.</param>
/// <param name="Refused">Answered with an error.</param>
/// <param name="CpuSeconds">What the generator itself used.</param>
internal sealed record LoadSeen(double StartUnixMs, double Seconds, long Readings, double P50Ms, double P99Ms, double P999Ms, long Refused, double CpuSeconds);

/// <summary>Both as JSON, and the results.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LoadJob))]
[JsonSerializable(typeof(LoadSeen))]
[JsonSerializable(typeof(PeerResult))]
internal sealed partial class PeerJson : JsonSerializerContext;
