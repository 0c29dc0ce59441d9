using System.Buffers;
using BenchmarkDotNet.Attributes;
using SmartCity.City;
using SmartCity.Ingest.Intake;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>From a publish's payload to the log's memory: read, look up in a registry of a thousand devices, check kind, owner, time,
/// types and ranges, rewrite in canonical form, append. The log commits meanwhile, to no disk.</summary>
public class IntakeAccept : ILogWaiter
{
    private readonly IntakeSource _source = IntakeSource.OfGateway("gw-001", Lane.Telemetry);
    private readonly ReadOnlySequence<byte> _one = new(Samples.Line.ToArray());
    private readonly ReadOnlySequence<byte> _fifty = new(Samples.FiftyDevices());
    private readonly byte[] _copy = new byte[64 * 1024];
    private ScratchLog _log = null!;
    private Intake _intake = null!;
    private long _durable;

    [GlobalSetup]
    public void Setup()
    {
        _log = new ScratchLog(disk: false, follow: false);
        _intake = new Intake(KindCatalog.BuiltIn, new Town(1000), _log.Log, new IntakeMetrics(), TimeProvider.System);
    }

    [GlobalCleanup]
    public void Cleanup() => _log.Dispose();

    /// <summary>One pass and one copy.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(IntakeAccept) + " 1")]
    public long LimitedOne() => Limit.PassAndCopy(_one.FirstSpan, _copy);

    [Benchmark, BenchmarkCategory(nameof(IntakeAccept) + " 1")]
    public long OneReading() => Accept(_one);

    /// <summary>The same of fifty, per reading.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = 50), BenchmarkCategory(nameof(IntakeAccept) + " 50")]
    public long LimitedFifty() => Limit.PassAndCopy(_fifty.FirstSpan, _copy);

    /// <summary>Per reading, of a publish of fifty.</summary>
    [Benchmark(OperationsPerInvoke = 50), BenchmarkCategory(nameof(IntakeAccept) + " 50")]
    public long FiftyReadings() => Accept(_fifty);

    public void Durable(long token) => _durable = token;

    private long Accept(in ReadOnlySequence<byte> payload)
    {
        IntakeOutcome outcome;
        while ((outcome = _intake.Accept(_source, payload, this, 1, mayRegister: false)) == IntakeOutcome.NoTelemetryRoom)
        {
            Thread.Yield();
        }

        return outcome == IntakeOutcome.Taken ? _durable : throw new InvalidOperationException($"the sample was not taken: {outcome}");
    }
}
