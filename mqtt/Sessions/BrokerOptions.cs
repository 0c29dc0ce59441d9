namespace SmartCity.Mqtt;

/// <summary>Every limit of sessions, subscriptions and retained messages, with its default and why.</summary>
public sealed record BrokerOptions
{
    /// <summary>Sessions held at once, connected or not. 10,000: a city's gateways and readers ten times over. Beyond: CONNACK 0x97,
    /// but for one that asks to be kept no longer than its connection, if one that is kept for somebody away can end for it.</summary>
    public int MaximumSessions { get; init; } = 10_000;

    /// <summary>Longest time a session is kept without a connection. Seven days: a reader that was off over a holiday week.</summary>
    public TimeSpan MaximumSessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Messages waiting or in flight for one session, 1–60,000 (each QoS 1 or 2 message owns a packet identifier from the moment it is
    /// queued). 16,384: all retained messages at once and as many again.
    /// </summary>
    public int MaximumQueuedMessages { get; init; } = 16_384;

    /// <summary>Bytes of messages waiting or in flight for one session.</summary>
    public long MaximumQueuedBytes { get; init; } = 32L << 20;

    /// <summary>The same for all sessions together, counted per session even where the payload is shared.</summary>
    public long MaximumTotalQueuedBytes { get; init; } = 256L << 20;

    /// <summary>Unacknowledged QoS 1 and 2 messages sent to a 3.1.1 client, which cannot announce a receive maximum. 64, as we announce ourselves.</summary>
    public ushort ReceiveMaximum311 { get; init; } = 64;

    /// <summary>Inbound QoS 2 identifiers one session may hold open (a resumed client's old ones count too).</summary>
    public int MaximumInbound { get; init; } = 1024;

    /// <summary>Subscriptions of one session. Beyond: SUBACK 0x97.</summary>
    public int MaximumSubscriptionsPerSession { get; init; } = 128;

    /// <summary>Subscriptions of all sessions together. Beyond: SUBACK 0x97.</summary>
    public int MaximumSubscriptions { get; init; } = 100_000;

    /// <summary>Retained messages. Beyond: PUBACK 0x97, and the message goes nowhere.</summary>
    public int MaximumRetained { get; init; } = 8_192;

    /// <summary>Bytes of retained messages; below <see cref="MaximumQueuedBytes"/>, so that a subscription to everything can be served.</summary>
    public long MaximumRetainedBytes { get; init; } = 16L << 20;

    /// <summary>How often expired sessions, due wills and expired retained messages are looked for; their times are exact to this.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Throws when a limit makes no sense, naming it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumSessions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumSessionExpiry, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumQueuedMessages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumQueuedMessages, 60_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumQueuedBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumTotalQueuedBytes, MaximumQueuedBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveMaximum311, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumInbound, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumSubscriptionsPerSession, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumSubscriptions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumRetained, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumRetainedBytes, 0);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SweepInterval, TimeSpan.Zero);
    }
}
