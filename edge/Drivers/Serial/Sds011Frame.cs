namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// A report of the Nova SDS011 (laser dust sensor control protocol V1.3 of 2015-07-20, section 3.2): 0xAA 0xC0, PM2.5 and PM10 in tenths
/// (low byte first), the device's number, the low byte of the sum of these six, 0xAB.
/// </summary>
internal sealed class Sds011Frame : FrameFormat
{
    /// <summary>The only one there needs to be.</summary>
    public static readonly Sds011Frame Format = new();

    /// <inheritdoc/>
    public override int Length => 10;

    /// <inheritdoc/>
    public override FrameVerdict Judge(ReadOnlySpan<byte> bytes)
    {
        // 0xC5 in place of 0xC0 is the answer to a command.
        if (bytes[0] != 0xaa || (bytes.Length > 1 && bytes[1] != 0xc0))
        {
            return FrameVerdict.Nothing;
        }

        if (bytes.Length < 10)
        {
            return FrameVerdict.More;
        }

        if (bytes[9] != 0xab)
        {
            return FrameVerdict.BadFrame;
        }

        var sum = 0;
        for (var i = 2; i < 8; i++)
        {
            sum += bytes[i];
        }

        return bytes[8] == (byte)sum ? FrameVerdict.Whole : FrameVerdict.BadChecksum;
    }
}
