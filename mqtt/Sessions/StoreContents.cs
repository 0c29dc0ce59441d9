namespace SmartCity.Mqtt;

/// <summary>Everything the store held when it was opened.</summary>
internal sealed record StoreContents(IReadOnlyList<StoredSession> Sessions, IReadOnlyList<RoutedMessage> Retained, long LastSession, long LastMessage, long LastSequence);

/// <summary>One kept session.</summary>
internal sealed record StoredSession(long Id, string ClientId, ProtocolVersion Version, uint ExpirySeconds)
{
    /// <summary>When its connection closed; null when it was open as the process ended.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Last delivery that may have been sent.</summary>
    public long SentUpTo { get; init; }

    public WillMessage? Will { get; init; }

    public List<Subscription> Subscriptions { get; } = [];

    /// <summary>In order.</summary>
    public List<OutboundEntry> Deliveries { get; } = [];

    public List<ushort> Inbound { get; } = [];
}
