using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace SmartCity.Telemetry;

/// <summary>
/// The layout of a frame, little-endian:
/// <code>
///  0 u32 length of the whole frame
///  4 u32 CRC-32C of position, length, bytes 8–19, source and payload
///  8 i64 received at, ns since 1970
/// 16 u16 flags
/// 18 u8  length of the source
/// 19 u8  1: another frame of the same publish follows
/// 20 u32 CRC-32C of position and the next field; 0 except in the first frame of a commit
/// 24 i64 position below which the lane was durable when this commit was written
/// 32     source, payload
/// </code>
/// The position in the checksum makes bytes that were once written elsewhere invalid. The commit mark tells a torn tail
/// (nothing after it was ever acknowledged) from damage (a later commit says that this had been durable).
/// </summary>
internal static class Frame
{
    public const int HeaderBytes = 32;
    public const int MarkOffset = 20;
    public const int MarkBytes = 12;

    /// <summary>No frame is longer, whatever the options say: the bound for lengths read from disk.</summary>
    public const int MaximumBytes = 16 << 20;

    private const byte MoreFollows = 1;

    public static int Size(int source, int payload) => checked(HeaderBytes + source + payload);

    public static int Length(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32LittleEndian(frame);

    public static long ReceivedAt(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt64LittleEndian(frame[8..]);

    public static FrameFlags Flags(ReadOnlySpan<byte> frame) => (FrameFlags)BinaryPrimitives.ReadUInt16LittleEndian(frame[16..]);

    public static int SourceLength(ReadOnlySpan<byte> frame) => frame[18];

    public static bool MoreFollow(ReadOnlySpan<byte> frame) => (frame[19] & MoreFollows) != 0;

    /// <summary>Writes everything but the checksum.</summary>
    public static void WriteHead(Span<byte> frame, int length, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> source)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], receivedAt);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[16..], (ushort)flags);
        frame[18] = (byte)source.Length;
        frame[19] = 0;
        frame.Slice(MarkOffset, MarkBytes).Clear();
        source.CopyTo(frame[HeaderBytes..]);
    }

    /// <summary>Corrects the length once the payload's is known, and adds flags.</summary>
    public static void SetLengthAndFlags(Span<byte> frame, int length, FrameFlags more)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[16..], (ushort)(Flags(frame) | more));
    }

    /// <summary>Finishes a frame: sets whether more of its publish follow, and the checksum.</summary>
    public static void Seal(Span<byte> frame, long position, bool moreFollow)
    {
        frame[19] = moreFollow ? MoreFollows : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame, position));
    }

    /// <summary>Whether a whole, sound frame that was written at <paramref name="position"/> begins here.</summary>
    public static bool TryCheck(ReadOnlySpan<byte> bytes, long position, out int length)
    {
        length = 0;
        if (bytes.Length < HeaderBytes)
        {
            return false;
        }

        var said = Length(bytes);
        if (said < HeaderBytes + SourceLength(bytes) || said > MaximumBytes || said > bytes.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Checksum(bytes[..said], position))
        {
            return false;
        }

        length = said;
        return true;
    }

    /// <summary>Writes a commit mark (the 12 bytes at <see cref="MarkOffset"/>).</summary>
    public static void WriteMark(Span<byte> mark, long position, long durable)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(mark, MarkChecksum(position, durable));
        BinaryPrimitives.WriteInt64LittleEndian(mark[4..], durable);
    }

    /// <summary>Reads the commit mark of a header that was written at <paramref name="position"/>, if it is one.</summary>
    public static bool TryReadMark(ReadOnlySpan<byte> header, long position, out long durable)
    {
        durable = BinaryPrimitives.ReadInt64LittleEndian(header[(MarkOffset + 4)..]);
        return durable <= position && durable >= 0
            && BinaryPrimitives.ReadUInt32LittleEndian(header[MarkOffset..]) == MarkChecksum(position, durable);
    }

    /// <summary>CRC-32C over whatever is given, for headers of files.</summary>
    public static uint Checksum(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return crc;
    }

    private static uint Checksum(ReadOnlySpan<byte> frame, long position)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, (ulong)position);
        crc = Checksum(crc, frame[..4]);
        crc = Checksum(crc, frame[8..MarkOffset]);
        return ~Checksum(crc, frame[HeaderBytes..]);
    }

    private static uint MarkChecksum(long position, long durable)
    {
        var crc = BitOperations.Crc32C(0x4B52414D, (ulong)position);
        return ~BitOperations.Crc32C(crc, (ulong)durable);
    }
}
