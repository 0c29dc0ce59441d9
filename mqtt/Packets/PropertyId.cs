namespace SmartCity.Mqtt;

/// <summary>Identifiers of MQTT 5 properties (table 2-4). All fit in one byte of the variable byte integer.</summary>
internal enum PropertyId : byte
{
    None = 0,
    PayloadFormatIndicator = 1,
    MessageExpiryInterval = 2,
    ContentType = 3,
    ResponseTopic = 8,
    CorrelationData = 9,
    SubscriptionIdentifier = 11,
    SessionExpiryInterval = 17,
    AssignedClientIdentifier = 18,
    ServerKeepAlive = 19,
    AuthenticationMethod = 21,
    AuthenticationData = 22,
    RequestProblemInformation = 23,
    WillDelayInterval = 24,
    RequestResponseInformation = 25,
    ResponseInformation = 26,
    ServerReference = 28,
    ReasonString = 31,
    ReceiveMaximum = 33,
    TopicAliasMaximum = 34,
    TopicAlias = 35,
    MaximumQos = 36,
    RetainAvailable = 37,
    UserProperty = 38,
    MaximumPacketSize = 39,
    WildcardSubscriptionAvailable = 40,
    SubscriptionIdentifierAvailable = 41,
    SharedSubscriptionAvailable = 42,
}

/// <summary>Which property may stand in which packet (table 2-4), a bit each, and how each is encoded.</summary>
internal static class PropertySets
{
    private const ulong _message = (1UL << 1) | (1UL << 2) | (1UL << 3) | (1UL << 8) | (1UL << 9) | (1UL << 38);
    private const ulong _auth = (1UL << 21) | (1UL << 22);

    internal const ulong Publish = _message | (1UL << 11) | (1UL << 35);
    internal const ulong Will = _message | (1UL << 24);
    internal const ulong Connect = _auth | (1UL << 17) | (1UL << 23) | (1UL << 25) | (1UL << 33) | (1UL << 34) | (1UL << 38) | (1UL << 39);
    internal const ulong ConnAck = _auth | (1UL << 17) | (1UL << 18) | (1UL << 19) | (1UL << 26) | (1UL << 28) | (1UL << 31) | (1UL << 33)
        | (1UL << 34) | (1UL << 36) | (1UL << 37) | (1UL << 38) | (1UL << 39) | (1UL << 40) | (1UL << 41) | (1UL << 42);
    internal const ulong Ack = (1UL << 31) | (1UL << 38);
    internal const ulong Subscribe = (1UL << 11) | (1UL << 38);
    internal const ulong Unsubscribe = 1UL << 38;
    internal const ulong Disconnect = (1UL << 17) | (1UL << 28) | (1UL << 31) | (1UL << 38);
    internal const ulong Auth = _auth | (1UL << 31) | (1UL << 38);

    internal static PropertyKind KindOf(PropertyId id) => id switch
    {
        PropertyId.PayloadFormatIndicator or PropertyId.RequestProblemInformation or PropertyId.RequestResponseInformation
            or PropertyId.MaximumQos or PropertyId.RetainAvailable or PropertyId.WildcardSubscriptionAvailable
            or PropertyId.SubscriptionIdentifierAvailable or PropertyId.SharedSubscriptionAvailable => PropertyKind.Bit,
        PropertyId.ServerKeepAlive or PropertyId.ReceiveMaximum or PropertyId.TopicAliasMaximum or PropertyId.TopicAlias => PropertyKind.TwoByte,
        PropertyId.MessageExpiryInterval or PropertyId.SessionExpiryInterval or PropertyId.WillDelayInterval
            or PropertyId.MaximumPacketSize => PropertyKind.FourByte,
        PropertyId.SubscriptionIdentifier => PropertyKind.Variable,
        PropertyId.CorrelationData or PropertyId.AuthenticationData => PropertyKind.Binary,
        PropertyId.UserProperty => PropertyKind.Pair,
        _ => PropertyKind.Text,
    };
}

/// <summary>Encodings of property values (2.2.2.2).</summary>
internal enum PropertyKind : byte
{
    /// <summary>A byte of which only 0 and 1 are allowed, as in every byte property there is.</summary>
    Bit,
    TwoByte,
    FourByte,
    Variable,
    Text,
    Binary,
    Pair,
}
