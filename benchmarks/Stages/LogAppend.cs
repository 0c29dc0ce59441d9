using BenchmarkDotNet.Attributes;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>Appending to the log while its committer writes and flushes on its own thread. Waiting for room counts.</summary>
public class LogAppend : ILogWaiter
{
    private readonly byte[] _one = Samples.Line.ToArray();
    private readonly byte[] _fifty = Samples.Fifty();
    private string _directory = "";
    private CityLog _log = null!;
    private long _durable;

    [GlobalSetup]
    public void Setup()
    {
        _directory = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
        _log = CityLog.Open(new LogOptions { Directory = _directory, BudgetBytes = 1L << 40, MinimumFreeBytes = 0, ReserveBytes = 0 }, TimeProvider.System);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _log.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark]
    public long OneReading() => Append(_one);

    [Benchmark]
    public long FiftyReadings() => Append(_fifty);

    public void Durable(long token) => _durable = token;

    private long Append(byte[] payload)
    {
        long position;
        while (!_log[Lane.Telemetry].TryAppend(FrameFlags.None, 1, "gw-001"u8, payload, this, 1, out position))
        {
            Thread.Yield();
        }

        return position + _durable;
    }
}
