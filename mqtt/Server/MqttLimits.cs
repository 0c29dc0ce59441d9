namespace SmartCity.Mqtt;

/// <summary>Every limit of the endpoint, with its default and why. Those of sessions and retained messages are in <see cref="Sessions"/>.</summary>
public sealed record MqttLimits
{
    /// <summary>Largest packet taken, in bytes; beyond: 0x95 from the fixed header alone. 256 KB: a thousand readings and room to spare.</summary>
    public int MaximumPacketSize { get; init; } = 256 * 1024;

    /// <summary>Time from the connection to an accepted CONNECT. 10 s: a modem's worst round trips, and no more of a silent socket.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// QoS 1 and 2 publishes one client may have unacknowledged (receive maximum), 1–65,535; beyond: 0x93 in MQTT 5, waiting in 3.1.1, which has no
    /// such limit. 64: more than a commit takes at a gateway's pace, and a ring of 512 bytes.
    /// </summary>
    public ushort InFlight { get; init; } = 64;

    /// <summary>Connections at once; beyond: CONNACK 0x97. 12,000: the 10,000 of the requirement and those being taken over.</summary>
    public int MaximumConnections { get; init; } = 12_000;

    /// <summary>Connections at once from one address; beyond: CONNACK 0x9F. 1,024: a city's gateways may share a mobile operator's address.</summary>
    public int MaximumConnectionsPerAddress { get; init; } = 1_024;

    /// <summary>
    /// Connections at once that are beyond a limit and only wait to be told so; beyond: closed without a word. 256: courtesy must not cost
    /// what the limit saves.
    /// </summary>
    public int MaximumRefusals { get; init; } = 256;

    /// <summary>Highest inbound topic alias; 0: none. 16: a gateway publishes on four topics.</summary>
    public ushort MaximumTopicAlias { get; init; } = 16;

    /// <summary>Highest outbound topic alias, if the client allows as many; 0: none. 16: a reader hears a handful of alert kinds.</summary>
    public ushort MaximumOutboundTopicAlias { get; init; } = 16;

    /// <summary>
    /// Longest keep alive in seconds a MQTT 5 client may have, told to it in CONNACK when it asks for more or for none; 0: whatever it asks.
    /// 0: a client knows its network, and silence of a device is judged elsewhere.
    /// </summary>
    public ushort ServerKeepAlive { get; init; }

    /// <summary>Longest time from a packet's first byte to its last. 60 s: 256 KB over a modem; without it a slow sender holds a buffer for ever.</summary>
    public TimeSpan PacketTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time the client's side may take nothing while there is something to send. 30 s: then it is dead or hostile.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time a last DISCONNECT may take to leave. 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes written between two flushes. 32 KB: half of what Kestrel buffers before it makes a writer wait.</summary>
    public int FlushBytes { get; init; } = 32 * 1024;

    /// <summary>Bytes of answers (SUBACK, PINGRESP …) that may wait for a client that does not read, before its own requests are no longer read.</summary>
    public int MaximumPendingAnswers { get; init; } = 16 * 1024;

    /// <summary>
    /// How often every time limit is looked at: none strikes early, and none later than this. 250 ms: one look at 9,000 connections was
    /// measured at 3 ms on two busy cores, so about 1 % of one.
    /// </summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Limits of sessions, subscriptions and retained messages; sessions here to be no fewer than connections.</summary>
    public BrokerOptions Sessions { get; init; } = new() { MaximumSessions = 16_000 };

    /// <summary>Throws when a limit makes no sense, naming it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPacketSize, 128);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumPacketSize, FrameReader.MaximumRemainingLength);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfZero(InFlight);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumConnectionsPerAddress, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaximumRefusals);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PacketTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(WriteTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(FlushBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPendingAnswers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SweepInterval, TimeSpan.Zero);
        Sessions.Validate();
    }
}
