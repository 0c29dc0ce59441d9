using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>Lines of one lane on their way to the store, and the cursor that says how far they reach. Used again for every batch.</summary>
internal sealed class HistoryBatch(Lane lane, PointEncoding encoding)
{
    private readonly ByteBuffer _buffer = new(64 * 1024);

    /// <summary>Whose lines.</summary>
    public Lane Lane { get; } = lane;

    /// <summary>Behind the last frame in here; saved once the store has the lines.</summary>
    public LogCursor Cursor { get; set; }

    /// <summary>Lines in <see cref="Text"/>.</summary>
    public int Lines { get; private set; }

    /// <summary>Lines left out because this store keeps numbers only.</summary>
    public int Skipped { get; private set; }

    /// <summary>The lines, each ended by a newline. Valid until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Text => _buffer.Memory;

    /// <summary>Adds a frame's lines; a frame of rejected lines adds nothing (the quarantine's reader takes those).</summary>
    public void Append(FrameFlags flags, ReadOnlySpan<byte> payload)
    {
        if ((flags & FrameFlags.Rejected) != 0)
        {
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
}
