using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>How far a publish of ours is.</summary>
internal enum PublishState : byte
{
    Free,
    Waiting,
    Sent,
    Released,
}

/// <summary>One unacknowledged publish: its encoded packet, kept to be sent again.</summary>
internal sealed class PublishSlot
{
    public ArrayBufferWriter<byte> Packet { get; } = new();

    public PublishState State { get; set; }

    public QualityOfService Qos { get; set; }

    public long Sequence { get; set; }

    public bool Dup { get; set; }

    /// <summary>Reason code of PUBREC.</summary>
    public ReasonCode Received { get; set; }

    public IPublishReceipt? Receipt { get; set; }

    public long Token { get; set; }
}

/// <summary>
/// The QoS 1 and 2 publishes in flight. A slot's number is its packet identifier, so none is in use twice [MQTT-2.2.1-4].
/// Guarded by the client's lock.
/// </summary>
internal sealed class PublishWindow
{
    // A slot that once held a large packet gives the memory back.
    private const int KeptCapacity = 16 * 1024;

    private readonly PublishSlot[] _slots;
    private readonly Stack<ushort> _free;
    private readonly Queue<ushort> _toSend;
    private long _sequence;

    public PublishWindow(int size)
    {
        _slots = new PublishSlot[size];
        _free = new Stack<ushort>(size);
        _toSend = new Queue<ushort>(size);
        for (var id = size; id >= 1; id--)
        {
            _slots[id - 1] = new PublishSlot();
            _free.Push((ushort)id);
        }
    }

    public int InFlight => _slots.Length - _free.Count;

    public bool HasFree => _free.Count > 0;

    /// <summary>How many more may be sent on this connection (§4.9).</summary>
    public int Quota { get; private set; }

    public int Limit { get; private set; }

    public PublishSlot this[ushort id] => _slots[id - 1];

    public bool Holds(ushort id) => id >= 1 && id <= _slots.Length && _slots[id - 1].State != PublishState.Free;

    /// <summary>Takes a free slot; the caller has made sure that there is one.</summary>
    public ushort Take(QualityOfService qos, IPublishReceipt receipt, long token)
    {
        var id = _free.Pop();
        var slot = this[id];
        slot.State = PublishState.Waiting;
        slot.Qos = qos;
        slot.Sequence = ++_sequence;
        slot.Dup = false;
        slot.Received = ReasonCode.Success;
        slot.Receipt = receipt;
        slot.Token = token;
        return id;
    }

    public void Schedule(ushort id) => _toSend.Enqueue(id);

    public void Free(ushort id)
    {
        var slot = this[id];
        slot.State = PublishState.Free;
        slot.Receipt = null;
        if (slot.Packet.Capacity > KeptCapacity)
        {
            slot.Packet.Clear();
            _slots[id - 1] = new PublishSlot();
        }
        else
        {
            slot.Packet.ResetWrittenCount();
        }

        _free.Push(id);
    }

    /// <summary>The next packet that may be sent, in order; false when there is none or the server's receive maximum is reached [MQTT-3.3.4-9].</summary>
    public bool TryNext(out ushort id)
    {
        id = 0;
        return Quota > 0 && _toSend.TryDequeue(out id);
    }

    public void CountSent() => Quota--;

    /// <summary>§4.9: up at PUBACK, PUBCOMP and a refusing PUBREC, never above the limit.</summary>
    public void CountAcknowledged() => Quota = Math.Min(Quota + 1, Limit);

    /// <summary>A new connection: everything unacknowledged is sent again in its original order [MQTT-4.4.0-1].</summary>
    /// <param name="limit">How many may be unacknowledged on it.</param>
    /// <returns>Slots in use, in order.</returns>
    public List<ushort> Restart(int limit)
    {
        Limit = limit;
        Quota = limit;
        _toSend.Clear();
        List<ushort> used = [];
        for (var id = 1; id <= _slots.Length; id++)
        {
            if (_slots[id - 1].State != PublishState.Free)
            {
                used.Add((ushort)id);
            }
        }

        used.Sort((a, b) => this[a].Sequence.CompareTo(this[b].Sequence));
        return used;
    }
}
