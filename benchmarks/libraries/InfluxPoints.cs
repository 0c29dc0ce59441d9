using BenchmarkDotNet.Attributes;
using InfluxDB.Client.Api.Domain;
using InfluxDB.Client.Writes;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks.Libraries;

/// <summary>One reading of four metrics → the text that a write request takes.</summary>
public class InfluxPoints
{
    private readonly PointEncode _log = new();
    private readonly byte[] _line = new byte[512];

    /// <summary>Ours, from values: what the gateway does once, where a reading begins.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(InfluxPoints))]
    public int OursFromValues()
    {
        var writer = new LineWriter(_line);
        writer.Measurement("environment_station"u8);
        writer.Tag("device"u8, "env-hac-thanh-007"u8);
        writer.Float("temperature_celsius"u8, 31.2);
        writer.Float("relative_humidity_percent"u8, 78.5);
        writer.Float("pm2_5_ug_m3"u8, 22.4);
        writer.Float("pm10_ug_m3"u8, 41);
        return writer.End(Samples.Start) ? writer.Written : -1;
    }

    /// <summary>Ours, from the log: what the server does, because its log holds what the request takes.</summary>
    [Benchmark(OperationsPerInvoke = 50), BenchmarkCategory(nameof(InfluxPoints))]
    public int OursFromTheLog() => _log.Canonical();

    /// <summary>InfluxDB.Client's point, built and written as the client writes it.</summary>
    [Benchmark, BenchmarkCategory(nameof(InfluxPoints))]
    public int InfluxDbClient() => PointData.Measurement("environment_station")
        .Tag("device", "env-hac-thanh-007")
        .Field("temperature_celsius", 31.2)
        .Field("relative_humidity_percent", 78.5)
        .Field("pm2_5_ug_m3", 22.4)
        .Field("pm10_ug_m3", 41.0)
        .Timestamp(Samples.Start, WritePrecision.Ns)
        .ToLineProtocol().Length;

    /// <summary>The same by its builder, which makes one point only.</summary>
    [Benchmark, BenchmarkCategory(nameof(InfluxPoints))]
    public int InfluxDbClientBuilder() => PointData.Builder.Measurement("environment_station")
        .Tag("device", "env-hac-thanh-007")
        .Field("temperature_celsius", 31.2)
        .Field("relative_humidity_percent", 78.5)
        .Field("pm2_5_ug_m3", 22.4)
        .Field("pm10_ug_m3", 41.0)
        .Timestamp(Samples.Start, WritePrecision.Ns)
        .ToPointData().ToLineProtocol().Length;
}
