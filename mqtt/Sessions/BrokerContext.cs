namespace SmartCity.Mqtt;

/// <summary>What every session of one broker shares.</summary>
internal sealed class BrokerContext(BrokerOptions options, TimeProvider time, SessionStore? store)
{
    private long _queuedBytes;
    private long _sequence;

    public BrokerOptions Options { get; } = options;

    public BrokerClock Clock { get; } = new(time);

    public SessionStore? Store { get; } = store;

    public BrokerStatistics Statistics { get; } = new();

    /// <summary>Bytes queued in all sessions.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    /// <summary>The next place in the order of deliveries.</summary>
    public long NextSequence() => Interlocked.Increment(ref _sequence);

    /// <summary>Goes on behind what the store holds.</summary>
    public void RestoreSequence(long last) => _sequence = Math.Max(_sequence, last);

    public void Charge(long bytes) => Interlocked.Add(ref _queuedBytes, bytes);
}
