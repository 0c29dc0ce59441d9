using System.Buffers;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using SmartCity.City;
using SmartCity.Ingest.Intake;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>What intake pays when a million devices are registered and every line is of another one, chosen at random: none of them is in any cache.
/// Beside it the lookup alone.</summary>
public class IntakeOfMillion : ILogWaiter
{
    private const int Devices = 1_000_000;
    private const int Digits = 7;
    private const int Publish = 50;
    private readonly IntakeSource _source = IntakeSource.OfGateway("gw-001", Lane.Telemetry);
    private readonly byte[] _copy = new byte[64 * 1024];
    private byte[] _lines = null!;
    private int[] _places = null!;
    private ReadOnlySequence<byte> _payload;
    private Town _town = null!;
    private ScratchLog _log = null!;
    private Intake _intake = null!;
    private ulong _random = 1;
    private long _durable;

    [GlobalSetup]
    public void Setup()
    {
        _town = new Town(Devices, Devices);
        _log = new ScratchLog(disk: false, follow: false);
        _intake = new Intake(KindCatalog.BuiltIn, _town, _log.Log, new IntakeMetrics(), TimeProvider.System);
        var line = Encoding.UTF8.GetString(Samples.Line).Replace(Samples.Device(7), Samples.Device(Devices), StringComparison.Ordinal);
        _lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, Publish)));
        _places = [.. Enumerable.Range(0, Publish).Select(i => (i * line.Length) + line.IndexOf(Devices.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))];
        _payload = new ReadOnlySequence<byte>(_lines);
    }

    [GlobalCleanup]
    public void Cleanup() => _log.Dispose();

    /// <summary>One pass and one copy.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Publish), BenchmarkCategory(nameof(IntakeOfMillion))]
    public long LimitedFifty() => Limit.PassAndCopy(_lines, _copy);

    /// <summary>Per reading, of a publish of fifty.</summary>
    [Benchmark(OperationsPerInvoke = Publish), BenchmarkCategory(nameof(IntakeOfMillion))]
    public long FiftyReadings()
    {
        Rename();
        IntakeOutcome outcome;
        while ((outcome = _intake.Accept(_source, _payload, this, 1, mayRegister: false)) == IntakeOutcome.NoTelemetryRoom)
        {
            Thread.Yield();
        }

        return outcome == IntakeOutcome.Taken ? _durable : throw new InvalidOperationException($"the sample was not taken: {outcome}");
    }

    /// <summary>The registry alone: the processor looks up several at a time.</summary>
    [Benchmark(OperationsPerInvoke = Publish), BenchmarkCategory(nameof(IntakeOfMillion))]
    public int LookUp()
    {
        Rename();
        var found = 0;
        foreach (var place in _places)
        {
            found += _town.Find(_lines.AsSpan(place - 14, 14 + Digits))!.Kind.Length;
        }

        return found;
    }

    public void Durable(long token) => _durable = token;

    private void Rename()
    {
        foreach (var place in _places)
        {
            _random = (_random * 6364136223846793005) + 1442695040888963407;
            var number = (uint)((_random >> 32) * Devices >> 32);
            for (var i = Digits - 1; i > 0; i--)
            {
                (number, var digit) = Math.DivRem(number, 10);
                _lines[place + i] = (byte)('0' + digit);
            }
        }
    }
}
