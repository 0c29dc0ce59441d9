using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>One control packet cut out of the stream: its first byte and its body. Valid while the buffer is.</summary>
public readonly struct Frame
{
    internal Frame(byte header, int headerLength, ReadOnlySequence<byte> body)
    {
        Header = header;
        HeaderLength = headerLength;
        Body = body;
    }

    /// <summary>The first byte: packet type and flags.</summary>
    public byte Header { get; }

    /// <summary>Length of the fixed header in bytes, 2 to 5.</summary>
    public int HeaderLength { get; }

    /// <summary>Everything behind the fixed header.</summary>
    public ReadOnlySequence<byte> Body { get; }

    /// <summary>The packet's type.</summary>
    public PacketType Type => (PacketType)(Header >> 4);

    /// <summary>Length of the whole packet in bytes.</summary>
    public long Length => HeaderLength + Body.Length;
}

/// <summary>What <see cref="FrameReader"/> found.</summary>
public enum FrameStatus
{
    /// <summary>The packet is not whole yet.</summary>
    NeedMore,

    /// <summary>A whole packet.</summary>
    Complete,

    /// <summary>The stream cannot go on; the reason code says why.</summary>
    Invalid,
}

/// <summary>
/// Cuts packets out of a stream of bytes. Decides from the fixed header alone, so a packet that is too large or of no
/// legal type is refused before anything is kept for it.
/// </summary>
public static class FrameReader
{
    /// <summary>Largest remaining length a variable byte integer holds (1.5.5).</summary>
    public const int MaximumRemainingLength = 268_435_455;

    /// <summary>Looks for a packet at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">What has been received and not consumed.</param>
    /// <param name="version">The connection's version; before CONNECT use <see cref="ProtocolVersion.V311"/>.</param>
    /// <param name="maximumPacketSize">Largest whole packet accepted, in bytes.</param>
    /// <param name="frame">The packet, if complete.</param>
    /// <param name="error">The reason, if invalid.</param>
    /// <returns>Whether there is a packet, not yet, or never.</returns>
    public static FrameStatus Read(
        in ReadOnlySequence<byte> buffer, ProtocolVersion version, int maximumPacketSize, out Frame frame, out ReasonCode error)
    {
        frame = default;
        error = ReasonCode.Success;
        Span<byte> head = stackalloc byte[5];
        scoped var span = buffer.FirstSpan;
        if (span.Length < 5 && !buffer.IsSingleSegment)
        {
            var some = buffer.Slice(0, Math.Min(5, buffer.Length));
            some.CopyTo(head);
            span = head[..(int)some.Length];
        }

        if (span.IsEmpty)
        {
            return FrameStatus.NeedMore;
        }

        var first = span[0];
        if (!FlagsAllowed(first))
        {
            error = ReasonCode.MalformedPacket;
            return FrameStatus.Invalid;
        }

        var status = ReadLength(span[1..], version, out var remaining, out var lengthBytes);
        if (status == FrameStatus.Invalid)
        {
            error = ReasonCode.MalformedPacket;
            return FrameStatus.Invalid;
        }

        if (status == FrameStatus.NeedMore)
        {
            return FrameStatus.NeedMore;
        }

        var headerLength = 1 + lengthBytes;
        if (remaining > maximumPacketSize - headerLength)
        {
            error = ReasonCode.PacketTooLarge; // [MQTT-3.1.2-24] and, for the server, 3.2.2.3.6
            return FrameStatus.Invalid;
        }

        if (first >> 4 is (int)PacketType.PingReq or (int)PacketType.PingResp && remaining != 0)
        {
            error = ReasonCode.MalformedPacket; // 3.12.1, 3.13.1: remaining length is 0
            return FrameStatus.Invalid;
        }

        if (buffer.Length - headerLength < remaining)
        {
            return FrameStatus.NeedMore;
        }

        frame = new Frame(first, headerLength, buffer.Slice(headerLength, remaining));
        return FrameStatus.Complete;
    }

    // [MQTT-2.1.3-1] (3.1.1: [MQTT-2.2.2-1], [MQTT-2.2.2-2]) reserved flag bits have the value of table 2-2, or the connection is closed
    private static bool FlagsAllowed(byte first)
    {
        var flags = first & 0x0F;
        switch ((PacketType)(first >> 4))
        {
            case PacketType.None:
                return false; // table 2-1: forbidden
            case PacketType.Publish:
                var qos = (flags >> 1) & 3;
                return qos != 3 // [MQTT-3.3.1-4] both QoS bits must not be set
                    && (qos != 0 || (flags & 8) == 0); // [MQTT-3.3.1-2] DUP is 0 for QoS 0
            case PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe:
                return flags == 2; // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]
            default:
                return flags == 0;
        }
    }

    private static FrameStatus ReadLength(ReadOnlySpan<byte> bytes, ProtocolVersion version, out int value, out int length)
    {
        value = 0;
        for (length = 1; length <= 4; length++)
        {
            if (bytes.Length < length)
            {
                return FrameStatus.NeedMore;
            }

            var b = bytes[length - 1];
            value |= (b & 0x7F) << (7 * (length - 1));
            if (b < 0x80)
            {
                // [MQTT-1.5.5-1] as few bytes as the value needs; MQTT 3.1.1 does not ask for it
                return b == 0 && length > 1 && version == ProtocolVersion.V500 ? FrameStatus.Invalid : FrameStatus.Complete;
            }
        }

        return FrameStatus.Invalid; // 1.5.5: four bytes at most
    }
}
