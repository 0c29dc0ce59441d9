using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Readings of one device, one behind the other: for each the time since the one before, the length of its fields, and the
/// fields (<see cref="FieldCodec"/>). Times are whole seconds, milliseconds or nanoseconds, whichever says it exactly: a
/// reading every 30 s takes two bytes for it. The same bytes stand in memory and in the file.
/// </summary>
internal static class BlockCodec
{
    /// <summary>Time and length take no more.</summary>
    public const int LongestHead = 10 + 5;

    private const int Nanosecond = 0;
    private const int Millisecond = 1;
    private const int Second = 2;
    private const int Raw = 3;
    private const ulong Limit = 1UL << 61;

    /// <summary>Writes a reading's head; returns its length.</summary>
    /// <param name="to">Room for <see cref="LongestHead"/>.</param>
    /// <param name="elapsed">Time since the reading before, ns, wrapping around; 0 for the first.</param>
    /// <param name="length">Bytes of its fields.</param>
    public static int WriteHead(Span<byte> to, long elapsed, int length)
    {
        var (value, unit) = (elapsed, Nanosecond);
        var milliseconds = elapsed / 1_000_000;
        if (milliseconds * 1_000_000 == elapsed)
        {
            var seconds = milliseconds / 1_000;
            (value, unit) = seconds * 1_000 == milliseconds ? (seconds, Second) : (milliseconds, Millisecond);
        }

        int at;
        var zigzag = FieldCodec.ZigZag(value);
        if (zigzag < Limit)
        {
            at = FieldCodec.PutVarint(to, (zigzag << 2) | (uint)unit);
        }
        else
        {
            to[0] = Raw;
            BinaryPrimitives.WriteInt64LittleEndian(to[1..], elapsed);
            at = 1 + sizeof(long);
        }

        return at + FieldCodec.PutVarint(to[at..], (uint)length);
    }

    /// <summary>Reads a reading's head.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what was written.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ReadElapsed(ref ReadOnlySpan<byte> bytes)
    {
        var value = FieldCodec.ReadVarint(ref bytes);
        switch ((int)(value & 3))
        {
            case Second:
                return FieldCodec.UnZigZag(value >> 2) * 1_000_000_000;
            case Millisecond:
                return FieldCodec.UnZigZag(value >> 2) * 1_000_000;
            case Nanosecond:
                return FieldCodec.UnZigZag(value >> 2);
            default:
                return BinaryPrimitives.ReadInt64LittleEndian(FieldCodec.Take(ref bytes, sizeof(long)));
        }
    }
}

/// <summary>Goes over the readings of a block in the order they stand.</summary>
internal ref struct BlockReader(ReadOnlySpan<byte> block, long start)
{
    private ReadOnlySpan<byte> _rest = block;

    /// <summary>Unix ns.</summary>
    public long Time { get; private set; } = start;

    /// <summary>The reading's fields.</summary>
    public ReadOnlySpan<byte> Fields { get; private set; }

    /// <exception cref="InvalidDataException">The bytes are not what was written.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var rest = _rest;
        Time = unchecked(Time + BlockCodec.ReadElapsed(ref rest));
        var length = FieldCodec.ReadVarint(ref rest);
        Fields = FieldCodec.Take(ref rest, length);
        _rest = rest;
        return true;
    }
}
