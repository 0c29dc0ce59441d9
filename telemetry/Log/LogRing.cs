namespace SmartCity.Telemetry;

/// <summary>
/// The newest bytes of a lane. The committer writes to disk from here, and readers that keep up copy from here without a lock:
/// a reader copies first and then looks whether what it copied had been claimed for overwriting meanwhile.
/// </summary>
/// <remarks>Behind the ring lies slack as long as the longest publish, so that a frame is always contiguous while it is written; what lies in the slack is then copied to the ring's start (<see cref="Fold"/>).</remarks>
internal sealed class LogRing(int size, int slack, long start)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size + slack);

    /// <summary>Positions below this may be overwritten.</summary>
    private long _floor = start;

    public int Size => size;

    /// <summary>Announces that positions up to <paramref name="end"/> will be written; everything a ring's length below is lost.</summary>
    public void Claim(long end)
    {
        var floor = end - size;
        if (floor > _floor)
        {
            // A full fence: no byte may be overwritten before readers can see that it may be.
            Interlocked.Exchange(ref _floor, floor);
        }
    }

    /// <summary>Memory for <paramref name="length"/> bytes (at most the slack) at <paramref name="position"/>, in one piece; valid from claiming until folding.</summary>
    public Span<byte> At(long position, int length) => _bytes.AsSpan(Index(position), length);

    /// <summary>Ends the writing of a piece that <see cref="At"/> gave.</summary>
    public void Fold(long position, int length)
    {
        var over = Index(position) + length - size;
        if (over > 0)
        {
            _bytes.AsSpan(size, over).CopyTo(_bytes);
        }
    }

    /// <summary>The bytes from <paramref name="from"/> up to <paramref name="to"/> or the ring's end, whichever comes first. Only for bytes that cannot be claimed: those not yet committed.</summary>
    public ReadOnlySpan<byte> Piece(long from, long to)
    {
        var index = Index(from);
        return _bytes.AsSpan(index, (int)Math.Min(to - from, size - index));
    }

    /// <summary>Copies bytes that cannot be claimed.</summary>
    public void Copy(long from, Span<byte> destination)
    {
        var first = Piece(from, from + destination.Length);
        first.CopyTo(destination);
        _bytes.AsSpan(0, destination.Length - first.Length).CopyTo(destination[first.Length..]);
    }

    /// <summary>Overwrites bytes that cannot be claimed.</summary>
    public void Patch(long at, ReadOnlySpan<byte> bytes)
    {
        var index = Index(at);
        var first = Math.Min(bytes.Length, size - index);
        bytes[..first].CopyTo(_bytes.AsSpan(index));
        bytes[first..].CopyTo(_bytes);
    }

    /// <summary>Copies any bytes below the committed end; false when they are not, or no longer, in memory.</summary>
    public bool TryCopy(long from, Span<byte> destination)
    {
        if (from < Volatile.Read(ref _floor))
        {
            return false;
        }

        Copy(from, destination);
        Interlocked.MemoryBarrier();
        return from >= Volatile.Read(ref _floor);
    }

    private int Index(long position) => (int)(position & (size - 1));
}
