namespace SmartCity.Mqtt;

/// <summary>How far one delivery is.</summary>
internal enum DeliveryState : byte
{
    /// <summary>Not sent yet.</summary>
    Waiting,

    /// <summary>PUBLISH sent (perhaps on an earlier connection), not acknowledged.</summary>
    Sent,

    /// <summary>QoS 2: PUBREC received; PUBREL is what is sent from here on [MQTT-4.3.3-4].</summary>
    Released,
}

/// <summary>One delivery in a session's queue. Guarded by the session's lock.</summary>
internal sealed class OutboundEntry(RoutedMessage message, QualityOfService qos, bool retain, uint[]? identifiers)
{
    public RoutedMessage Message { get; } = message;

    public QualityOfService Qos { get; } = qos;

    public bool Retain { get; } = retain;

    public uint[]? Identifiers { get; } = identifiers;

    public ushort PacketId { get; set; }

    /// <summary>Place in the order of all deliveries; survives a restart.</summary>
    public long Sequence { get; set; }

    public DeliveryState State { get; set; }

    /// <summary>Whether the store holds it, or is about to.</summary>
    public bool Stored { get; init; }

    /// <summary>Whether the store was given it: nothing about it may be told to the store before.</summary>
    public bool Submitted { get; set; }

    /// <summary>Whether it may be sent: QoS 2 in a stored session only once durable, or a crash would send it again under another identifier.</summary>
    public bool Sendable { get; set; }

    /// <summary>Whether PUBREL may be sent: PUBREC is durable.</summary>
    public bool Releasable { get; set; }

    public OutboundEntry? Next { get; set; }

    public OutboundEntry? Previous { get; set; }
}

/// <summary>
/// A session's deliveries in order of arrival, those in flight first [MQTT-4.6.0-6], with their packet identifiers. An
/// identifier is taken when a message is queued and given back when it is done with, so it is never in use twice
/// [MQTT-2.2.1-4] and it can be stored with the message in one write. Guarded by the session's lock.
/// </summary>
internal sealed class OutboundQueue
{
    private readonly Dictionary<ushort, OutboundEntry> _byId = [];
    private OutboundEntry? _tail;
    private ushort _lastId;

    public OutboundEntry? Head { get; private set; }

    /// <summary>The next entry this connection has not looked at, or null at the end.</summary>
    public OutboundEntry? Cursor { get; private set; }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Adds at the end; gives a packet identifier if the delivery needs one and has none.</summary>
    public void Append(OutboundEntry entry)
    {
        if (entry.Qos != QualityOfService.AtMostOnce)                 // [MQTT-2.2.1-2] QoS 0 has none
        {
            if (entry.PacketId == 0)
            {
                entry.PacketId = NextId();
            }

            _byId.Add(entry.PacketId, entry);
        }

        entry.Previous = _tail;
        if (_tail is null)
        {
            Head = entry;
        }
        else
        {
            _tail.Next = entry;
        }

        _tail = entry;
        Cursor ??= entry;
        Count++;
        Bytes += entry.Message.Size;
    }

    public void Remove(OutboundEntry entry)
    {
        if (entry.PacketId != 0)
        {
            _byId.Remove(entry.PacketId);
        }

        if (ReferenceEquals(Cursor, entry))
        {
            Cursor = entry.Next;
        }

        if (entry.Previous is null)
        {
            Head = entry.Next;
        }
        else
        {
            entry.Previous.Next = entry.Next;
        }

        if (entry.Next is null)
        {
            _tail = entry.Previous;
        }
        else
        {
            entry.Next.Previous = entry.Previous;
        }

        entry.Next = null;
        entry.Previous = null;
        Count--;
        Bytes -= entry.Message.Size;
    }

    public OutboundEntry? Find(ushort packetId) => _byId.GetValueOrDefault(packetId);

    /// <summary>Moves on to the next entry.</summary>
    public void Skip() => Cursor = Cursor?.Next;

    /// <summary>A new connection looks at everything again, in the original order [MQTT-4.4.0-1], [MQTT-4.6.0-1].</summary>
    public void Rewind() => Cursor = Head;

    // The queue is bounded far below 65,535, so a free identifier is always near.
    private ushort NextId()
    {
        do
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);   // [MQTT-2.2.1-3] never 0
        }
        while (_byId.ContainsKey(_lastId));

        return _lastId;
    }
}
