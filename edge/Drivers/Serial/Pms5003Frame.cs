using System.Buffers.Binary;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// A frame of the Plantower PMS5003 in active mode (data manual V2.3 of 2016-06-01, appendix I "transport protocol, active mode",
/// pages 12–14): 0x42 0x4D, the length 28, thirteen words, the sum of all bytes before it; high bytes first.
/// </summary>
internal sealed class Pms5003Frame : FrameFormat
{
    /// <summary>The only one there needs to be.</summary>
    public static readonly Pms5003Frame Format = new();

    /// <inheritdoc/>
    public override int Length => 32;

    /// <summary>One of the thirteen data words, counted from 1 as in the manual.</summary>
    public static ushort Word(ReadOnlySpan<byte> frame, int number) => BinaryPrimitives.ReadUInt16BigEndian(frame[(2 + (2 * number))..]);

    /// <inheritdoc/>
    public override FrameVerdict Judge(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != 0x42 || (bytes.Length > 1 && bytes[1] != 0x4d))
        {
            return FrameVerdict.Nothing;
        }

        // 2 × 13 + 2: another length is the answer to a command, or another model of the family (PMS3003: 20, PMS5003ST: 36).
        if ((bytes.Length > 2 && bytes[2] != 0) || (bytes.Length > 3 && bytes[3] != 28))
        {
            return FrameVerdict.BadFrame;
        }

        if (bytes.Length < 32)
        {
            return FrameVerdict.More;
        }

        var sum = 0;
        for (var i = 0; i < 30; i++)
        {
            sum += bytes[i];
        }

        return BinaryPrimitives.ReadUInt16BigEndian(bytes[30..]) == sum ? FrameVerdict.Whole : FrameVerdict.BadChecksum;
    }
}
