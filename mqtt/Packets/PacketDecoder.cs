using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>
/// Reads packets, held to the specification of their version. Every method gives <see cref="ReasonCode.Success"/> and the
/// packet, or the reason the packet is refused with. No method throws whatever the bytes are. The frame has to be of the
/// type the method is named after.
/// </summary>
public static partial class PacketDecoder
{
    /// <summary>Reads a PUBLISH (3.3). Allocates nothing.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet, valid as long as the frame.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadPublish(in Frame frame, ProtocolVersion version, out PublishPacket packet)
    {
        packet = default;
        var reader = new BodyReader(frame.Body);
        var qos = (QualityOfService)((frame.Header >> 1) & 3); // not 3: FrameReader refused it [MQTT-3.3.1-4]
        if (!reader.TryReadBinary(out var topic))
        {
            return ReasonCode.MalformedPacket;
        }

        ushort id = 0;
        if (qos != QualityOfService.AtMostOnce && !reader.TryReadUInt16(out id))
        {
            return ReasonCode.MalformedPacket;
        }

        if (qos != QualityOfService.AtMostOnce && id == 0)
        {
            return ReasonCode.ProtocolError; // [MQTT-2.2.1-3] (3.1.1: [MQTT-2.3.1-1]) a non-zero packet identifier
        }

        var properties = ReadOnlySequence<byte>.Empty;
        ushort alias = 0;
        var identified = false;
        if (version == ProtocolVersion.V500)
        {
            if (!reader.TryReadProperties(out properties))
            {
                return ReasonCode.MalformedPacket;
            }

            if (!properties.IsEmpty)
            {
                var error = ReadPublishProperties(properties, out alias, out identified);
                if (error != ReasonCode.Success)
                {
                    return error;
                }
            }
        }

        if (topic.IsEmpty)
        {
            if (alias == 0)
            {
                // 3.3.2.1: empty only with an alias; in 3.1.1 never [MQTT-4.7.3-1]
                return version == ProtocolVersion.V500 ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket;
            }
        }
        else if (!TextRules.IsTopicName(topic))
        {
            return ReasonCode.MalformedPacket; // [MQTT-3.3.2-1] UTF-8; [MQTT-3.3.2-2] no wildcards
        }

        packet = new PublishPacket
        {
            Dup = (frame.Header & 8) != 0,
            Qos = qos,
            Retain = (frame.Header & 1) != 0,
            PacketId = id,
            TopicAlias = alias,
            HasSubscriptionIdentifier = identified,
            Topic = topic,
            Payload = reader.Rest(), // 3.3.3: what is left, and nothing is legal
            Properties = properties,
        };
        return ReasonCode.Success;
    }

    private static ReasonCode ReadPublishProperties(in ReadOnlySequence<byte> properties, out ushort alias, out bool identified)
    {
        alias = 0;
        identified = false;
        var list = new PropertyReader(properties, PropertySets.Publish);
        while (list.Next())
        {
            if (list.Id == PropertyId.TopicAlias)
            {
                alias = (ushort)list.Number;
            }
            else if (list.Id == PropertyId.SubscriptionIdentifier)
            {
                identified = true;
            }
        }

        return list.Error;
    }

    /// <summary>Reads a PUBACK, PUBREC, PUBREL or PUBCOMP without its reason string and properties. Allocates nothing.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="reason">The reason code; success in MQTT 3.1.1.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadAck(in Frame frame, ProtocolVersion version, out ushort packetId, out ReasonCode reason)
    {
        var error = ReadAckParts(frame, version, out packetId, out reason, out var properties);
        if (error != ReasonCode.Success || properties.IsEmpty)
        {
            return error;
        }

        var list = new PropertyReader(properties, PropertySets.Ack);
        while (list.Next())
        {
        }

        return list.Error;
    }

    /// <summary>Reads a PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7) whole.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadAck(in Frame frame, ProtocolVersion version, out AckPacket? packet)
    {
        packet = null;
        var error = ReadAckParts(frame, version, out var id, out var reason, out var properties);
        if (error != ReasonCode.Success)
        {
            return error;
        }

        var values = new PropertyValues();
        error = values.Read(properties, PropertySets.Ack);
        if (error == ReasonCode.Success)
        {
            packet = new AckPacket(frame.Type, id, reason)
            {
                ReasonString = values.Text(PropertyId.ReasonString),
                UserProperties = values.User,
            };
        }

        return error;
    }

    private static ReasonCode ReadAckParts(
        in Frame frame, ProtocolVersion version, out ushort id, out ReasonCode reason, out ReadOnlySequence<byte> properties)
    {
        reason = ReasonCode.Success;
        properties = ReadOnlySequence<byte>.Empty;
        var reader = new BodyReader(frame.Body);
        if (!reader.TryReadUInt16(out id))
        {
            return ReasonCode.MalformedPacket;
        }

        if (id == 0)
        {
            return ReasonCode.ProtocolError; // [MQTT-2.2.1-3]: there is no identifier 0 to answer
        }

        if (reader.AtEnd)
        {
            return ReasonCode.Success; // 3.4.2.1: success without a reason code
        }

        if (version == ProtocolVersion.V311)
        {
            return ReasonCode.MalformedPacket; // 3.1.1, 3.4.1: remaining length is 2
        }

        reader.TryReadByte(out var code);
        reason = (ReasonCode)code;
        if (!ReasonSets.IsAllowed(frame.Type, reason))
        {
            return ReasonCode.ProtocolError; // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
        }

        // 3.4.2.2.1: without a property length if remaining length is below 4
        return reader.AtEnd || (reader.TryReadProperties(out properties) && reader.AtEnd) ? ReasonCode.Success : ReasonCode.MalformedPacket;
    }
}
