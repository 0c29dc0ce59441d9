namespace SmartCity.Mqtt;

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7).</summary>
/// <param name="Type">Which of the four.</param>
/// <param name="PacketId">1 to 65,535.</param>
/// <param name="Reason">Always success in MQTT 3.1.1.</param>
public sealed record AckPacket(PacketType Type, ushort PacketId, ReasonCode Reason = ReasonCode.Success)
{
    /// <summary>For people who read logs.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}

/// <summary>One wish of a SUBSCRIBE (3.8.3).</summary>
/// <param name="Filter">Topic filter, well formed; may be of a shared subscription ($share/name/filter).</param>
/// <param name="MaximumQos">Highest QoS wanted.</param>
public sealed record SubscriptionRequest(string Filter, QualityOfService MaximumQos)
{
    /// <summary>True if the client does not want its own messages back (MQTT 5).</summary>
    public bool NoLocal { get; init; }

    /// <summary>True to keep the retain flag as published (MQTT 5).</summary>
    public bool RetainAsPublished { get; init; }

    /// <summary>What is sent of retained messages at once (MQTT 5).</summary>
    public RetainHandling RetainHandling { get; init; }
}

/// <summary>SUBSCRIBE (3.8).</summary>
/// <param name="PacketId">1 to 65,535.</param>
/// <param name="Subscriptions">One or more.</param>
public sealed record SubscribePacket(ushort PacketId, IReadOnlyList<SubscriptionRequest> Subscriptions)
{
    /// <summary>Identifier of all these subscriptions, 1 to 268,435,455, or null.</summary>
    public uint? SubscriptionIdentifier { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}

/// <summary>SUBACK (3.9).</summary>
/// <param name="PacketId">That of the SUBSCRIBE.</param>
/// <param name="Reasons">One a subscription, in order.</param>
public sealed record SubAckPacket(ushort PacketId, IReadOnlyList<ReasonCode> Reasons)
{
    /// <summary>For people who read logs.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}

/// <summary>UNSUBSCRIBE (3.10).</summary>
/// <param name="PacketId">1 to 65,535.</param>
/// <param name="Filters">One or more.</param>
public sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters)
{
    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}

/// <summary>UNSUBACK (3.11). Has no reasons in MQTT 3.1.1.</summary>
/// <param name="PacketId">That of the UNSUBSCRIBE.</param>
/// <param name="Reasons">One a filter, in order.</param>
public sealed record UnsubAckPacket(ushort PacketId, IReadOnlyList<ReasonCode> Reasons)
{
    /// <summary>For people who read logs.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}

/// <summary>DISCONNECT (3.14). In MQTT 3.1.1 it has nothing in it and only a client sends it.</summary>
/// <param name="Reason">Why.</param>
public sealed record DisconnectPacket(ReasonCode Reason = ReasonCode.Success)
{
    /// <summary>A new session expiry in seconds, from a client.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>For people who read logs.</summary>
    public string? ReasonString { get; init; }

    /// <summary>Another server to use.</summary>
    public string? ServerReference { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}

/// <summary>AUTH (3.15), MQTT 5 only.</summary>
/// <param name="Reason">Success, continue or authenticate again.</param>
public sealed record AuthPacket(ReasonCode Reason = ReasonCode.Success)
{
    /// <summary>Name of enhanced authentication.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Its data, or null.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    /// <summary>For people who read logs.</summary>
    public string? ReasonString { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
