using System.Buffers.Binary;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// A frame of the DYP-A02YYUW (datasheet, "UART output form"): 0xFF, the distance in millimetres (high byte first), the low byte of the
/// sum of these three. With so weak a frame a distance the sensor cannot measure is no frame: taken as one, it could keep the finder
/// one byte off for ever (FF 01 FF FF repeated has FF FF 01 FF inside, and its sum is right).
/// </summary>
internal sealed class A02yyuwFrame : FrameFormat
{
    /// <summary>Nearest distance, mm (datasheet: blind zone 3 cm).</summary>
    public const int Nearest = 30;

    /// <summary>Farthest distance, mm (datasheet: 450 cm on a flat object).</summary>
    public const int Farthest = 4500;

    /// <summary>The only one there needs to be.</summary>
    public static readonly A02yyuwFrame Format = new();

    /// <inheritdoc/>
    public override int Length => 4;

    /// <summary>Distance, mm.</summary>
    public static int Millimetres(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt16BigEndian(frame[1..]);

    /// <inheritdoc/>
    public override FrameVerdict Judge(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != 0xff)
        {
            return FrameVerdict.Nothing;
        }

        if (bytes.Length < 4)
        {
            return FrameVerdict.More;
        }

        if (bytes[3] != (byte)(bytes[0] + bytes[1] + bytes[2]))
        {
            return FrameVerdict.BadChecksum;
        }

        return Millimetres(bytes) is >= Nearest and <= Farthest ? FrameVerdict.Whole : FrameVerdict.OutOfRange;
    }
}
