namespace SmartCity.Mqtt;

/// <summary>
/// The state the server keeps for one client (MQTT 5 §4.1): what is queued and in flight for it, and the QoS 2 identifiers it
/// has open. Thread-safe. A connection names itself in every call, so that one that has lost the session to a
/// takeover can no longer touch it.
/// </summary>
public sealed partial class Session
{
    private readonly Lock _gate = new();
    private readonly BrokerContext _context;
    private readonly OutboundQueue _queue = new();
    private readonly Queue<ushort> _releases = [];
    private readonly Dictionary<ushort, InboundState> _inbound = [];
    private volatile ISessionSink? _sink;
    private volatile uint _expirySeconds;
    private uint _maximumPacketSize = uint.MaxValue;
    private int _receiveMaximum;
    private int _quota;
    private bool _ended;

    internal Session(BrokerContext context, string clientId, long storeId)
    {
        _context = context;
        ClientId = clientId;
        StoreId = storeId;
    }

    /// <summary>The client identifier.</summary>
    public string ClientId { get; }

    /// <summary>Protocol version of the current connection, or of the last.</summary>
    public ProtocolVersion Version { get; private set; }

    /// <summary>Whether a connection has it now.</summary>
    public bool IsConnected => _sink is not null;

    /// <summary>Whether it outlives its connection.</summary>
    public bool IsPersistent => _expirySeconds > 0;

    /// <summary>Session expiry interval in force, in seconds; 0xFFFFFFFF for never.</summary>
    public uint ExpirySeconds => _expirySeconds;

    /// <summary>Deliveries waiting or in flight.</summary>
    public int QueuedMessages
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Bytes of <see cref="QueuedMessages"/>.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_gate)
            {
                return _queue.Bytes;
            }
        }
    }

    /// <summary>Row in the store; given even where there is no store.</summary>
    internal long StoreId { get; }

    /// <summary>Whether the store has a row for it.</summary>
    internal bool HasRow { get; set; }

    /// <summary>By filter as it stood in SUBSCRIBE. Guarded by the broker's lock.</summary>
    internal Dictionary<string, Subscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>The will that still stands, or null. Guarded by the broker's lock.</summary>
    internal WillMessage? Will { get; set; }

    /// <summary>When the will of a lost connection is due. Guarded by the broker's lock.</summary>
    internal DateTimeOffset WillDue { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>When the session ends if nobody comes. Guarded by the broker's lock.</summary>
    internal DateTimeOffset Expires { get; set; } = DateTimeOffset.MaxValue;

    private bool IsStored => HasRow && IsPersistent && _context.Store is not null;

    /// <summary>
    /// The next packet to send on this connection: first what was in flight when the last one broke, in its original order with
    /// DUP, then what waits, as far as the client's receive maximum allows.
    /// </summary>
    /// <param name="via">The connection that asks.</param>
    /// <param name="packet">The packet; valid when true is returned.</param>
    /// <returns>False when there is nothing to send now, or the connection no longer has the session.</returns>
    public bool TryNext(ISessionSink via, out OutboundPacket packet)
    {
        lock (_gate)
        {
            packet = default;
            if (!ReferenceEquals(_sink, via))
            {
                return false;
            }

            while (_releases.TryDequeue(out var id))
            {
                if (_queue.Find(id) is { State: DeliveryState.Released })
                {
                    packet = new OutboundPacket(default, id);
                    return true;
                }
            }

            var now = _context.Clock.Now;
            while (_queue.Cursor is { } entry)
            {
                if (entry.State == DeliveryState.Released)
                {
                    _queue.Skip();
                    if (entry.Releasable)                             // resumed: PUBREL again [MQTT-4.4.0-1]
                    {
                        packet = new OutboundPacket(default, entry.PacketId);
                        return true;
                    }

                    continue;
                }

                if (!entry.Sendable || (entry.Qos != QualityOfService.AtMostOnce && _quota == 0))   // [MQTT-3.3.4-9], [MQTT-4.9.0-2]
                {
                    return false;
                }

                if (TakeOff(entry, now, out packet))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>PUBACK came. An unknown identifier is ignored, as after a session was lost.</summary>
    /// <param name="via">The connection it came on.</param>
    /// <param name="packetId">Its packet identifier.</param>
    /// <returns>False when nothing was in flight under this identifier with QoS 1.</returns>
    public bool Acknowledge(ISessionSink via, ushort packetId)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_sink, via) || _queue.Find(packetId) is not { Qos: QualityOfService.AtLeastOnce, State: DeliveryState.Sent } entry)
            {
                return false;
            }

            Finish(entry);                                            // whatever the reason code says, the exchange is over (§4.3.2)
            return true;
        }
    }

    /// <summary>PUBREC came; on success the PUBREL follows from <see cref="TryNext"/> (once durable, in a stored session).</summary>
    /// <param name="via">The connection it came on.</param>
    /// <param name="packetId">Its packet identifier.</param>
    /// <param name="reason">Its reason code.</param>
    /// <returns>False when nothing is in flight under this identifier with QoS 2: answer PUBREL 0x92.</returns>
    public bool Received(ISessionSink via, ushort packetId, ReasonCode reason)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_sink, via) || _queue.Find(packetId) is not { Qos: QualityOfService.ExactlyOnce, State: not DeliveryState.Waiting } entry)
            {
                return false;
            }

            if (reason >= ReasonCode.UnspecifiedError)                // §4.3.3: refused by the receiver, the identifier is free again
            {
                Finish(entry);
                return true;
            }

            if (entry.State == DeliveryState.Released)
            {
                if (entry.Releasable && !_releases.Contains(packetId))
                {
                    _releases.Enqueue(packetId);
                }

                return true;
            }

            entry.State = DeliveryState.Released;                     // [MQTT-4.3.3-6] no PUBLISH again from here on
            if (entry.Stored && HasRow)
            {
                // Were PUBREL sent before this is durable, a crash would send the PUBLISH again to a client that has let go of the identifier.
                _context.Store!.Submit([new DeliveryReleased(StoreId, packetId)], () => MakeReleasable(entry));
            }
            else
            {
                entry.Releasable = true;
                _releases.Enqueue(packetId);
            }

            return true;
        }
    }

    /// <summary>PUBCOMP came.</summary>
    /// <param name="via">The connection it came on.</param>
    /// <param name="packetId">Its packet identifier.</param>
    /// <returns>False when no PUBREL was open under this identifier.</returns>
    public bool Complete(ISessionSink via, ushort packetId)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_sink, via) || _queue.Find(packetId) is not { State: DeliveryState.Released } entry)
            {
                return false;
            }

            Finish(entry);
            return true;
        }
    }

    // Takes the entry at the cursor off the queue or into flight; false when it was dropped instead.
    private bool TakeOff(OutboundEntry entry, DateTimeOffset now, out OutboundPacket packet)
    {
        packet = default;
        if (entry.State == DeliveryState.Waiting && entry.Message.HasExpired(now))   // [MQTT-3.3.2-5]
        {
            _context.Statistics.CountDroppedExpired();
            Drop(entry);
            return false;
        }

        var publish = new OutboundPublish(entry.Message.Message, entry.Qos, entry.Retain, entry.State == DeliveryState.Sent, entry.PacketId)
        {
            MessageExpiryInterval = entry.Message.SecondsLeft(now),
            SubscriptionIdentifiers = entry.Identifiers,
        };
        if (_maximumPacketSize != uint.MaxValue && PacketEncoder.PublishLength(publish, Version) > _maximumPacketSize)
        {
            _context.Statistics.CountDroppedTooLarge();               // [MQTT-3.1.2-24], [MQTT-3.1.2-25]: as if it had been delivered
            Drop(entry);
            return false;
        }

        if (entry.Qos == QualityOfService.AtMostOnce)
        {
            Drop(entry);
        }
        else
        {
            _queue.Skip();
            entry.State = DeliveryState.Sent;
            _quota--;
        }

        packet = new OutboundPacket(publish, 0);
        return true;
    }

    private void MakeReleasable(OutboundEntry entry)
    {
        ISessionSink? sink;
        lock (_gate)
        {
            if (_queue.Find(entry.PacketId) != entry)
            {
                return;
            }

            entry.Releasable = true;
            sink = _sink;
            if (sink is not null)
            {
                _releases.Enqueue(entry.PacketId);
            }
        }

        sink?.Wake();
    }

    private void Finish(OutboundEntry entry)
    {
        _quota = Math.Min(_quota + 1, _receiveMaximum);               // §4.9: up, never above the receive maximum
        Drop(entry);
    }

    private void Drop(OutboundEntry entry)
    {
        _queue.Remove(entry);
        _context.Charge(-entry.Message.Size);
        if (entry.Stored && HasRow)
        {
            _context.Store!.Submit([new DeliveryRemoved(StoreId, entry.PacketId, entry.Message.StoreId)], whenDurable: null);
        }
    }
}
