using System.Runtime.CompilerServices;

namespace SmartCity.Telemetry;

/// <summary>One frame of a batch. Valid until the reader reads again.</summary>
public readonly ref struct LogFrame
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal LogFrame(long position, ReadOnlySpan<byte> bytes)
    {
        Position = position;
        _bytes = bytes;
    }

    /// <summary>Where the frame begins.</summary>
    public long Position { get; }

    /// <summary>Where the next one does.</summary>
    public long End => Position + _bytes.Length;

    /// <summary>What the intake found out about it.</summary>
    public FrameFlags Flags => Frame.Flags(_bytes);

    /// <summary>When it was received, nanoseconds since 1970.</summary>
    public long ReceivedAt => Frame.ReceivedAt(_bytes);

    /// <summary>Whether the next frame is of the same publish.</summary>
    public bool MoreFollow => Frame.MoreFollow(_bytes);

    /// <summary>The gateway.</summary>
    public ReadOnlySpan<byte> Source => _bytes.Slice(Frame.HeaderBytes, Frame.SourceLength(_bytes));

    /// <summary>Canonical lines, or a quarantine record when <see cref="FrameFlags.Rejected"/> is set.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[(Frame.HeaderBytes + Frame.SourceLength(_bytes))..];
}

/// <summary>Whole frames, one after the other, in the reader's own memory. Valid until the reader reads again.</summary>
public sealed class LogBatch
{
    private byte[] _bytes = [];
    private int _length;

    internal LogBatch()
    {
    }

    /// <summary>Where the first frame begins.</summary>
    public LogCursor Start { get; private set; }

    /// <summary>Behind the last frame: the cursor to store once the batch is dealt with.</summary>
    public LogCursor End => Start with { Position = Start.Position + _length };

    /// <summary>How many frames there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Bytes of the frames together.</summary>
    public int Bytes => _length;

    /// <summary>Goes over the frames.</summary>
    public Enumerator GetEnumerator() => new(this);

    internal Span<byte> Room(int bytes)
    {
        if (_bytes.Length < bytes)
        {
            _bytes = GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)bytes));
        }

        return _bytes.AsSpan(0, bytes);
    }

    internal void Set(LogCursor start, int length, int count)
    {
        Start = start;
        _length = length;
        Count = count;
    }

    /// <summary>Goes over the frames of a batch.</summary>
    public ref struct Enumerator
    {
        private readonly LogBatch _batch;
        private int _at;
        private int _next;

        internal Enumerator(LogBatch batch)
        {
            _batch = batch;
        }

        /// <summary>The frame reached.</summary>
        public readonly LogFrame Current => new(_batch.Start.Position + _at, _batch._bytes.AsSpan(_at, _next - _at));

        /// <summary>Goes to the next frame; false after the last.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext()
        {
            _at = _next;
            if (_at >= _batch._length)
            {
                return false;
            }

            _next += Frame.Length(_batch._bytes.AsSpan(_at));
            return true;
        }
    }
}
