namespace SmartCity.Mqtt;

/// <summary>Reason codes of MQTT 5 (table 2-6). Below 0x80: success. MQTT 3.1.1 codes are mapped to them at its edge.</summary>
public enum ReasonCode : byte
{
    /// <summary>The act succeeded; also normal disconnection and granted QoS 0.</summary>
    Success = 0x00,

    /// <summary>Subscription granted with at most QoS 1.</summary>
    GrantedQos1 = 0x01,

    /// <summary>Subscription granted with at most QoS 2.</summary>
    GrantedQos2 = 0x02,

    /// <summary>Client leaves and wants its will published.</summary>
    DisconnectWithWill = 0x04,

    /// <summary>Accepted, but nobody is subscribed.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>There was nothing to unsubscribe.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>Authentication goes on.</summary>
    ContinueAuthentication = 0x18,

    /// <summary>Authentication starts again.</summary>
    Reauthenticate = 0x19,

    /// <summary>Refused without a reason; the one failure code of a 3.1.1 SUBACK.</summary>
    UnspecifiedError = 0x80,

    /// <summary>The bytes cannot be read by the specification.</summary>
    MalformedPacket = 0x81,

    /// <summary>Well formed, but not allowed here.</summary>
    ProtocolError = 0x82,

    /// <summary>Valid, but not accepted by this program.</summary>
    ImplementationSpecificError = 0x83,

    /// <summary>Protocol name or level not served.</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>The client identifier is not allowed.</summary>
    ClientIdentifierNotValid = 0x85,

    /// <summary>Credentials not accepted.</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>Not allowed to do this.</summary>
    NotAuthorized = 0x87,

    /// <summary>The server is not available.</summary>
    ServerUnavailable = 0x88,

    /// <summary>Try again later.</summary>
    ServerBusy = 0x89,

    /// <summary>Forbidden by an administrator.</summary>
    Banned = 0x8A,

    /// <summary>The server stops.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>Authentication method not supported or not the one begun with.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>Nothing was received for 1.5 times the keep alive.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>Another connection with this client identifier came.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>Well formed, but not accepted.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>Well formed, but not accepted.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>The packet identifier is in use.</summary>
    PacketIdentifierInUse = 0x91,

    /// <summary>The packet identifier is not known.</summary>
    PacketIdentifierNotFound = 0x92,

    /// <summary>More unacknowledged publishes than allowed.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>Topic alias zero or above the maximum.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>Larger than the maximum packet size.</summary>
    PacketTooLarge = 0x95,

    /// <summary>Too many messages a second.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>A limit set by the administrator is reached.</summary>
    QuotaExceeded = 0x97,

    /// <summary>Closed by an administrator.</summary>
    AdministrativeAction = 0x98,

    /// <summary>The payload is not what its format indicator says.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>The server keeps no retained messages.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>QoS above the server's maximum.</summary>
    QosNotSupported = 0x9B,

    /// <summary>Use another server for now.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>Use another server from now on.</summary>
    ServerMoved = 0x9D,

    /// <summary>No shared subscriptions here.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>Too many connections.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>The connection's time is over.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>No subscription identifiers here.</summary>
    SubscriptionIdentifiersNotSupported = 0xA1,

    /// <summary>No wildcard subscriptions here.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
