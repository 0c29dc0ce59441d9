using System.Buffers.Binary;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>Lines of one lane on their way to the store, and the cursor that says how far they reach. Used again for every batch.</summary>
internal sealed class HistoryBatch(Lane lane, PointEncoding encoding)
{
    private const int FrameHead = 2 * sizeof(int);

    private readonly ByteBuffer _buffer = new(64 * 1024);

    /// <summary>Whose lines.</summary>
    public Lane Lane { get; } = lane;

    /// <summary>Behind the last frame in here; saved once the store has the lines.</summary>
    public LogCursor Cursor { get; set; }

    /// <summary>Lines in <see cref="Text"/>.</summary>
    public int Lines { get; private set; }

    /// <summary>Lines left out because this store keeps numbers only.</summary>
    public int Skipped { get; private set; }

    /// <summary>The lines, each ended by a newline; for a store that reads the log's own frames, those. Valid until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Text => _buffer.Memory;

    /// <summary>The frames, of a batch made with <see cref="PointEncoding.Logged"/>.</summary>
    public FrameEnumerator Frames => new(_buffer.Span);

    /// <summary>Adds a frame's lines; a frame of rejected lines adds nothing (the quarantine's reader takes those).</summary>
    public void Append(FrameFlags flags, ReadOnlySpan<byte> payload)
    {
        if ((flags & FrameFlags.Rejected) != 0)
        {
            return;
        }

        if (ReferenceEquals(encoding, PointEncoding.Logged))
        {
            var head = _buffer.GetSpan(FrameHead);
            BinaryPrimitives.WriteInt32LittleEndian(head, payload.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(int)..], (int)flags);
            _buffer.Advance(FrameHead);
            _buffer.Write(payload);
            return;
        }

        var (lines, skipped) = PointEncoder.Append(_buffer, flags, payload, encoding);
        Lines += lines;
        Skipped += skipped;
    }

    public void Clear()
    {
        _buffer.Clear();
        Lines = 0;
        Skipped = 0;
    }

    /// <summary>Goes over frames.</summary>
    internal ref struct FrameEnumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        /// <summary>What the intake found out about the frame.</summary>
        public FrameFlags Flags { get; private set; }

        /// <summary>Its lines.</summary>
        public ReadOnlySpan<byte> Payload { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
            Flags = (FrameFlags)BinaryPrimitives.ReadInt32LittleEndian(_rest[sizeof(int)..]);
            Payload = _rest.Slice(FrameHead, length);
            _rest = _rest[(FrameHead + length)..];
            return true;
        }
    }
}
