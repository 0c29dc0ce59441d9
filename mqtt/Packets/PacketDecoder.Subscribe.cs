namespace SmartCity.Mqtt;

public static partial class PacketDecoder
{
    /// <summary>Reads a SUBSCRIBE (3.8).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadSubscribe(in Frame frame, ProtocolVersion version, out SubscribePacket? packet)
    {
        packet = null;
        var reader = new BodyReader(frame.Body);
        var error = ReadIdAndProperties(ref reader, version, PropertySets.Subscribe, out var id, out var values);
        if (error != ReasonCode.Success)
        {
            return error;
        }

        if (reader.AtEnd)
        {
            return ReasonCode.ProtocolError; // [MQTT-3.8.3-2] (3.1.1: [MQTT-3.8.3-3]) one subscription at least
        }

        var subscriptions = new List<SubscriptionRequest>();
        while (!reader.AtEnd)
        {
            if (!reader.TryReadString(out var filter) || !reader.TryReadByte(out var options))
            {
                return ReasonCode.MalformedPacket; // [MQTT-3.8.3-1]
            }

            if (!TextRules.IsTopicFilter(filter))
            {
                return ReasonCode.MalformedPacket; // 4.7.1, 4.8.2
            }

            error = JudgeOptions(options, filter, version);
            if (error != ReasonCode.Success)
            {
                return error;
            }

            subscriptions.Add(new SubscriptionRequest(filter, (QualityOfService)(options & 3))
            {
                NoLocal = (options & 0x04) != 0,
                RetainAsPublished = (options & 0x08) != 0,
                RetainHandling = (RetainHandling)((options >> 4) & 3),
            });
        }

        packet = new SubscribePacket(id, subscriptions)
        {
            SubscriptionIdentifier = values.SubscriptionIdentifier,
            UserProperties = values.User,
        };
        return ReasonCode.Success;
    }

    private static ReasonCode JudgeOptions(byte options, string filter, ProtocolVersion version)
    {
        if (version == ProtocolVersion.V311)
        {
            return options > 2 ? ReasonCode.MalformedPacket : ReasonCode.Success; // 3.1.1 [MQTT-3-8.3-4]: reserved bits 0, QoS not 3
        }

        if ((options & 0xC0) != 0)
        {
            return ReasonCode.MalformedPacket; // [MQTT-3.8.3-5] reserved bits
        }

        if ((options & 3) == 3 || (options & 0x30) == 0x30)
        {
            return ReasonCode.ProtocolError; // 3.8.3.1: QoS 3, retain handling 3
        }

        return (options & 4) != 0 && filter.StartsWith("$share/", StringComparison.Ordinal)
            ? ReasonCode.ProtocolError // [MQTT-3.8.3-4] no local on a shared subscription
            : ReasonCode.Success;
    }

    /// <summary>Reads a SUBACK (3.9).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadSubAck(in Frame frame, ProtocolVersion version, out SubAckPacket? packet)
    {
        packet = null;
        var reader = new BodyReader(frame.Body);
        var error = ReadIdAndProperties(ref reader, version, PropertySets.Ack, out var id, out var values);
        if (error != ReasonCode.Success)
        {
            return error;
        }

        error = ReadReasons(ref reader, PacketType.SubAck, version, out var reasons);
        if (error == ReasonCode.Success)
        {
            packet = new SubAckPacket(id, reasons)
            {
                ReasonString = values.Text(PropertyId.ReasonString),
                UserProperties = values.User,
            };
        }

        return error;
    }

    /// <summary>Reads an UNSUBSCRIBE (3.10).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadUnsubscribe(in Frame frame, ProtocolVersion version, out UnsubscribePacket? packet)
    {
        packet = null;
        var reader = new BodyReader(frame.Body);
        var error = ReadIdAndProperties(ref reader, version, PropertySets.Unsubscribe, out var id, out var values);
        if (error != ReasonCode.Success)
        {
            return error;
        }

        if (reader.AtEnd)
        {
            return ReasonCode.ProtocolError; // [MQTT-3.10.3-2] one filter at least
        }

        var filters = new List<string>();
        while (!reader.AtEnd)
        {
            if (!reader.TryReadString(out var filter) || !TextRules.IsTopicFilter(filter))
            {
                return ReasonCode.MalformedPacket; // [MQTT-3.10.3-1]
            }

            filters.Add(filter);
        }

        packet = new UnsubscribePacket(id, filters) { UserProperties = values.User };
        return ReasonCode.Success;
    }

    /// <summary>Reads an UNSUBACK (3.11).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadUnsubAck(in Frame frame, ProtocolVersion version, out UnsubAckPacket? packet)
    {
        packet = null;
        var reader = new BodyReader(frame.Body);
        var error = ReadIdAndProperties(ref reader, version, PropertySets.Ack, out var id, out var values);
        if (error != ReasonCode.Success)
        {
            return error;
        }

        IReadOnlyList<ReasonCode> reasons = [];
        if (version == ProtocolVersion.V500)
        {
            error = ReadReasons(ref reader, PacketType.UnsubAck, version, out reasons);
        }
        else if (!reader.AtEnd)
        {
            error = ReasonCode.MalformedPacket; // 3.1.1, 3.11.1: remaining length is 2
        }

        if (error == ReasonCode.Success)
        {
            packet = new UnsubAckPacket(id, reasons)
            {
                ReasonString = values.Text(PropertyId.ReasonString),
                UserProperties = values.User,
            };
        }

        return error;
    }

    private static ReasonCode ReadIdAndProperties(
        ref BodyReader reader, ProtocolVersion version, ulong allowed, out ushort id, out PropertyValues values)
    {
        values = new PropertyValues();
        if (!reader.TryReadUInt16(out id))
        {
            return ReasonCode.MalformedPacket;
        }

        if (id == 0)
        {
            return ReasonCode.ProtocolError; // [MQTT-2.2.1-3] (3.1.1: [MQTT-2.3.1-1])
        }

        if (version == ProtocolVersion.V311)
        {
            return ReasonCode.Success;
        }

        return reader.TryReadProperties(out var properties) ? values.Read(properties, allowed) : ReasonCode.MalformedPacket;
    }

    private static ReasonCode ReadReasons(
        ref BodyReader reader, PacketType type, ProtocolVersion version, out IReadOnlyList<ReasonCode> reasons)
    {
        var list = new List<ReasonCode>();
        reasons = list;
        while (reader.TryReadByte(out var code))
        {
            var reason = (ReasonCode)code;
            var allowed = version == ProtocolVersion.V311
                ? reason is <= ReasonCode.GrantedQos2 or ReasonCode.UnspecifiedError // 3.1.1 [MQTT-3.9.3-2]
                : ReasonSets.IsAllowed(type, reason); // [MQTT-3.9.3-2] [MQTT-3.11.3-2]
            if (!allowed)
            {
                return ReasonCode.ProtocolError;
            }

            list.Add(reason);
        }

        return list.Count == 0 ? ReasonCode.ProtocolError : ReasonCode.Success; // [MQTT-3.9.3-1] [MQTT-3.11.3-1]: one for each asked
    }
}
