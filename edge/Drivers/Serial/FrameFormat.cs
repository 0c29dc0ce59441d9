namespace SmartCity.Edge.Drivers.Serial;

/// <summary>What the bytes so far are.</summary>
internal enum FrameVerdict
{
    /// <summary>The beginning of a frame; more is to come.</summary>
    More,

    /// <summary>A whole frame, and right.</summary>
    Whole,

    /// <summary>No frame begins here.</summary>
    Nothing,

    /// <summary>A frame by its header, of another length or kind than the datasheet's.</summary>
    BadFrame,

    /// <summary>A frame with a wrong checksum.</summary>
    BadChecksum,

    /// <summary>A frame whose value the sensor cannot have measured.</summary>
    OutOfRange,
}

/// <summary>How the frames of a streaming sensor look: fixed length, a header, a sum.</summary>
internal abstract class FrameFormat
{
    /// <summary>Bytes of a frame.</summary>
    public abstract int Length { get; }

    /// <summary>Judges the first bytes of a candidate: 1 … <see cref="Length"/> of them.</summary>
    public abstract FrameVerdict Judge(ReadOnlySpan<byte> bytes);
}
