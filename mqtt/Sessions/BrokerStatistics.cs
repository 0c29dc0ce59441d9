namespace SmartCity.Mqtt;

/// <summary>What the broker did and what it refused, as monotonic counters; safe to read at any time.</summary>
public sealed class BrokerStatistics
{
    private long _published;
    private long _deliveries;
    private long _takenOver;
    private long _sessionsExpired;
    private long _sessionsRefused;
    private long _sessionsOverflowed;
    private long _slowReadersClosed;
    private long _droppedQos0;
    private long _droppedExpired;
    private long _droppedTooLarge;
    private long _willsPublished;
    private long _retainedRefused;
    private long _subscriptionsRefused;
    private long _storeFull;

    /// <summary>Messages routed.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Copies queued for sessions.</summary>
    public long Deliveries => Interlocked.Read(ref _deliveries);

    /// <summary>Connections closed because their client connected again (0x8E).</summary>
    public long TakenOver => Interlocked.Read(ref _takenOver);

    /// <summary>Sessions ended by their expiry interval.</summary>
    public long SessionsExpired => Interlocked.Read(ref _sessionsExpired);

    /// <summary>Sessions refused for <see cref="BrokerOptions.MaximumSessions"/>.</summary>
    public long SessionsRefused => Interlocked.Read(ref _sessionsRefused);

    /// <summary>Disconnected sessions ended because a QoS 1 or 2 message no longer fitted.</summary>
    public long SessionsOverflowed => Interlocked.Read(ref _sessionsOverflowed);

    /// <summary>Connected sessions ended (0x97) because a QoS 1 or 2 message no longer fitted.</summary>
    public long SlowReadersClosed => Interlocked.Read(ref _slowReadersClosed);

    /// <summary>QoS 0 messages a connected but slow session had no room for.</summary>
    public long DroppedQos0 => Interlocked.Read(ref _droppedQos0);

    /// <summary>Messages whose expiry interval passed before they were sent.</summary>
    public long DroppedExpired => Interlocked.Read(ref _droppedExpired);

    /// <summary>Messages larger than the client's maximum packet size.</summary>
    public long DroppedTooLarge => Interlocked.Read(ref _droppedTooLarge);

    /// <summary>Wills published.</summary>
    public long WillsPublished => Interlocked.Read(ref _willsPublished);

    /// <summary>Publishes refused for the retained limits.</summary>
    public long RetainedRefused => Interlocked.Read(ref _retainedRefused);

    /// <summary>Subscriptions refused for their filter or a limit.</summary>
    public long SubscriptionsRefused => Interlocked.Read(ref _subscriptionsRefused);

    /// <summary>Publishes, subscriptions and sessions refused because the store had no room.</summary>
    public long StoreFull => Interlocked.Read(ref _storeFull);

    /// <summary>Every counter with its name in snake case, for a metrics page.</summary>
    public IEnumerable<KeyValuePair<string, long>> Read() =>
    [
        new("published", Published),
        new("deliveries", Deliveries),
        new("sessions_taken_over", TakenOver),
        new("sessions_expired", SessionsExpired),
        new("sessions_refused", SessionsRefused),
        new("sessions_overflowed", SessionsOverflowed),
        new("slow_readers_closed", SlowReadersClosed),
        new("dropped_qos0", DroppedQos0),
        new("dropped_expired", DroppedExpired),
        new("dropped_too_large", DroppedTooLarge),
        new("wills_published", WillsPublished),
        new("retained_refused", RetainedRefused),
        new("subscriptions_refused", SubscriptionsRefused),
        new("store_full", StoreFull),
    ];

    internal void CountPublished() => Interlocked.Increment(ref _published);

    internal void CountDelivery() => Interlocked.Increment(ref _deliveries);

    internal void CountTakenOver() => Interlocked.Increment(ref _takenOver);

    internal void CountSessionExpired() => Interlocked.Increment(ref _sessionsExpired);

    internal void CountSessionRefused() => Interlocked.Increment(ref _sessionsRefused);

    internal void CountSessionOverflowed() => Interlocked.Increment(ref _sessionsOverflowed);

    internal void CountSlowReaderClosed() => Interlocked.Increment(ref _slowReadersClosed);

    internal void CountDroppedQos0() => Interlocked.Increment(ref _droppedQos0);

    internal void CountDroppedExpired() => Interlocked.Increment(ref _droppedExpired);

    internal void CountDroppedTooLarge() => Interlocked.Increment(ref _droppedTooLarge);

    internal void CountWillPublished() => Interlocked.Increment(ref _willsPublished);

    internal void CountRetainedRefused() => Interlocked.Increment(ref _retainedRefused);

    internal void CountSubscriptionRefused() => Interlocked.Increment(ref _subscriptionsRefused);

    internal void CountStoreFull() => Interlocked.Increment(ref _storeFull);
}
