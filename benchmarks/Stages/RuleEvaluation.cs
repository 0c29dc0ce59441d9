using BenchmarkDotNet.Attributes;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>From a frame of the log to the grains: read its lines again, find each device's grain, run its kind's rules on its
/// state. Nothing is wrong in the city, and no checkpoint falls due.</summary>
public class RuleEvaluation
{
    private const long Second = 1_000_000_000;
    private readonly byte[] _one = Samples.Line.ToArray();
    private readonly byte[] _fifty = Samples.FiftyDevices();
    private readonly LogCursor _log = new(Guid.NewGuid(), Lane.Telemetry, 0);
    private EmbeddedHost _host = null!;
    private long _round;

    [GlobalSetup]
    public void Setup() => _host = new EmbeddedHost(
        Lane.Telemetry, KindCatalog.BuiltIn, new Town(1000), new NoBook(), TimeProvider.System,
        new HostOptions { SnapshotBytes = long.MaxValue, SnapshotInterval = TimeSpan.MaxValue });

    /// <summary>One pass over the frame.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(RuleEvaluation) + " 1")]
    public long LimitedOne() => Limit.Pass(_one);

    [Benchmark, BenchmarkCategory(nameof(RuleEvaluation) + " 1")]
    public long OneReading() => Apply(_one);

    /// <summary>The same of fifty, per reading.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = 50), BenchmarkCategory(nameof(RuleEvaluation) + " 50")]
    public long LimitedFifty() => Limit.Pass(_fifty);

    /// <summary>Per reading, of a frame of fifty.</summary>
    [Benchmark(OperationsPerInvoke = 50), BenchmarkCategory(nameof(RuleEvaluation) + " 50")]
    public long FiftyReadings() => Apply(_fifty);

    // Each round is a second later than the one before: the same again would be duplicates, which cost less.
    private long Apply(byte[] lines)
    {
        var stamp = Samples.Start + (++_round * Second);
        Samples.Stamp(lines, stamp);
        _host.ApplyFrame(_log with { Position = _round }, FrameFlags.None, stamp, lines);
        var commit = _host.CommitAsync(CancellationToken.None);
        return commit.IsCompletedSuccessfully && _host.Counters.Changes == 0
            ? _host.Counters.Lines
            : throw new InvalidOperationException("the sample raised an alert");
    }
}
