namespace SmartCity.Mqtt;

/// <summary>What became of a message given to a session.</summary>
internal enum Queueing : byte
{
    /// <summary>Queued; wake the connection.</summary>
    Queued,

    /// <summary>Queued, and the store has to be given the delivery before it may be sent.</summary>
    ToStore,

    /// <summary>QoS 0 without room or without connection: gone.</summary>
    Dropped,

    /// <summary>QoS 1 or 2 without room: the session has to end.</summary>
    Overflow,

    /// <summary>The session has ended.</summary>
    Ended,
}

/// <content>What the broker does to a session.</content>
public sealed partial class Session
{
    /// <summary>Takes the session for a new connection and makes it send again what was in flight.</summary>
    internal void Attach(SessionRequest request, uint expirySeconds)
    {
        lock (_gate)
        {
            Version = request.Version;
            _expirySeconds = expirySeconds;
            _maximumPacketSize = request.Version == ProtocolVersion.V500 ? request.MaximumPacketSize : uint.MaxValue;
            _receiveMaximum = request.Version == ProtocolVersion.V500 ? Math.Max((ushort)1, request.ReceiveMaximum) : _context.Options.ReceiveMaximum311;
            _quota = _receiveMaximum;
            _releases.Clear();
            _queue.Rewind();
            _sink = request.Sink;
        }
    }

    /// <summary>Takes the session from its connection; QoS 0 messages and refusable beginnings go with it.</summary>
    /// <returns>The connection that had it, or null.</returns>
    internal ISessionSink? Detach()
    {
        lock (_gate)
        {
            var sink = _sink;
            _sink = null;
            for (var entry = _queue.Head; entry is not null;)
            {
                var next = entry.Next;
                if (entry.Qos == QualityOfService.AtMostOnce)
                {
                    Drop(entry);
                }

                entry = next;
            }

            return sink;
        }
    }

    internal bool IsHeldBy(ISessionSink sink) => ReferenceEquals(_sink, sink);

    internal void SetExpiry(uint seconds) => _expirySeconds = seconds;

    /// <summary>Sequence of the last delivery that may have reached the client, for DUP after a restart.</summary>
    internal long SentUpTo()
    {
        lock (_gate)
        {
            var last = 0L;
            for (var entry = _queue.Head; entry is not null && entry.State != DeliveryState.Waiting; entry = entry.Next)
            {
                last = entry.Sequence;
            }

            return last;
        }
    }

    /// <summary>Ends the session: nothing is queued any more, and what was is given back.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _ended = true;
            _context.Charge(-_queue.Bytes);
            HasRow = false;
            while (_queue.Head is { } entry)
            {
                _queue.Remove(entry);
            }
        }
    }

    /// <summary>Queues a message. QoS is that of the delivery already.</summary>
    internal Queueing Enqueue(RoutedMessage message, QualityOfService qos, bool retain, uint[]? identifiers, bool store, out OutboundEntry? entry)
    {
        entry = null;
        lock (_gate)
        {
            if (_ended)
            {
                return Queueing.Ended;
            }

            if (_sink is null && qos == QualityOfService.AtMostOnce)
            {
                return Queueing.Dropped;                              // §4.1: QoS 0 need not be kept for a client that is away; it is not
            }

            if (!HasRoom(message.Size) && !(PurgeExpired() && HasRoom(message.Size)))
            {
                if (qos == QualityOfService.AtMostOnce)
                {
                    _context.Statistics.CountDroppedQos0();
                    return Queueing.Dropped;
                }

                return Queueing.Overflow;
            }

            var stored = store && qos != QualityOfService.AtMostOnce && IsStored;
            entry = new OutboundEntry(message, qos, retain, identifiers)
            {
                Stored = stored,
                Submitted = !stored,
                Sendable = !stored,
                Sequence = _context.NextSequence(),
            };
            _queue.Append(entry);
            _context.Charge(message.Size);
            _context.Statistics.CountDelivery();
            return stored ? Queueing.ToStore : Queueing.Queued;
        }
    }

    /// <summary>The store has been given the delivery: QoS 1 may go at once.</summary>
    internal void Submitted(OutboundEntry entry)
    {
        lock (_gate)
        {
            entry.Submitted = true;
            entry.Sendable |= entry.Qos == QualityOfService.AtLeastOnce;
        }
    }

    /// <summary>The store holds the delivery.</summary>
    internal void Durable(OutboundEntry entry)
    {
        lock (_gate)
        {
            entry.Sendable = true;
        }

        Wake();
    }

    internal void Wake() => _sink?.Wake();

    /// <summary>Puts back a delivery that was stored.</summary>
    internal void Restore(OutboundEntry entry)
    {
        _queue.Append(entry);
        _context.Charge(entry.Message.Size);
    }

    internal void RestoreState(ProtocolVersion version, uint expirySeconds)
    {
        Version = version;
        _expirySeconds = expirySeconds;
        HasRow = true;
    }

    private bool HasRoom(int size) =>
        _queue.Count < _context.Options.MaximumQueuedMessages
        && _queue.Bytes + size <= _context.Options.MaximumQueuedBytes
        && _context.QueuedBytes + size <= _context.Options.MaximumTotalQueuedBytes;

    private bool PurgeExpired()
    {
        var now = _context.Clock.Now;
        var purged = false;
        for (var entry = _queue.Head; entry is not null;)
        {
            var next = entry.Next;
            if (entry is { State: DeliveryState.Waiting, Submitted: true } && entry.Message.HasExpired(now))
            {
                _context.Statistics.CountDroppedExpired();
                Drop(entry);
                purged = true;
            }

            entry = next;
        }

        return purged;
    }
}
