using BenchmarkDotNet.Attributes;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Embedded;
using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>From frames of the log into the embedded history store; per reading of four metrics, 1,000 devices, of frames of fifty.</summary>
public class HistoryWrite
{
    private const int Devices = 1_000;
    private const int PerFrame = 50;
    private const int Frames = Devices / PerFrame;
    private const int Rounds = 100;

    private readonly string _folder = Path.Combine(AppContext.BaseDirectory, "scratch-" + Guid.NewGuid().ToString("N"));
    private readonly byte[][] _frames = [.. Enumerable.Range(0, Frames).Select(f => Samples.FiftyDevices(f * PerFrame))];
    private QuarantineStore _quarantine = null!;
    private EmbeddedHistoryStore _store = null!;
    private HistoryBatch _batch = null!;
    private long _stamp = Samples.Start;
    private long _position;

    [GlobalSetup]
    public void Setup()
    {
        _quarantine = new QuarantineStore(Path.Combine(_folder, "quarantine.db"), new QuarantineOptions(), TimeProvider.System);
        _store = new EmbeddedHistoryStore(Path.Combine(_folder, "history.db"), new EmbeddedOptions { Days = 3650, MaximumBytes = 1L << 30 }, _quarantine, TimeProvider.System);
        _batch = new HistoryBatch(Lane.Telemetry, _store.Encoding);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _quarantine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Taken into memory and, as the store finds it due, written: all that a reading costs, the disk's time too.</summary>
    [Benchmark(OperationsPerInvoke = Rounds * Devices)]
    public long Embedded()
    {
        for (var round = 0; round < Rounds; round++)
        {
            _stamp += 1_000_000_000;
            _batch.Clear();
            foreach (var frame in _frames)
            {
                Samples.Stamp(frame, _stamp);
                _batch.Append(FrameFlags.None, frame);
            }

            _batch.Cursor = new LogCursor(Guid.Empty, Lane.Telemetry, ++_position);
            Now(_store.WriteAsync(_batch, default));
        }

        return _position;
    }

    /// <summary>A hundred readings of each device taken, then all written: one transaction of a thousand blocks.</summary>
    [Benchmark(OperationsPerInvoke = Rounds * Devices)]
    public long EmbeddedFlush()
    {
        Embedded();
        Now(_store.SettleAsync(now: true, default));
        return _position;
    }

    private static void Now(ValueTask<HistoryWritten> written)
    {
        if (!written.IsCompletedSuccessfully)
        {
            written.AsTask().GetAwaiter().GetResult();
        }
    }

    private static void Now(ValueTask settled)
    {
        if (!settled.IsCompletedSuccessfully)
        {
            settled.AsTask().GetAwaiter().GetResult();
        }
    }
}
