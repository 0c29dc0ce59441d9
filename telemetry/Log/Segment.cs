using System.Buffers.Binary;
using System.Globalization;

namespace SmartCity.Telemetry;

/// <summary>
/// One file of a lane: a header of <see cref="HeaderBytes"/>, then frames. Position p of the lane lies at byte
/// <c>HeaderBytes + p - Base</c>. A file is valid up to where the next one begins; what a failed flush left behind that is not read.
/// </summary>
internal sealed class Segment(string path, long start)
{
    public const int HeaderBytes = 64;
    public const string Extension = ".log";

    /// <summary>Behind the name of a file that is being made.</summary>
    public const string Unborn = ".new";

    private static ReadOnlySpan<byte> Magic => "SCITYLOG"u8;

    private const uint Version = 1;
    private const int ChecksumAt = HeaderBytes - sizeof(uint);

    private long _end = long.MaxValue;

    public string Path => path;

    /// <summary>The position of its first frame.</summary>
    public long Base => start;

    /// <summary>The position at which the next segment begins; <see cref="long.MaxValue"/> while there is none.</summary>
    public long End
    {
        get => Volatile.Read(ref _end);
        set => Volatile.Write(ref _end, value);
    }

    public static string NameOf(long start) => start.ToString("x16", CultureInfo.InvariantCulture) + Extension;

    public static bool TryBase(string path, out long start) =>
        long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
        && System.IO.Path.GetFileName(path) == NameOf(start);

    public long Offset(long position) => HeaderBytes + position - start;

    public static void WriteHeader(Span<byte> header, Guid logId, Lane lane, long start)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        header[12] = (byte)lane;
        logId.TryWriteBytes(header[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], start);
        BinaryPrimitives.WriteUInt32LittleEndian(header[ChecksumAt..], Frame.Checksum(0, header[..ChecksumAt]));
    }

    /// <summary>What is wrong with a header, or null.</summary>
    public static string? Fault(ReadOnlySpan<byte> header, Guid logId, Lane lane, long start)
    {
        if (header.Length < HeaderBytes
            || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumAt..]) != Frame.Checksum(0, header[..ChecksumAt]))
        {
            return "no sound header";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) != Version)
        {
            return "written in another version of the format";
        }

        if (new Guid(header.Slice(16, 16)) != logId)
        {
            return "it belongs to another log";
        }

        return header[12] == (byte)lane && BinaryPrimitives.ReadInt64LittleEndian(header[32..]) == start
            ? null
            : "it belongs to another lane or place; was it renamed?";
    }
}
