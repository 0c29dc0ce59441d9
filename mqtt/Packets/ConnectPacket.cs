namespace SmartCity.Mqtt;

/// <summary>The message a server publishes when a client is gone without goodbye (3.1.2.5).</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Payload">The application's bytes.</param>
/// <param name="Qos">Quality of service.</param>
/// <param name="Retain">Retain flag.</param>
public sealed record WillMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos, bool Retain)
{
    /// <summary>Seconds the server waits before it publishes the will (MQTT 5).</summary>
    public uint DelayInterval { get; init; }

    /// <summary>Properties of the message, or null.</summary>
    public PublishProperties? Properties { get; init; }
}

/// <summary>CONNECT (3.1).</summary>
/// <param name="Version">Protocol level.</param>
/// <param name="ClientId">Client identifier; may be empty, the server then decides.</param>
/// <param name="CleanStart">Clean start (MQTT 5) or clean session (3.1.1).</param>
/// <param name="KeepAlive">Keep alive in seconds; 0: none.</param>
public sealed record ConnectPacket(ProtocolVersion Version, string ClientId, bool CleanStart, ushort KeepAlive)
{
    /// <summary>User name, or null.</summary>
    public string? Username { get; init; }

    /// <summary>Password, or null. Never logged.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>The will, or null.</summary>
    public WillMessage? Will { get; init; }

    /// <summary>Seconds the session outlives the connection; <see cref="uint.MaxValue"/>: for ever. 0 if absent (3.1.2.11.2).</summary>
    public uint SessionExpiryInterval { get; init; }

    /// <summary>How many QoS 1 and 2 publishes the client takes at once, 1 to 65,535.</summary>
    public ushort ReceiveMaximum { get; init; } = ushort.MaxValue;

    /// <summary>Largest packet the client takes, in bytes, or null for the protocol's own limit.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Highest topic alias the client takes; 0: none.</summary>
    public ushort TopicAliasMaximum { get; init; }

    /// <summary>True if the client asks for response information in CONNACK.</summary>
    public bool RequestResponseInformation { get; init; }

    /// <summary>False if reason strings and user properties are wanted in CONNACK and DISCONNECT only.</summary>
    public bool RequestProblemInformation { get; init; } = true;

    /// <summary>Name of enhanced authentication, or null.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Its data, or null.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>Without user name, password and will.</summary>
    /// <returns>A short form that is safe to log.</returns>
    public override string ToString() => $"CONNECT {Version} '{ClientId}'";
}

/// <summary>CONNACK (3.2). In MQTT 3.1.1 only the first two survive, the reason as one of its six return codes.</summary>
/// <param name="SessionPresent">True if the server has a session of this client.</param>
/// <param name="Reason">Success or why not.</param>
public sealed record ConnAckPacket(bool SessionPresent, ReasonCode Reason)
{
    /// <summary>Seconds the server keeps the session, if other than asked.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>How many QoS 1 and 2 publishes the server takes at once; null: 65,535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Highest QoS the server takes; null: 2.</summary>
    public QualityOfService? MaximumQos { get; init; }

    /// <summary>False if the server keeps no retained messages; null: true.</summary>
    public bool? RetainAvailable { get; init; }

    /// <summary>Largest packet the server takes, in bytes.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>Client identifier the server chose.</summary>
    public string? AssignedClientId { get; init; }

    /// <summary>Highest topic alias the server takes; null: 0.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>For people who read logs.</summary>
    public string? ReasonString { get; init; }

    /// <summary>False if there are no wildcard subscriptions; null: true.</summary>
    public bool? WildcardSubscriptionAvailable { get; init; }

    /// <summary>False if there are no subscription identifiers; null: true.</summary>
    public bool? SubscriptionIdentifierAvailable { get; init; }

    /// <summary>False if there are no shared subscriptions; null: true.</summary>
    public bool? SharedSubscriptionAvailable { get; init; }

    /// <summary>Keep alive in seconds the client has to use instead of its own.</summary>
    public ushort? ServerKeepAlive { get; init; }

    /// <summary>Basis for response topics.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>Another server to use.</summary>
    public string? ServerReference { get; init; }

    /// <summary>Name of enhanced authentication, or null.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Its data, or null.</summary>
    public ReadOnlyMemory<byte>? AuthenticationData { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
