using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Telemetry;

/// <summary>
/// Reads committed frames in order, from memory while it keeps up and from disk when it does not. One caller at a time; what
/// is read stays on disk until <see cref="Advance"/> goes over it.
/// </summary>
public sealed class LogReader : IDisposable
{
    private readonly LogLane _lane;
    private readonly LogBatch _batch = new();
    private readonly ReaderWait _wait;
    private Segment? _segment;
    private SafeFileHandle? _file;
    private long _position;
    private long _held;
    private long _diskReads;
    private bool _disposed;

    internal LogReader(LogLane lane, string name, long position)
    {
        _lane = lane;
        Name = name;
        _position = _held = position;
        _wait = new ReaderWait(this, lane.Time);
    }

    /// <summary>The name under which it holds back deletion.</summary>
    public string Name { get; }

    /// <summary>Where the next batch will begin.</summary>
    public LogCursor Cursor => _lane.CursorAt(Volatile.Read(ref _position));

    /// <summary>Whether it has read everything that is committed.</summary>
    public bool CaughtUp => Volatile.Read(ref _position) >= _lane.Committed;

    /// <summary>Committed bytes that it has not read.</summary>
    public long Lag => Math.Max(0, _lane.Committed - Volatile.Read(ref _position));

    /// <summary>Up to where it has advanced: what lies above is kept for it.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>How often it had to read from disk.</summary>
    public long DiskReads => Volatile.Read(ref _diskReads);

    internal long Position => Volatile.Read(ref _position);

    internal bool HasData => !CaughtUp || Volatile.Read(ref _disposed) || _lane.IsClosed;

    /// <summary>
    /// The next frames that are there already: as many whole ones as fit <paramref name="maximumBytes"/>, and at least one; false
    /// when everything is read. The batch is the same object every time.
    /// </summary>
    /// <exception cref="LogDamagedException">The disk does not hold what was written.</exception>
    /// <exception cref="ObjectDisposedException">The reader, or the log, is closed.</exception>
    public bool TryRead(int maximumBytes, out LogBatch batch)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ObjectDisposedException.ThrowIf(_lane.IsClosed, _lane);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumBytes);
        batch = _batch;
        while (true)
        {
            SkipDropped();
            try
            {
                return TryReadHere(maximumBytes, batch);
            }
            catch (Exception error) when (_lane.DropsOldest && _position < _lane.First && error is LogDamagedException or FileNotFoundException)
            {
                // The file went away under us: on with what is left.
            }
        }
    }

    private bool TryReadHere(int maximumBytes, LogBatch batch)
    {
        var available = _lane.Committed - _position;
        if (available <= 0)
        {
            batch.Set(Cursor, 0, 0);
            return false;
        }

        var want = (int)Math.Min(available, Math.Max(maximumBytes, Frame.HeaderBytes));
        while (true)
        {
            var bytes = batch.Room(want);
            var fromMemory = _lane.Ring.TryCopy(_position, bytes);
            if (!fromMemory)
            {
                bytes = bytes[..ReadDisk(bytes)];
            }

            var length = Walk(bytes, verify: !fromMemory, out var count);
            if (count > 0)
            {
                batch.Set(Cursor, length, count);
                Volatile.Write(ref _position, _position + length);
                _lane.Moved();
                return true;
            }

            // A single frame longer than what was asked for: its own length, which Walk has checked, says how much to read.
            var needed = Frame.Length(bytes);
            want = needed > want ? needed : throw Damaged(0, "the frame reaches over the end of its file");
        }
    }

    /// <summary>Waits for frames and reads them, as <see cref="TryRead"/> does.</summary>
    /// <inheritdoc cref="TryRead"/>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    public ValueTask<LogBatch> ReadAsync(int maximumBytes, CancellationToken cancel = default) =>
        ReadAsync(maximumBytes, Timeout.InfiniteTimeSpan, cancel);

    /// <summary>The same, giving up after <paramref name="patience"/> with an empty batch: for readers that have something else to do from time to time.</summary>
    /// <inheritdoc cref="TryRead"/>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<LogBatch> ReadAsync(int maximumBytes, TimeSpan patience, CancellationToken cancel = default)
    {
        LogBatch batch;
        while (!TryRead(maximumBytes, out batch))
        {
            if (!await WaitAsync(patience, cancel) && patience != Timeout.InfiniteTimeSpan)
            {
                break;
            }
        }

        return batch;
    }

    /// <summary>Completes with true when there is something to read (or the log is closed, as the next read says), with false when <paramref name="patience"/> has run out.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Somebody waits already.</exception>
    public ValueTask<bool> WaitAsync(TimeSpan patience, CancellationToken cancel = default) => _wait.WaitAsync(patience, cancel);

    /// <summary>Says that everything below <paramref name="position"/> is dealt with and stored: it may be deleted, and no longer counts against the budget.</summary>
    /// <exception cref="ArgumentOutOfRangeException">That was not read yet, or lies below what was said before.</exception>
    public void Advance(long position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, _held);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _position);
        if (position > _held)
        {
            Volatile.Write(ref _held, position);
            _lane.Advanced();
        }
    }

    /// <summary>Stops reading. What it held is still held under its name: <see cref="LogLane.Forget"/> lets go of it.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        _wait.Wake();
        _file?.Dispose();
    }

    internal void Wake() => _wait.Wake();

    /// <summary>Whether a sound frame begins where the reader stands.</summary>
    internal bool BeginsFrame()
    {
        try
        {
            var head = _batch.Room(Frame.HeaderBytes);
            if (!_lane.Ring.TryCopy(_position, head) && ReadDisk(head) < head.Length)
            {
                return false;
            }

            var length = Frame.Length(head);
            if (length < Frame.HeaderBytes || length > Frame.MaximumBytes || length > _lane.Committed - _position)
            {
                return false;
            }

            var bytes = _batch.Room(length);
            return (_lane.Ring.TryCopy(_position, bytes) || ReadDisk(bytes) == length) && Frame.TryCheck(bytes, _position, out _);
        }
        catch (LogDamagedException)
        {
            return false;
        }
    }

    /// <summary>Goes over what was given up; nothing else may lie below the oldest frame kept.</summary>
    private void SkipDropped()
    {
        if (_lane.DropsOldest && _position < _lane.First)
        {
            Volatile.Write(ref _position, _lane.First);
        }
    }

    /// <summary>Reads as much as one file holds; at least a header, or it is damaged.</summary>
    private int ReadDisk(Span<byte> destination)
    {
        Interlocked.Increment(ref _diskReads);
        if (_segment is null || _position < _segment.Base || _position >= _segment.End)
        {
            _file?.Dispose();
            _file = null;
            _segment = _lane.Segments.Find(_position)
                ?? throw new LogDamagedException(_lane.Lane.ToString(), _position, "no file holds this position");
            _file = File.OpenHandle(_segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }

        var want = (int)Math.Min(destination.Length, _segment.End - _position);
        var got = 0;
        while (got < want)
        {
            var read = RandomAccess.Read(_file!, destination[got..want], _segment.Offset(_position + got));
            if (read == 0)
            {
                throw Damaged(got, "the file ends before the frames that were committed to it");
            }

            got += read;
        }

        return got;
    }

    /// <summary>Counts the whole frames; throws at the first that is none.</summary>
    private int Walk(ReadOnlySpan<byte> bytes, bool verify, out int count)
    {
        count = 0;
        var at = 0;
        while (bytes.Length - at >= Frame.HeaderBytes)
        {
            var length = Frame.Length(bytes[at..]);
            if (verify && (length < Frame.HeaderBytes || length > Frame.MaximumBytes || length > _lane.Committed - _position - at))
            {
                throw Damaged(at, "no frame has this length");
            }

            if (length > bytes.Length - at)
            {
                break;
            }

            if (verify && !Frame.TryCheck(bytes[at..], _position + at, out _))
            {
                throw Damaged(at, "the frame's checksum is wrong");
            }

            at += length;
            count++;
        }

        if (count == 0 && bytes.Length < Frame.HeaderBytes)
        {
            throw Damaged(0, "the file ends within a frame");
        }

        return at;
    }

    private LogDamagedException Damaged(int at, string what) => _segment is { } segment
        ? new LogDamagedException(segment.Path, segment.Offset(_position + at), what)
        : new LogDamagedException(_lane.Lane.ToString(), _position + at, string.Create(CultureInfo.InvariantCulture, $"{what} (in memory)"));
}
