using BenchmarkDotNet.Attributes;
using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>From a frame of the log to the text of a write request; per reading, of a frame of fifty.</summary>
public class PointEncode
{
    private const int Full = 1 << 20;
    private readonly byte[] _copy = new byte[Full];
    private readonly byte[] _fifty = Samples.FiftyDevices();
    private readonly HistoryBatch _canonical = new(Lane.Telemetry, PointEncoding.Canonical);
    private readonly HistoryBatch _numeric = new(Lane.Telemetry, new PointEncoding(NumericOnly: true, Precision.Millisecond));

    /// <summary>One pass over the lines, and a copy of them.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = 50), BenchmarkCategory(nameof(PointEncode))]
    public long Limited() => Limit.PassAndCopy(_fifty, _copy);

    /// <summary>For InfluxDB and the embedded store: the log's lines are what they want, so they are checked and copied.</summary>
    [Benchmark(OperationsPerInvoke = 50), BenchmarkCategory(nameof(PointEncode))]
    public int Canonical() => Append(_canonical);

    /// <summary>For a store of numbers and milliseconds: every line is read and written anew.</summary>
    [Benchmark(OperationsPerInvoke = 50), BenchmarkCategory(nameof(PointEncode))]
    public int NumericMilliseconds() => Append(_numeric);

    private int Append(HistoryBatch batch)
    {
        if (batch.Text.Length > Full)
        {
            batch.Clear();
        }

        batch.Append(FrameFlags.None, _fifty);
        return batch.Lines;
    }
}
