using System.Globalization;
using System.Text.Json.Serialization;

namespace SmartCity.Simulators.Load;

/// <summary>What a run of the load generator showed. Times in µs, from the moment the schedule wanted a publish sent.</summary>
internal sealed record LoadReport
{
    /// <summary>Publishes acknowledged.</summary>
    public required long Publishes { get; init; }

    /// <summary>Readings in them.</summary>
    public required long Readings { get; init; }

    /// <summary>From the start to the last acknowledgement.</summary>
    public required double Seconds { get; init; }

    /// <summary>Acknowledged readings a second.</summary>
    public required double ReadingsPerSecond { get; init; }

    /// <summary>Half of all acknowledgements came within this.</summary>
    public required long P50 { get; init; }

    /// <summary>99 % of them.</summary>
    public required long P99 { get; init; }

    /// <summary>99.9 % of them.</summary>
    public required long P999 { get; init; }

    /// <summary>All of them.</summary>
    public required long Maximum { get; init; }

    /// <summary>Publishes sent again after a lost connection.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Publishes answered with an error.</summary>
    public required long Refused { get; init; }

    /// <summary>Connections lost or not made.</summary>
    public required long Failures { get; init; }

    /// <summary>The generator's own processor time, µs a publish.</summary>
    public double GeneratorMicros { get; init; }

    /// <summary>The reason of one of them.</summary>
    public string? LastFailure { get; init; }

    /// <summary>Adds up what the connections saw.</summary>
    public static LoadReport Of(LoadOptions options, IReadOnlyList<LoadSequence> sequences, long start, TimeSpan processor, TimeProvider time)
    {
        var latency = new Histogram();
        foreach (var one in sequences.Select(s => s.Latency).Distinct())
        {
            latency.Add(one);
        }

        var publishes = sequences.Sum(s => s.Acknowledged);
        var seconds = publishes == 0 ? 0 : time.GetElapsedTime(start, sequences.Max(s => s.LastAcknowledgement)).TotalSeconds;
        var readings = publishes * options.ReadingsPerPublish;
        return new LoadReport
        {
            Publishes = publishes,
            Readings = readings,
            Seconds = Math.Round(seconds, 3),
            ReadingsPerSecond = seconds > 0 ? Math.Round(readings / seconds) : 0,
            P50 = latency.Percentile(50),
            P99 = latency.Percentile(99),
            P999 = latency.Percentile(99.9),
            Maximum = latency.Maximum,
            Duplicates = sequences.Sum(s => s.Duplicates),
            Refused = sequences.Sum(s => s.Refused),
            Failures = sequences.Sum(s => s.Failures),
            GeneratorMicros = publishes == 0 ? 0 : Math.Round(processor.TotalMicroseconds / publishes, 2),
            LastFailure = sequences.Select(s => s.LastFailure).LastOrDefault(f => f is not null),
        };
    }

    /// <summary>For people, one fact a line.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"""
        readings acknowledged  {Readings:N0} in {Seconds:0.0} s = {ReadingsPerSecond:N0}/s
        publishes acknowledged {Publishes:N0}
        publish to PUBACK      p50 {P50 / 1000.0:0.00} ms, p99 {P99 / 1000.0:0.00} ms, p99.9 {P999 / 1000.0:0.00} ms, max {Maximum / 1000.0:0.00} ms
        sent again             {Duplicates:N0}
        refused                {Refused:N0}
        generator's own cost   {GeneratorMicros:0.00} µs of processor time a publish
        connection failures    {Failures:N0}{(LastFailure is null ? "" : " (" + LastFailure + ")")}
        """);
}

/// <summary>Everything needed to compute what a store must hold after a run: for each device its stamps; the value of the first
/// metric of a device's k-th reading is row k mod 100 of the table (see <see cref="LoadReadings"/>).</summary>
internal sealed record LoadLedger(string Kind, string Metric, LoadReport Report, IReadOnlyList<LedgerRow> Devices);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadLedger))]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadJson : JsonSerializerContext;
