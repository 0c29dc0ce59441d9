using System.Buffers.Binary;
using System.Numerics;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Memory for chunks of readings, given out one behind the other and taken back all at once. A place is a number: the
/// segment times its size, and the byte in it. A chunk begins with the place of the next one and the bytes used.
/// </summary>
internal sealed class HeadArena
{
    /// <summary>Bytes before a chunk's own.</summary>
    public const int HeaderBytes = 8;

    private const int SegmentBits = 20;
    private const int SegmentBytes = 1 << SegmentBits;
    private const int SmallestChunk = 64;
    private const int LargestChunk = 1024;

    private readonly List<byte[]> _segments = [];
    private int _segment = -1;
    private int _used = SegmentBytes;

    /// <summary>Bytes given out, the rest of a segment that was too small counted.</summary>
    public long Bytes => _segment < 0 ? 0 : ((long)_segment * SegmentBytes) + _used;

    /// <summary>A new chunk for at least <paramref name="bytes"/> bytes: twice the size of the one before it.</summary>
    /// <returns>Its place and the bytes it has room for.</returns>
    public (int Place, int Room) Chunk(int bytes, int before)
    {
        var size = Math.Max(Math.Clamp((before + HeaderBytes) * 2, SmallestChunk, LargestChunk), (int)Math.Min(Array.MaxLength, BitOperations.RoundUpToPowerOf2((uint)(bytes + HeaderBytes))));
        if (_used + size > SegmentBytes)
        {
            Next(size);
        }

        var place = (_segment << SegmentBits) | _used;
        _used += size;
        Header(place).Clear();
        return (place, size - HeaderBytes);
    }

    /// <summary>A chunk's own bytes from <paramref name="offset"/> on.</summary>
    public Span<byte> At(int place, int offset, int length) =>
        _segments[place >> SegmentBits].AsSpan((place & (SegmentBytes - 1)) + HeaderBytes + offset, length);

    /// <summary>Says which chunk follows.</summary>
    public void Link(int place, int next) => BinaryPrimitives.WriteInt32LittleEndian(Header(place), next);

    /// <summary>Says how many bytes of a chunk are used.</summary>
    public void SetUsed(int place, int used) => BinaryPrimitives.WriteInt32LittleEndian(Header(place)[4..], used);

    /// <summary>What a chunk holds; the place of the next one is 0 behind the last but for the very first chunk, so callers count.</summary>
    public ReadOnlySpan<byte> Read(int place, out int next)
    {
        var header = Header(place);
        next = BinaryPrimitives.ReadInt32LittleEndian(header);
        return At(place, 0, BinaryPrimitives.ReadInt32LittleEndian(header[4..]));
    }

    /// <summary>Takes everything back; memory of a usual size is kept.</summary>
    public void Clear()
    {
        _segments.RemoveAll(s => s.Length > SegmentBytes);
        _segment = -1;
        _used = SegmentBytes;
    }

    private Span<byte> Header(int place) => _segments[place >> SegmentBits].AsSpan(place & (SegmentBytes - 1), HeaderBytes);

    private void Next(int size)
    {
        _segment++;
        _used = 0;
        if (size > SegmentBytes)
        {
            // One reading larger than a segment has one of its own.
            _segments.Insert(_segment, GC.AllocateUninitializedArray<byte>(size));
            _used = 0;
        }
        else if (_segment == _segments.Count)
        {
            _segments.Add(GC.AllocateUninitializedArray<byte>(SegmentBytes));
        }
    }
}
