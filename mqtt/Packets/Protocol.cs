namespace SmartCity.Mqtt;

/// <summary>The protocol level of a connection, as it stands in CONNECT (MQTT 3.1.1 and 5.0, 3.1.2.2).</summary>
public enum ProtocolVersion : byte
{
    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V500 = 5,
}

/// <summary>How often a message may arrive (4.3).</summary>
public enum QualityOfService : byte
{
    /// <summary>Once or not at all.</summary>
    AtMostOnce,

    /// <summary>Once or more.</summary>
    AtLeastOnce,

    /// <summary>Once.</summary>
    ExactlyOnce,
}

/// <summary>The fifteen control packets (table 2-1). AUTH exists in MQTT 5 only.</summary>
public enum PacketType : byte
{
    /// <summary>No packet: the value 0 is forbidden on the wire.</summary>
    None,

    /// <summary>Client asks for a session.</summary>
    Connect,

    /// <summary>Server's answer to CONNECT.</summary>
    ConnAck,

    /// <summary>A message.</summary>
    Publish,

    /// <summary>QoS 1: received.</summary>
    PubAck,

    /// <summary>QoS 2, part 1: received.</summary>
    PubRec,

    /// <summary>QoS 2, part 2: release.</summary>
    PubRel,

    /// <summary>QoS 2, part 3: complete.</summary>
    PubComp,

    /// <summary>Client asks for subscriptions.</summary>
    Subscribe,

    /// <summary>Server's answer to SUBSCRIBE.</summary>
    SubAck,

    /// <summary>Client gives up subscriptions.</summary>
    Unsubscribe,

    /// <summary>Server's answer to UNSUBSCRIBE.</summary>
    UnsubAck,

    /// <summary>Sign of life, asked.</summary>
    PingReq,

    /// <summary>Sign of life, answered.</summary>
    PingResp,

    /// <summary>The end, announced.</summary>
    Disconnect,

    /// <summary>Enhanced authentication, MQTT 5.</summary>
    Auth,
}

/// <summary>What is sent of retained messages at SUBSCRIBE (MQTT 5, 3.8.3.1).</summary>
public enum RetainHandling : byte
{
    /// <summary>Always.</summary>
    Send,

    /// <summary>Only if the subscription is new.</summary>
    SendIfNew,

    /// <summary>Never.</summary>
    DoNotSend,
}
