namespace SmartCity.Mqtt;

/// <summary>Which reason code may stand in which packet (table 2-6).</summary>
internal static class ReasonSets
{
    internal static bool IsAllowed(PacketType type, ReasonCode reason) => type switch
    {
        PacketType.PubAck or PacketType.PubRec => reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers
            or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid
            or ReasonCode.PacketIdentifierInUse or ReasonCode.QuotaExceeded or ReasonCode.PayloadFormatInvalid,
        PacketType.PubRel or PacketType.PubComp => reason is ReasonCode.Success or ReasonCode.PacketIdentifierNotFound,
        PacketType.ConnAck => reason == ReasonCode.Success || IsConnAckFailure(reason),
        PacketType.SubAck => reason is <= ReasonCode.GrantedQos2 or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError
            or ReasonCode.NotAuthorized or ReasonCode.TopicFilterInvalid or ReasonCode.PacketIdentifierInUse or ReasonCode.QuotaExceeded
            or ReasonCode.SharedSubscriptionsNotSupported or ReasonCode.SubscriptionIdentifiersNotSupported
            or ReasonCode.WildcardSubscriptionsNotSupported,
        PacketType.UnsubAck => reason is ReasonCode.Success or ReasonCode.NoSubscriptionExisted or ReasonCode.UnspecifiedError
            or ReasonCode.ImplementationSpecificError or ReasonCode.NotAuthorized or ReasonCode.TopicFilterInvalid
            or ReasonCode.PacketIdentifierInUse,
        PacketType.Disconnect => reason is ReasonCode.Success or ReasonCode.DisconnectWithWill || IsDisconnectFailure(reason),
        PacketType.Auth => reason is ReasonCode.Success or ReasonCode.ContinueAuthentication or ReasonCode.Reauthenticate,
        _ => false,
    };

    /// <summary>The reason if the packet may carry it, else <see cref="ReasonCode.UnspecifiedError"/>, which every packet with a failure may.</summary>
    internal static ReasonCode Fit(PacketType type, ReasonCode reason) => IsAllowed(type, reason) ? reason : ReasonCode.UnspecifiedError;

    /// <summary>The six return codes of a 3.1.1 CONNACK (3.1.1, table 3.1), nearest to the reason.</summary>
    internal static byte ToConnectReturnCode(ReasonCode reason) => reason switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword or ReasonCode.BadAuthenticationMethod => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned => 5,
        _ => 3, // server unavailable: the only one that invites to try again
    };

    internal static bool TryFromConnectReturnCode(byte code, out ReasonCode reason)
    {
        reason = code switch
        {
            0 => ReasonCode.Success,
            1 => ReasonCode.UnsupportedProtocolVersion,
            2 => ReasonCode.ClientIdentifierNotValid,
            3 => ReasonCode.ServerUnavailable,
            4 => ReasonCode.BadUserNameOrPassword,
            5 => ReasonCode.NotAuthorized,
            _ => ReasonCode.MalformedPacket, // 3.1.1, table 3.1: 6 to 255 are reserved
        };
        return code <= 5;
    }

    private static bool IsConnAckFailure(ReasonCode reason) => reason is (>= ReasonCode.UnspecifiedError and <= ReasonCode.Banned)
        or ReasonCode.BadAuthenticationMethod or ReasonCode.TopicNameInvalid or ReasonCode.PacketTooLarge or ReasonCode.QuotaExceeded
        or ReasonCode.PayloadFormatInvalid or ReasonCode.RetainNotSupported or ReasonCode.QosNotSupported or ReasonCode.UseAnotherServer
        or ReasonCode.ServerMoved or ReasonCode.ConnectionRateExceeded;

    private static bool IsDisconnectFailure(ReasonCode reason) => reason is (>= ReasonCode.UnspecifiedError and <= ReasonCode.ImplementationSpecificError)
        or ReasonCode.NotAuthorized or ReasonCode.ServerBusy or (>= ReasonCode.ServerShuttingDown and <= ReasonCode.TopicNameInvalid)
        or (>= ReasonCode.ReceiveMaximumExceeded and <= ReasonCode.WildcardSubscriptionsNotSupported);
}
