using System.Buffers;

namespace SmartCity.Mqtt;

public static partial class PacketDecoder
{
    /// <summary>Reads a CONNECT (3.1).</summary>
    /// <param name="frame">The frame, read with <see cref="ProtocolVersion.V311"/>: the version stands in this packet.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The version the client speaks, known even if the rest is refused; 3.1.1 if not known.</param>
    /// <returns>Success or the reason; <see cref="ReasonCode.UnsupportedProtocolVersion"/> if it is another protocol or level.</returns>
    public static ReasonCode ReadConnect(in Frame frame, out ConnectPacket? packet, out ProtocolVersion version)
    {
        packet = null;
        version = ProtocolVersion.V311;
        var reader = new BodyReader(frame.Body);
        if (!reader.TryReadText(out var name) || !reader.TryReadByte(out var level))
        {
            return ReasonCode.MalformedPacket;
        }

        if (!IsProtocolName(name))
        {
            return ReasonCode.UnsupportedProtocolVersion; // [MQTT-3.1.2-1]
        }

        if (level is not ((byte)ProtocolVersion.V311 or (byte)ProtocolVersion.V500))
        {
            return ReasonCode.UnsupportedProtocolVersion; // [MQTT-3.1.2-2]
        }

        version = (ProtocolVersion)level;
        if (version == ProtocolVersion.V500 && frame.HeaderLength != 1 + VariableInteger.Length((uint)frame.Body.Length))
        {
            return ReasonCode.MalformedPacket; // [MQTT-1.5.5-1], only now known to hold
        }

        if (!reader.TryReadByte(out var flags) || !reader.TryReadUInt16(out var keepAlive) || !ConnectFlagsAllowed(flags, version))
        {
            return ReasonCode.MalformedPacket;
        }

        var values = new PropertyValues();
        if (version == ProtocolVersion.V500)
        {
            if (!reader.TryReadProperties(out var properties))
            {
                return ReasonCode.MalformedPacket;
            }

            var error = values.Read(properties, PropertySets.Connect);
            if (error != ReasonCode.Success)
            {
                return error;
            }

            if (values.AuthenticationData is not null && values.Text(PropertyId.AuthenticationMethod) is null)
            {
                return ReasonCode.ProtocolError; // 3.1.2.11.10: data without a method
            }
        }

        // [MQTT-3.1.3-1] client identifier, will, user name, password, in this order
        if (!reader.TryReadString(out var clientId))
        {
            return ReasonCode.MalformedPacket; // [MQTT-3.1.3-3] [MQTT-3.1.3-4]
        }

        WillMessage? will = null;
        if ((flags & 0x04) != 0)
        {
            var error = ReadWill(ref reader, flags, version, out will);
            if (error != ReasonCode.Success)
            {
                return error;
            }
        }

        string? username = null;
        if ((flags & 0x80) != 0)
        {
            if (!reader.TryReadString(out var text))
            {
                return ReasonCode.MalformedPacket; // [MQTT-3.1.3-12] (3.1.1: [MQTT-3.1.3-11])
            }

            username = text;
        }

        ReadOnlyMemory<byte>? password = null;
        if ((flags & 0x40) != 0)
        {
            if (!reader.TryReadBinary(out var secret))
            {
                return ReasonCode.MalformedPacket;
            }

            password = secret.ToArray();
        }

        if (!reader.AtEnd)
        {
            return ReasonCode.MalformedPacket; // remaining length says more than the fields do
        }

        packet = new ConnectPacket(version, clientId, (flags & 0x02) != 0, keepAlive)
        {
            Username = username,
            Password = password,
            Will = will,
            SessionExpiryInterval = values.Number(PropertyId.SessionExpiryInterval) ?? 0,
            ReceiveMaximum = (ushort)(values.Number(PropertyId.ReceiveMaximum) ?? ushort.MaxValue),
            MaximumPacketSize = values.Number(PropertyId.MaximumPacketSize),
            TopicAliasMaximum = (ushort)(values.Number(PropertyId.TopicAliasMaximum) ?? 0),
            RequestResponseInformation = values.Bit(PropertyId.RequestResponseInformation) ?? false,
            RequestProblemInformation = values.Bit(PropertyId.RequestProblemInformation) ?? true,
            AuthenticationMethod = values.Text(PropertyId.AuthenticationMethod),
            AuthenticationData = values.AuthenticationData,
            UserProperties = values.User,
        };
        return ReasonCode.Success;
    }

    private static bool IsProtocolName(in ReadOnlySequence<byte> name)
    {
        Span<byte> four = stackalloc byte[4];
        if (name.Length != 4)
        {
            return false;
        }

        name.CopyTo(four);
        return four.SequenceEqual("MQTT"u8);
    }

    private static bool ConnectFlagsAllowed(byte flags, ProtocolVersion version)
    {
        if ((flags & 0x01) != 0)
        {
            return false; // [MQTT-3.1.2-3] the reserved bit is 0
        }

        if ((flags & 0x04) == 0)
        {
            if ((flags & 0x38) != 0)
            {
                return false; // [MQTT-3.1.2-11] [MQTT-3.1.2-13]: without a will, will QoS and will retain are 0
            }
        }
        else if ((flags & 0x18) == 0x18)
        {
            return false; // [MQTT-3.1.2-12] (3.1.1: [MQTT-3.1.2-14]) will QoS is not 3
        }

        // 3.1.1 [MQTT-3.1.2-22]: no password without a user name; MQTT 5 allows it
        return version == ProtocolVersion.V500 || (flags & 0xC0) != 0x40;
    }

    private static ReasonCode ReadWill(ref BodyReader reader, byte flags, ProtocolVersion version, out WillMessage? will)
    {
        will = null;
        var values = new PropertyValues();
        if (version == ProtocolVersion.V500)
        {
            if (!reader.TryReadProperties(out var properties))
            {
                return ReasonCode.MalformedPacket;
            }

            var error = values.Read(properties, PropertySets.Will);
            if (error != ReasonCode.Success)
            {
                return error;
            }
        }

        if (!reader.TryReadString(out var topic) || !reader.TryReadBinary(out var payload))
        {
            return ReasonCode.MalformedPacket; // [MQTT-3.1.3-11] (3.1.1: [MQTT-3.1.3-10])
        }

        if (!TextRules.IsTopicName(topic))
        {
            return ReasonCode.MalformedPacket; // [MQTT-3.3.2-2] [MQTT-4.7.3-1]: it will be published, so it is a topic name
        }

        will = new WillMessage(topic, payload.ToArray(), (QualityOfService)((flags >> 3) & 3), (flags & 0x20) != 0)
        {
            DelayInterval = values.Number(PropertyId.WillDelayInterval) ?? 0,
            Properties = values.ToMessageProperties(),
        };
        return ReasonCode.Success;
    }

    /// <summary>Reads a CONNACK (3.2).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadConnAck(in Frame frame, ProtocolVersion version, out ConnAckPacket? packet)
    {
        packet = null;
        var reader = new BodyReader(frame.Body);
        if (!reader.TryReadByte(out var flags) || !reader.TryReadByte(out var code) || flags > 1)
        {
            return ReasonCode.MalformedPacket; // [MQTT-3.2.2-1] bits 7 to 1 are 0
        }

        if (version == ProtocolVersion.V311)
        {
            if (!reader.AtEnd || !ReasonSets.TryFromConnectReturnCode(code, out var old))
            {
                return ReasonCode.MalformedPacket;
            }

            packet = new ConnAckPacket(flags == 1, old);
            return flags == 1 && code != 0 ? ReasonCode.ProtocolError : ReasonCode.Success; // 3.1.1 [MQTT-3.2.2-4]
        }

        var reason = (ReasonCode)code;
        if (!ReasonSets.IsAllowed(PacketType.ConnAck, reason) || (flags == 1 && reason != ReasonCode.Success))
        {
            return ReasonCode.ProtocolError; // [MQTT-3.2.2-8]; [MQTT-3.2.2-6]: no session with a failure
        }

        if (!reader.TryReadProperties(out var properties) || !reader.AtEnd)
        {
            return ReasonCode.MalformedPacket;
        }

        var values = new PropertyValues();
        var error = values.Read(properties, PropertySets.ConnAck);
        if (error == ReasonCode.Success)
        {
            packet = ConnAckOf(flags == 1, reason, values);
        }

        return error;
    }

    private static ConnAckPacket ConnAckOf(bool sessionPresent, ReasonCode reason, PropertyValues values) => new(sessionPresent, reason)
    {
        SessionExpiryInterval = values.Number(PropertyId.SessionExpiryInterval),
        ReceiveMaximum = (ushort?)values.Number(PropertyId.ReceiveMaximum),
        MaximumQos = (QualityOfService?)values.Number(PropertyId.MaximumQos),
        RetainAvailable = values.Bit(PropertyId.RetainAvailable),
        MaximumPacketSize = values.Number(PropertyId.MaximumPacketSize),
        AssignedClientId = values.Text(PropertyId.AssignedClientIdentifier),
        TopicAliasMaximum = (ushort?)values.Number(PropertyId.TopicAliasMaximum),
        ReasonString = values.Text(PropertyId.ReasonString),
        WildcardSubscriptionAvailable = values.Bit(PropertyId.WildcardSubscriptionAvailable),
        SubscriptionIdentifierAvailable = values.Bit(PropertyId.SubscriptionIdentifierAvailable),
        SharedSubscriptionAvailable = values.Bit(PropertyId.SharedSubscriptionAvailable),
        ServerKeepAlive = (ushort?)values.Number(PropertyId.ServerKeepAlive),
        ResponseInformation = values.Text(PropertyId.ResponseInformation),
        ServerReference = values.Text(PropertyId.ServerReference),
        AuthenticationMethod = values.Text(PropertyId.AuthenticationMethod),
        AuthenticationData = values.AuthenticationData,
        UserProperties = values.User,
    };
}
