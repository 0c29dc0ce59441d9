namespace SmartCity.Mqtt;

/// <content>The receiving side of QoS 2 (§4.3.3, method A: the identifier is held, the message is passed on at once).</content>
public sealed partial class Session
{
    private Dictionary<ushort, Action>? _resent;

    /// <summary>A QoS 2 PUBLISH came: has it been here before?</summary>
    /// <param name="via">The connection it came on.</param>
    /// <param name="packetId">Its packet identifier.</param>
    /// <param name="whenKept">
    /// Called once PUBREC may be sent if the answer is <see cref="InboundState.Pending"/>: the first PUBLISH came on a connection that is
    /// gone, and its message is still being made durable. Not called when that message is refused in the end; the client then sends again.
    /// </param>
    /// <returns>What to do with it; <see cref="InboundState.New"/> opens the identifier.</returns>
    public InboundState BeginInbound(ISessionSink via, ushort packetId, Action? whenKept = null)
    {
        lock (_gate)
        {
            if (_inbound.TryGetValue(packetId, out var known))
            {
                if (known == InboundState.Pending && whenKept is not null)
                {
                    (_resent ??= [])[packetId] = whenKept;
                }

                return known;                                         // [MQTT-4.3.3-10] not passed on again
            }

            if (!ReferenceEquals(_sink, via) || _inbound.Count >= _context.Options.MaximumInbound)
            {
                return InboundState.Exceeded;
            }

            _inbound[packetId] = InboundState.Pending;
            return InboundState.New;
        }
    }

    /// <summary>
    /// The program that owns the endpoint has taken a QoS 2 message and holds it safely: keep its identifier until PUBREL.
    /// (A message that the broker routes is given to <see cref="Broker.Publish(ApplicationMessage, Session, ushort, Action)"/> instead.)
    /// </summary>
    /// <param name="packetId">Its packet identifier, opened by <see cref="BeginInbound"/>.</param>
    /// <param name="whenDurable">Called once PUBREC may be sent: before this returns, or later on the store's thread.</param>
    public void KeepInbound(ushort packetId, Action? whenDurable)
    {
        if (IsStored)
        {
            _context.Store!.Submit([new InboundPut(StoreId, packetId)], () => FinishKeeping(packetId, whenDurable));
        }
        else
        {
            FinishKeeping(packetId, whenDurable);
        }
    }

    /// <summary>The QoS 2 message was refused (PUBREC 0x80 or above): its identifier is free again.</summary>
    /// <param name="packetId">Its packet identifier.</param>
    public void AbandonInbound(ushort packetId)
    {
        lock (_gate)
        {
            _inbound.Remove(packetId);
            _resent?.Remove(packetId);
        }
    }

    /// <summary>PUBREL came.</summary>
    /// <param name="via">The connection it came on.</param>
    /// <param name="packetId">Its packet identifier.</param>
    /// <param name="whenDurable">
    /// Called once PUBCOMP may be sent: before this returns, or later on the store's thread. (Were it sent before the store has let go of
    /// the identifier, a crash would make the client's next use of it look like a resend, and lose a message.)
    /// </param>
    /// <returns>False when the identifier is not open: PUBCOMP 0x92; <paramref name="whenDurable"/> is not called.</returns>
    public bool EndInbound(ISessionSink via, ushort packetId, Action? whenDurable)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_sink, via) || !_inbound.TryGetValue(packetId, out var state) || state != InboundState.Received)
            {
                return false;
            }

            _inbound.Remove(packetId);
        }

        if (HasRow && _context.Store is { } store)
        {
            store.Submit([new InboundRemoved(StoreId, packetId)], whenDurable);
        }
        else
        {
            whenDurable?.Invoke();
        }

        return true;
    }

    /// <summary>What the store has to be told with a message that came under this identifier, or null when nothing.</summary>
    internal StoreOperation? StoreInbound(ushort packetId) => IsStored ? new InboundPut(StoreId, packetId) : null;

    internal void FinishKeeping(ushort packetId, Action? whenDurable)
    {
        Action? resent = null;
        lock (_gate)
        {
            if (_inbound.ContainsKey(packetId))
            {
                _inbound[packetId] = InboundState.Received;
            }

            _resent?.Remove(packetId, out resent);
        }

        whenDurable?.Invoke();
        resent?.Invoke();
    }

    internal void RestoreInbound(ushort packetId) => _inbound[packetId] = InboundState.Received;
}
