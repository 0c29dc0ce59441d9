using System.Runtime.InteropServices;

namespace SmartCity.Mqtt;

/// <summary>One copy of a message for one session.</summary>
internal struct Delivery
{
    public Session Session;
    public QualityOfService Qos;
    public bool RetainAsPublished;
    public uint[]? Identifiers;
}

/// <summary>
/// Who gets one message: overlapping subscriptions of a session are merged into one delivery with the highest QoS and all
/// identifiers [MQTT-3.3.4-2], [MQTT-3.3.4-3]; each shared subscription adds one of its own. Reused between messages.
/// </summary>
internal sealed class DeliverySet
{
    private readonly List<Delivery> _deliveries = [];
    private readonly Dictionary<Session, int> _bySession = [];
    private string? _from;

    public ReadOnlySpan<Delivery> Deliveries => CollectionsMarshal.AsSpan(_deliveries);

    /// <summary>Empties the set for a message published by <paramref name="fromClientId"/> (null: by the server).</summary>
    public void Reset(string? fromClientId)
    {
        _deliveries.Clear();
        _bySession.Clear();
        _from = fromClientId;
    }

    public void Add(Session session, Subscription subscription)
    {
        if (subscription.NoLocal && session.ClientId == _from)         // [MQTT-3.8.3-3]
        {
            return;
        }

        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_bySession, session, out var merged);
        if (!merged)
        {
            index = _deliveries.Count;
            _deliveries.Add(First(session, subscription));
            return;
        }

        ref var delivery = ref CollectionsMarshal.AsSpan(_deliveries)[index];
        delivery.Qos = (QualityOfService)Math.Max((byte)delivery.Qos, (byte)subscription.Qos);
        delivery.RetainAsPublished |= subscription.RetainAsPublished;
        if (subscription.Identifier != 0)
        {
            delivery.Identifiers = delivery.Identifiers is null ? [subscription.Identifier] : [.. delivery.Identifiers, subscription.Identifier];
        }
    }

    public void Add(SharedGroup group)
    {
        if (group.TryNext(out var session, out var subscription))
        {
            _deliveries.Add(First(session, subscription));
        }
    }

    private static Delivery First(Session session, Subscription subscription) => new()
    {
        Session = session,
        Qos = subscription.Qos,
        RetainAsPublished = subscription.RetainAsPublished,
        Identifiers = subscription.Identifier == 0 ? null : [subscription.Identifier],
    };
}
