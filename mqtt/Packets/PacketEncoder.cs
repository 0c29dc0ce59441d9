using System.Buffers;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>
/// Writes packets. What a packet may not contain (a string with U+0000, more than 65,535 bytes of it, a packet beyond
/// 268,435,455 bytes) is a mistake of the caller and throws <see cref="ArgumentException"/> before anything is written.
/// </summary>
public static partial class PacketEncoder
{
    /// <summary>Length in bytes of what <see cref="WritePublish"/> would write: to be held against the receiver's maximum packet size.</summary>
    /// <param name="publish">The delivery.</param>
    /// <param name="version">The connection's version.</param>
    /// <returns>The length of the whole packet.</returns>
    public static long PublishLength(in OutboundPublish publish, ProtocolVersion version)
    {
        var remaining = RemainingLength(publish, version, out _);
        return 1 + VariableInteger.Length((uint)Math.Min(remaining, FrameReader.MaximumRemainingLength)) + remaining;
    }

    /// <summary>Writes a PUBLISH (3.3). Allocates only if the message has properties.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="publish">The delivery.</param>
    /// <param name="version">The connection's version.</param>
    public static void WritePublish(IBufferWriter<byte> output, in OutboundPublish publish, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(output);
        var message = publish.Message;
        if (!TextRules.IsTopicName(message.Topic))
        {
            throw new ArgumentException("A topic name is not empty, well formed, and without wildcards.", nameof(publish)); // [MQTT-3.3.2-2]
        }

        if (publish.Qos != QualityOfService.AtMostOnce && publish.PacketId == 0)
        {
            throw new ArgumentException("QoS 1 and 2 need a packet identifier.", nameof(publish)); // [MQTT-2.2.1-3]
        }

        var remaining = RemainingLength(publish, version, out var properties);
        if (remaining > FrameReader.MaximumRemainingLength)
        {
            throw new ArgumentException("The packet is larger than MQTT can carry.", nameof(publish));
        }

        var first = ((int)PacketType.Publish << 4) | ((int)publish.Qos << 1) | (publish.Retain ? 1 : 0);
        if (publish.Dup && publish.Qos != QualityOfService.AtMostOnce)
        {
            first |= 8; // [MQTT-3.3.1-2] never for QoS 0
        }

        output.Byte((byte)first);
        VariableInteger.Write(output, (uint)remaining);
        if (OmitsTopic(publish, version))
        {
            output.UInt16(0);
        }
        else
        {
            output.Text(message.Topic);
        }

        if (publish.Qos != QualityOfService.AtMostOnce)
        {
            output.UInt16(publish.PacketId);
        }

        if (version == ProtocolVersion.V500)
        {
            var plain = PlainPropertyLength(publish);
            VariableInteger.Write(output, (uint)(plain + (properties?.WrittenCount ?? 0)));
            WritePlainProperties(output, publish);
            if (properties is not null)
            {
                output.Write(properties.WrittenSpan);
            }
        }

        output.Write(message.Payload.Span);
    }

    private static bool OmitsTopic(in OutboundPublish publish, ProtocolVersion version) =>
        version == ProtocolVersion.V500 && publish.OmitTopic && publish.TopicAlias != 0;

    private static long RemainingLength(in OutboundPublish publish, ProtocolVersion version, out ArrayBufferWriter<byte>? properties)
    {
        properties = null;
        long length = 2 + (OmitsTopic(publish, version) ? 0 : Encoding.UTF8.GetByteCount(publish.Message.Topic));
        length += (publish.Qos == QualityOfService.AtMostOnce ? 0 : 2) + publish.Message.Payload.Length;
        if (version == ProtocolVersion.V500)
        {
            if (publish.Message.Properties is { } some)
            {
                properties = new ArrayBufferWriter<byte>();
                properties.MessageProperties(some, null);
            }

            var all = PlainPropertyLength(publish) + (properties?.WrittenCount ?? 0);
            length += VariableInteger.Length((uint)all) + all;
        }

        return length;
    }

    // the properties that belong to the delivery and not to the message
    private static int PlainPropertyLength(in OutboundPublish publish)
    {
        var length = (publish.TopicAlias != 0 ? 3 : 0) + (publish.MessageExpiryInterval is null ? 0 : 5);
        if (publish.SubscriptionIdentifiers is { } identifiers)
        {
            for (var i = 0; i < identifiers.Count; i++)
            {
                length += 1 + VariableInteger.Length(identifiers[i]);
            }
        }

        return length;
    }

    private static void WritePlainProperties(IBufferWriter<byte> output, in OutboundPublish publish)
    {
        if (publish.TopicAlias != 0)
        {
            output.Property(PropertyId.TopicAlias, publish.TopicAlias);
        }

        output.Property(PropertyId.MessageExpiryInterval, publish.MessageExpiryInterval);
        if (publish.SubscriptionIdentifiers is { } identifiers)
        {
            for (var i = 0; i < identifiers.Count; i++)
            {
                output.Property(PropertyId.SubscriptionIdentifier, identifiers[i]);
            }
        }
    }

    /// <summary>Writes a PUBACK, PUBREC, PUBREL or PUBCOMP without strings: 4 bytes, or 5 with a reason. Allocates nothing.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type">Which of the four.</param>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="reason">The reason; left out in MQTT 3.1.1.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteAck(IBufferWriter<byte> output, PacketType type, ushort packetId, ReasonCode reason, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Advance(WriteAck(output.GetSpan(MaximumAckLength), type, packetId, reason, version));
    }

    /// <summary>Most bytes <see cref="WriteAck(Span{byte}, PacketType, ushort, ReasonCode, ProtocolVersion)"/> writes.</summary>
    public const int MaximumAckLength = 5;

    /// <summary>The same into a span of at least <see cref="MaximumAckLength"/> bytes.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="type">Which of the four.</param>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="reason">The reason; left out in MQTT 3.1.1.</param>
    /// <param name="version">The connection's version.</param>
    /// <returns>How many bytes were written.</returns>
    public static int WriteAck(Span<byte> output, PacketType type, ushort packetId, ReasonCode reason, ProtocolVersion version)
    {
        var withReason = version == ProtocolVersion.V500 && reason != ReasonCode.Success; // 3.4.2.1 lets success be left out
        output[0] = (byte)(((int)type << 4) | (type == PacketType.PubRel ? 2 : 0)); // [MQTT-3.6.1-1]
        output[1] = (byte)(withReason ? 3 : 2);
        output[2] = (byte)(packetId >> 8);
        output[3] = (byte)packetId;
        if (!withReason)
        {
            return 4;
        }

        output[4] = (byte)reason;
        return 5;
    }

    /// <summary>Writes a PINGREQ (3.12).</summary>
    /// <param name="output">Where to.</param>
    public static void WritePingReq(IBufferWriter<byte> output) => WriteEmpty(output, PacketType.PingReq);

    /// <summary>Writes a PINGRESP (3.13).</summary>
    /// <param name="output">Where to.</param>
    public static void WritePingResp(IBufferWriter<byte> output) => WriteEmpty(output, PacketType.PingResp);

    private static void WriteEmpty(IBufferWriter<byte> output, PacketType type)
    {
        ArgumentNullException.ThrowIfNull(output);
        var span = output.GetSpan(2);
        span[0] = (byte)((int)type << 4);
        span[1] = 0;
        output.Advance(2);
    }

    private static void WriteFrame(IBufferWriter<byte> output, PacketType type, ArrayBufferWriter<byte> body)
    {
        ArgumentNullException.ThrowIfNull(output);
        var flags = type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? 2 : 0; // [MQTT-2.1.3-1]
        output.Byte((byte)(((int)type << 4) | flags));
        VariableInteger.Write(output, (uint)body.WrittenCount);
        output.Write(body.WrittenSpan);
    }

    private static void PropertyList(ArrayBufferWriter<byte> body, ArrayBufferWriter<byte> properties)
    {
        VariableInteger.Write(body, (uint)properties.WrittenCount); // [MQTT-2.2.2-1]: 0 if there are none
        body.Write(properties.WrittenSpan);
    }
}
