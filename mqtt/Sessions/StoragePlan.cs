namespace SmartCity.Mqtt;

/// <summary>What one routed message makes the store write, all in one transaction, and what follows once it is written.</summary>
internal sealed class StoragePlan(SessionStore? store, RoutedMessage message, Action? whenDurable)
{
    private List<StoreOperation>? _operations;
    private List<(Session Session, OutboundEntry Entry)>? _entries;
    private Session? _from;
    private ushort _packetId;

    public RoutedMessage Message { get; } = message;

    /// <summary>Gives one change to the store at once; what waits for durability waits for it too, as the store writes in order.</summary>
    public void SubmitAhead(StoreOperation operation)
    {
        if (store is not null)
        {
            store.Submit([operation], whenDurable: null);
            _operations ??= [];
        }
    }

    public void Add(Session session, OutboundEntry entry) => (_entries ??= []).Add((session, entry));

    public void KeepInbound(Session from, ushort packetId)
    {
        _from = from;
        _packetId = packetId;
        if (from.StoreInbound(packetId) is { } operation)
        {
            (_operations ??= []).Add(operation);
        }
    }

    /// <summary>Gives everything to the store, lets QoS 1 go, and QoS 2 once durable. With nothing to store it is all done here.</summary>
    public void Submit(ref long lastMessage)
    {
        if (_entries is not null)
        {
            Message.StoreId = Interlocked.Increment(ref lastMessage);
            _operations ??= [];
            _operations.Add(new MessagePut(Message));
            foreach (var (session, entry) in _entries)
            {
                _operations.Add(new DeliveryPut(session.StoreId, entry));
            }
        }

        if (_operations is null)
        {
            Finish();
            return;
        }

        store!.Submit(_operations, Finish);
        foreach (var (session, entry) in _entries ?? [])
        {
            session.Submitted(entry);
            session.Wake();
        }
    }

    private void Finish()
    {
        foreach (var (session, entry) in _entries ?? [])
        {
            session.Durable(entry);
        }

        if (_from is not null)
        {
            _from.FinishKeeping(_packetId, whenDurable);
        }
        else
        {
            whenDurable?.Invoke();
        }
    }
}
