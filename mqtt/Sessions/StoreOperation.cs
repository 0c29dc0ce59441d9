namespace SmartCity.Mqtt;

/// <summary>One change of what the store holds. Changes given together (<see cref="SessionStore.Submit"/>) are written together or not at all.</summary>
internal abstract record StoreOperation
{
    /// <summary>Bytes this change is charged with while it waits.</summary>
    public virtual int Size => 128;
}

/// <summary>A session was opened: row, expiry and will; its connection is up.</summary>
internal sealed record SessionOpened(long Session, string ClientId, ProtocolVersion Version, uint ExpirySeconds, WillMessage? Will) : StoreOperation
{
    public override int Size => 256 + (Will?.Payload.Length ?? 0);
}

/// <summary>A session lost its connection: when, its expiry, whether the will still stands, and the last message that may have been sent.</summary>
internal sealed record SessionClosed(long Session, DateTimeOffset At, uint ExpirySeconds, bool KeepWill, long SentUpTo) : StoreOperation;

/// <summary>A session ended: everything of it goes.</summary>
internal sealed record SessionEnded(long Session) : StoreOperation;

/// <summary>A session's will was published or cancelled.</summary>
internal sealed record WillDropped(long Session) : StoreOperation;

/// <summary>A subscription was made or replaced.</summary>
internal sealed record SubscriptionPut(long Session, Subscription Subscription) : StoreOperation;

/// <summary>A subscription was given up.</summary>
internal sealed record SubscriptionRemoved(long Session, string Filter) : StoreOperation;

/// <summary>A message that at least one stored session waits for; its row must come before theirs.</summary>
internal sealed record MessagePut(RoutedMessage Message) : StoreOperation
{
    public override int Size => Message.Size;
}

/// <summary>A message was queued for a session.</summary>
internal sealed record DeliveryPut(long Session, OutboundEntry Entry) : StoreOperation;

/// <summary>PUBREC came: from here on only PUBREL is sent.</summary>
internal sealed record DeliveryReleased(long Session, ushort PacketId) : StoreOperation;

/// <summary>A delivery is done with.</summary>
internal sealed record DeliveryRemoved(long Session, ushort PacketId, long MessageId) : StoreOperation;

/// <summary>An inbound QoS 2 identifier is held until PUBREL.</summary>
internal sealed record InboundPut(long Session, ushort PacketId) : StoreOperation;

/// <summary>PUBREL came.</summary>
internal sealed record InboundRemoved(long Session, ushort PacketId) : StoreOperation;

/// <summary>A retained message was set or replaced.</summary>
internal sealed record RetainedPut(RoutedMessage Message) : StoreOperation
{
    public override int Size => Message.Size;
}

/// <summary>A retained message was deleted or expired.</summary>
internal sealed record RetainedRemoved(string Topic) : StoreOperation;
