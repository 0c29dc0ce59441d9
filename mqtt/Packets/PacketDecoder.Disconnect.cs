namespace SmartCity.Mqtt;

public static partial class PacketDecoder
{
    /// <summary>Reads a DISCONNECT (3.14).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadDisconnect(in Frame frame, ProtocolVersion version, out DisconnectPacket? packet)
    {
        packet = null;
        if (version == ProtocolVersion.V311 && !frame.Body.IsEmpty)
        {
            return ReasonCode.MalformedPacket; // 3.1.1, 3.14.1: remaining length is 0
        }

        var error = ReadReasonAndProperties(frame, PropertySets.Disconnect, out var reason, out var values);
        if (error == ReasonCode.Success)
        {
            packet = new DisconnectPacket(reason)
            {
                SessionExpiryInterval = values.Number(PropertyId.SessionExpiryInterval),
                ReasonString = values.Text(PropertyId.ReasonString),
                ServerReference = values.Text(PropertyId.ServerReference),
                UserProperties = values.User,
            };
        }

        return error;
    }

    /// <summary>Reads an AUTH (3.15).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="version">The connection's version; in 3.1.1 the type 15 is forbidden.</param>
    /// <param name="packet">The packet.</param>
    /// <returns>Success or the reason.</returns>
    public static ReasonCode ReadAuth(in Frame frame, ProtocolVersion version, out AuthPacket? packet)
    {
        packet = null;
        if (version == ProtocolVersion.V311)
        {
            return ReasonCode.MalformedPacket; // 3.1.1, table 2.1: 15 is reserved
        }

        var error = ReadReasonAndProperties(frame, PropertySets.Auth, out var reason, out var values);
        if (error != ReasonCode.Success)
        {
            return error;
        }

        var method = values.Text(PropertyId.AuthenticationMethod);
        if (method is null && !frame.Body.IsEmpty)
        {
            return ReasonCode.ProtocolError; // 3.15.2.2.2: without a method; 3.15.2.1 lets only an empty AUTH leave all out
        }

        packet = new AuthPacket(reason)
        {
            AuthenticationMethod = method,
            AuthenticationData = values.AuthenticationData,
            ReasonString = values.Text(PropertyId.ReasonString),
            UserProperties = values.User,
        };
        return ReasonCode.Success;
    }

    private static ReasonCode ReadReasonAndProperties(in Frame frame, ulong allowed, out ReasonCode reason, out PropertyValues values)
    {
        values = new PropertyValues();
        reason = ReasonCode.Success;
        var reader = new BodyReader(frame.Body);
        if (!reader.TryReadByte(out var code))
        {
            return ReasonCode.Success; // 3.14.2.1, 3.15.2.1: remaining length 0 is reason 0
        }

        reason = (ReasonCode)code;
        if (!ReasonSets.IsAllowed(frame.Type, reason))
        {
            return ReasonCode.ProtocolError; // [MQTT-3.14.2-1] [MQTT-3.15.2-1]
        }

        if (reader.AtEnd)
        {
            return ReasonCode.Success; // 3.14.2.2.1: no property length below remaining length 2
        }

        return reader.TryReadProperties(out var properties) && reader.AtEnd
            ? values.Read(properties, allowed)
            : ReasonCode.MalformedPacket;
    }
}
