using BenchmarkDotNet.Attributes;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>Appending to the log's memory while its committer takes it from there on its own thread, to no disk.</summary>
public class LogAppend : ILogWaiter
{
    private readonly byte[] _one = Samples.Line.ToArray();
    private readonly byte[] _fifty = Samples.Fifty();
    private readonly byte[] _copy = new byte[64 * 1024];
    private ScratchLog _log = null!;
    private long _durable;

    [GlobalSetup]
    public void Setup() => _log = new ScratchLog(disk: false, follow: false);

    [GlobalCleanup]
    public void Cleanup() => _log.Dispose();

    /// <summary>One pass (the checksum's) and one copy.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(LogAppend) + " 1")]
    public long LimitedOne() => Limit.PassAndCopy(_one, _copy);

    [Benchmark, BenchmarkCategory(nameof(LogAppend) + " 1")]
    public long OneReading() => Append(_one);

    /// <summary>The same of fifty, per reading.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = 50), BenchmarkCategory(nameof(LogAppend) + " 50")]
    public long LimitedFifty() => Limit.PassAndCopy(_fifty, _copy);

    /// <summary>Per reading, of a publish of fifty.</summary>
    [Benchmark(OperationsPerInvoke = 50), BenchmarkCategory(nameof(LogAppend) + " 50")]
    public long FiftyReadings() => Append(_fifty);

    public void Durable(long token) => _durable = token;

    private long Append(byte[] payload)
    {
        long position;
        while (!_log.Lane.TryAppend(FrameFlags.None, 1, "gw-001"u8, payload, this, 1, out position))
        {
            Thread.Yield();
        }

        return position + _durable;
    }
}
