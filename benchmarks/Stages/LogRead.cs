using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>A reader that keeps up: it gets what was just committed out of the log's memory. Per reading, of 32 publishes of fifty.</summary>
public class LogRead
{
    private const int Publishes = 32;
    private readonly byte[] _fifty = Samples.Fifty();
    private readonly ManualResetEventSlim _woken = new();
    private Action _wake = null!;
    private readonly byte[] _copy = new byte[1 << 20];
    private byte[] _bare = [];
    private BareFile _file = null!;
    private ScratchLog _log = null!;
    private LogReader _reader = null!;
    private LogCursor _begin;
    private int _bytes;

    [GlobalSetup]
    public void Setup()
    {
        _wake = _woken.Set;
        _log = new ScratchLog(follow: false);
        _begin = _log.Lane.End;
        Append();
        _bytes = (int)(_log.Lane.Appended - _begin.Position);
        while (_log.Lane.Appended - _begin.Position < 16 << 20)
        {
            Append();
        }

        while (_log.Lane.Committed < _log.Lane.Appended)
        {
            Thread.Yield();
        }

        _reader = _log.Lane.OpenReader("tail", _begin);
        _bare = new byte[_bytes];
        _file = new BareFile();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _file.Dispose();
        _log.Dispose();
    }

    /// <summary>As many bytes, copied once.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Publishes * 50), BenchmarkCategory(nameof(LogRead) + " memory")]
    public int LimitedMemory()
    {
        _bare.CopyTo(_copy, 0);
        return _copy[^1];
    }

    /// <summary>Copying frames out of the log's memory and walking through them. (The same 16 MiB again and again.)</summary>
    [Benchmark(OperationsPerInvoke = Publishes * 50), BenchmarkCategory(nameof(LogRead) + " memory")]
    public long FromMemory()
    {
        if (_reader.Lag < _bytes)
        {
            Position(_reader) = _begin.Position; // a new reader would have to make its buffer anew
        }

        var sum = 0L;
        _ = _reader.TryRead(_bytes, out var batch);
        foreach (var frame in batch)
        {
            sum += frame.Payload.Length;
        }

        return sum;
    }

    /// <summary>As many bytes written to a file and flushed: write and fdatasync, nothing else.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Publishes * 50), BenchmarkCategory(nameof(LogRead) + " tail")]
    public long LimitedTail() => _file.Append(_bare);

    /// <summary>Append, flush to disk, wake the reader, read: the whole round, most of which is the disk's.</summary>
    [Benchmark(OperationsPerInvoke = Publishes * 50), BenchmarkCategory(nameof(LogRead) + " tail")]
    public long Tail()
    {
        Append();
        while (_reader.Cursor.Position < _log.Lane.Appended)
        {
            var reading = _reader.ReadAsync(_bytes).GetAwaiter();
            if (!reading.IsCompleted)
            {
                _woken.Reset();
                reading.UnsafeOnCompleted(_wake);
                _woken.Wait();
            }

            _reader.Advance(reading.GetResult().End.Position);
        }

        return _reader.Held;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_position")]
    private static extern ref long Position(LogReader reader);

    private void Append()
    {
        for (var i = 0; i < Publishes; i++)
        {
            while (!_log.Lane.TryAppend(FrameFlags.None, 1, "gw-001"u8, _fifty, null, 0, out _))
            {
                Thread.Yield();
            }
        }
    }
}
