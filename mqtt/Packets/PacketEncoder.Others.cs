using System.Buffers;

namespace SmartCity.Mqtt;

public static partial class PacketEncoder
{
    /// <summary>Writes a CONNECT (3.1).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet; it says its version itself.</param>
    public static void WriteConnect(IBufferWriter<byte> output, ConnectPacket packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (packet.Version == ProtocolVersion.V311 && packet.Password is not null && packet.Username is null)
        {
            throw new ArgumentException("MQTT 3.1.1 has no password without a user name.", nameof(packet)); // 3.1.1 [MQTT-3.1.2-22]
        }

        var body = new ArrayBufferWriter<byte>();
        var will = packet.Will;
        var flags = (packet.CleanStart ? 0x02 : 0) | (packet.Username is null ? 0 : 0x80) | (packet.Password is null ? 0 : 0x40);
        if (will is not null)
        {
            flags |= 0x04 | ((int)will.Qos << 3) | (will.Retain ? 0x20 : 0);
        }

        body.Text("MQTT");
        body.Byte((byte)packet.Version);
        body.Byte((byte)flags);
        body.UInt16(packet.KeepAlive);
        if (packet.Version == ProtocolVersion.V500)
        {
            PropertyList(body, ConnectProperties(packet));
        }

        body.Text(packet.ClientId);
        if (will is not null)
        {
            WriteWill(body, will, packet.Version);
        }

        if (packet.Username is not null)
        {
            body.Text(packet.Username);
        }

        if (packet.Password is { } password)
        {
            body.Binary(password.Span);
        }

        WriteFrame(output, PacketType.Connect, body);
    }

    private static ArrayBufferWriter<byte> ConnectProperties(ConnectPacket packet)
    {
        var list = new ArrayBufferWriter<byte>();
        list.Property(PropertyId.SessionExpiryInterval, packet.SessionExpiryInterval == 0 ? null : packet.SessionExpiryInterval);
        list.Property(PropertyId.ReceiveMaximum, packet.ReceiveMaximum == ushort.MaxValue ? null : packet.ReceiveMaximum);
        list.Property(PropertyId.MaximumPacketSize, packet.MaximumPacketSize);
        list.Property(PropertyId.TopicAliasMaximum, packet.TopicAliasMaximum == 0 ? null : packet.TopicAliasMaximum);
        list.Property(PropertyId.RequestResponseInformation, packet.RequestResponseInformation ? true : null);
        list.Property(PropertyId.RequestProblemInformation, packet.RequestProblemInformation ? null : false);
        list.Property(PropertyId.AuthenticationMethod, packet.AuthenticationMethod);
        list.Property(PropertyId.AuthenticationData, packet.AuthenticationData);
        list.Properties(packet.UserProperties);
        return list;
    }

    private static void WriteWill(ArrayBufferWriter<byte> body, WillMessage will, ProtocolVersion version)
    {
        if (version == ProtocolVersion.V500)
        {
            var list = new ArrayBufferWriter<byte>();
            list.Property(PropertyId.WillDelayInterval, will.DelayInterval == 0 ? null : will.DelayInterval);
            list.MessageProperties(will.Properties, will.Properties?.MessageExpiryInterval);
            PropertyList(body, list);
        }

        body.Text(will.Topic);
        body.Binary(will.Payload.Span);
    }

    /// <summary>Writes a CONNACK (3.2).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteConnAck(IBufferWriter<byte> output, ConnAckPacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var body = new ArrayBufferWriter<byte>();
        body.Byte((byte)(packet.SessionPresent && packet.Reason == ReasonCode.Success ? 1 : 0)); // [MQTT-3.2.2-6]
        if (version == ProtocolVersion.V311)
        {
            body.Byte(ReasonSets.ToConnectReturnCode(packet.Reason));
        }
        else
        {
            body.Byte((byte)packet.Reason);
            PropertyList(body, ConnAckProperties(packet));
        }

        WriteFrame(output, PacketType.ConnAck, body);
    }

    private static ArrayBufferWriter<byte> ConnAckProperties(ConnAckPacket packet)
    {
        var list = new ArrayBufferWriter<byte>();
        list.Property(PropertyId.SessionExpiryInterval, packet.SessionExpiryInterval);
        list.Property(PropertyId.ReceiveMaximum, packet.ReceiveMaximum);
        list.Property(PropertyId.MaximumQos, packet.MaximumQos is { } qos && qos != QualityOfService.ExactlyOnce ? (uint)qos : null);
        list.Property(PropertyId.RetainAvailable, packet.RetainAvailable);
        list.Property(PropertyId.MaximumPacketSize, packet.MaximumPacketSize);
        list.Property(PropertyId.AssignedClientIdentifier, packet.AssignedClientId);
        list.Property(PropertyId.TopicAliasMaximum, packet.TopicAliasMaximum);
        list.Property(PropertyId.ReasonString, packet.ReasonString);
        list.Property(PropertyId.WildcardSubscriptionAvailable, packet.WildcardSubscriptionAvailable);
        list.Property(PropertyId.SubscriptionIdentifierAvailable, packet.SubscriptionIdentifierAvailable);
        list.Property(PropertyId.SharedSubscriptionAvailable, packet.SharedSubscriptionAvailable);
        list.Property(PropertyId.ServerKeepAlive, packet.ServerKeepAlive);
        list.Property(PropertyId.ResponseInformation, packet.ResponseInformation);
        list.Property(PropertyId.ServerReference, packet.ServerReference);
        list.Property(PropertyId.AuthenticationMethod, packet.AuthenticationMethod);
        list.Property(PropertyId.AuthenticationData, packet.AuthenticationData);
        list.Properties(packet.UserProperties);
        return list;
    }

    /// <summary>Writes a PUBACK, PUBREC, PUBREL or PUBCOMP with all that is in it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteAck(IBufferWriter<byte> output, AckPacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (version == ProtocolVersion.V311 || (packet.ReasonString is null && packet.UserProperties.Count == 0))
        {
            WriteAck(output, packet.Type, packet.PacketId, packet.Reason, version);
            return;
        }

        var body = new ArrayBufferWriter<byte>();
        body.UInt16(packet.PacketId);
        body.Byte((byte)packet.Reason);
        PropertyList(body, Explanation(packet.ReasonString, packet.UserProperties));
        WriteFrame(output, packet.Type, body);
    }

    /// <summary>Writes a SUBSCRIBE (3.8).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteSubscribe(IBufferWriter<byte> output, SubscribePacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var body = new ArrayBufferWriter<byte>();
        body.UInt16(packet.PacketId);
        if (version == ProtocolVersion.V500)
        {
            var list = new ArrayBufferWriter<byte>();
            list.Property(PropertyId.SubscriptionIdentifier, packet.SubscriptionIdentifier);
            list.Properties(packet.UserProperties);
            PropertyList(body, list);
        }

        foreach (var wish in packet.Subscriptions)
        {
            body.Text(wish.Filter);
            var options = (int)wish.MaximumQos;
            if (version == ProtocolVersion.V500)
            {
                options |= (wish.NoLocal ? 0x04 : 0) | (wish.RetainAsPublished ? 0x08 : 0) | ((int)wish.RetainHandling << 4);
            }

            body.Byte((byte)options);
        }

        WriteFrame(output, PacketType.Subscribe, body);
    }

    /// <summary>Writes a SUBACK (3.9). In MQTT 3.1.1 every failure is 0x80.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteSubAck(IBufferWriter<byte> output, SubAckPacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var body = new ArrayBufferWriter<byte>();
        body.UInt16(packet.PacketId);
        if (version == ProtocolVersion.V500)
        {
            PropertyList(body, Explanation(packet.ReasonString, packet.UserProperties));
        }

        foreach (var reason in packet.Reasons)
        {
            body.Byte(version == ProtocolVersion.V311 && reason > ReasonCode.GrantedQos2 ? (byte)0x80 : (byte)reason);
        }

        WriteFrame(output, PacketType.SubAck, body);
    }

    /// <summary>Writes an UNSUBSCRIBE (3.10).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteUnsubscribe(IBufferWriter<byte> output, UnsubscribePacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var body = new ArrayBufferWriter<byte>();
        body.UInt16(packet.PacketId);
        if (version == ProtocolVersion.V500)
        {
            PropertyList(body, Explanation(null, packet.UserProperties));
        }

        foreach (var filter in packet.Filters)
        {
            body.Text(filter);
        }

        WriteFrame(output, PacketType.Unsubscribe, body);
    }

    /// <summary>Writes an UNSUBACK (3.11).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet; its reasons are left out in MQTT 3.1.1.</param>
    /// <param name="version">The connection's version.</param>
    public static void WriteUnsubAck(IBufferWriter<byte> output, UnsubAckPacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var body = new ArrayBufferWriter<byte>();
        body.UInt16(packet.PacketId);
        if (version == ProtocolVersion.V500)
        {
            PropertyList(body, Explanation(packet.ReasonString, packet.UserProperties));
            foreach (var reason in packet.Reasons)
            {
                body.Byte((byte)reason);
            }
        }

        WriteFrame(output, PacketType.UnsubAck, body);
    }

    /// <summary>Writes a DISCONNECT (3.14).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The connection's version; in 3.1.1 only a client sends it, and nothing is in it.</param>
    public static void WriteDisconnect(IBufferWriter<byte> output, DisconnectPacket packet, ProtocolVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var body = new ArrayBufferWriter<byte>();
        if (version == ProtocolVersion.V500)
        {
            var list = new ArrayBufferWriter<byte>();
            list.Property(PropertyId.SessionExpiryInterval, packet.SessionExpiryInterval);
            list.Property(PropertyId.ReasonString, packet.ReasonString);
            list.Property(PropertyId.ServerReference, packet.ServerReference);
            list.Properties(packet.UserProperties);
            WriteReason(body, packet.Reason, list);
        }

        WriteFrame(output, PacketType.Disconnect, body);
    }

    /// <summary>Writes an AUTH (3.15).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="packet">The packet.</param>
    public static void WriteAuth(IBufferWriter<byte> output, AuthPacket packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        var list = new ArrayBufferWriter<byte>();
        list.Property(PropertyId.AuthenticationMethod, packet.AuthenticationMethod);
        list.Property(PropertyId.AuthenticationData, packet.AuthenticationData);
        list.Property(PropertyId.ReasonString, packet.ReasonString);
        list.Properties(packet.UserProperties);
        var body = new ArrayBufferWriter<byte>();
        WriteReason(body, packet.Reason, list);
        WriteFrame(output, PacketType.Auth, body);
    }

    private static void WriteReason(ArrayBufferWriter<byte> body, ReasonCode reason, ArrayBufferWriter<byte> properties)
    {
        if (properties.WrittenCount > 0)
        {
            body.Byte((byte)reason);
            PropertyList(body, properties);
        }
        else if (reason != ReasonCode.Success)
        {
            body.Byte((byte)reason); // 3.14.2.1: success without properties may be left out
        }
    }

    private static ArrayBufferWriter<byte> Explanation(string? reason, IReadOnlyList<UserProperty> user)
    {
        var list = new ArrayBufferWriter<byte>();
        list.Property(PropertyId.ReasonString, reason);
        list.Properties(user);
        return list;
    }
}
