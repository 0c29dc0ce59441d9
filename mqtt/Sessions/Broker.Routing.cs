namespace SmartCity.Mqtt;

/// <content>Messages: published, retained, delivered; subscriptions.</content>
public sealed partial class Broker
{
    [ThreadStatic]
    private static DeliverySet? _deliveries;

    /// <summary>Routes a message of the server itself, or of a client with QoS 0 or 1.</summary>
    /// <param name="message">The message; its RETAIN flag decides whether it is retained, an empty payload deletes what was.</param>
    /// <param name="fromClientId">Who published it, for no-local; null: the server.</param>
    /// <param name="whenDurable">
    /// Called once every kept session and the retained store that must have it do, so that it may be acknowledged: before this
    /// returns when nothing had to be stored, else on the store's thread. Not called when the message is refused.
    /// </param>
    /// <returns>Success; NoMatchingSubscribers (a success too); or QuotaExceeded, refused: nobody got it.</returns>
    public ReasonCode Publish(ApplicationMessage message, string? fromClientId, Action? whenDurable) =>
        Route(message, fromClientId, null, 0, whenDurable);

    /// <summary>
    /// Routes a QoS 2 message that <see cref="Session.BeginInbound"/> called new: its identifier is kept with it, in one write, until PUBREL.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="from">The publisher's session.</param>
    /// <param name="packetId">The packet identifier it came under.</param>
    /// <param name="whenDurable">As in the other overload: PUBREC may be sent.</param>
    /// <returns>As in the other overload; when refused the identifier is free again.</returns>
    public ReasonCode Publish(ApplicationMessage message, Session from, ushort packetId, Action? whenDurable)
    {
        ArgumentNullException.ThrowIfNull(from);
        var reason = Route(message, from.ClientId, from, packetId, whenDurable);
        if (reason >= ReasonCode.UnspecifiedError)
        {
            from.AbandonInbound(packetId);
        }

        return reason;
    }

    /// <summary>
    /// Queues a message for one session, subscribed or not; for what the server makes itself for this client. It is not stored: the
    /// server makes it again.
    /// </summary>
    /// <param name="session">Whose.</param>
    /// <param name="message">The message; delivered with its own QoS and RETAIN flag.</param>
    public void Deliver(Session session, ApplicationMessage message)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(message);
        var routed = new RoutedMessage(message, _context.Clock.Now);
        switch (session.Enqueue(routed, message.Qos, message.Retain, identifiers: null, store: false, out _))
        {
            case Queueing.Queued:
                session.Wake();
                break;
            case Queueing.Overflow:
                EndOverflowed(session);
                break;
        }
    }

    /// <summary>Makes a subscription, or replaces the one with the same filter, and queues the retained messages it asks for.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="request">The filter and options of SUBSCRIBE (of 3.1.1 with the options off).</param>
    /// <param name="granted">The QoS granted, at most the one asked for.</param>
    /// <param name="identifier">The subscription identifier, or null.</param>
    /// <param name="whenDurable">Called once SUBACK may be sent; not called when refused.</param>
    /// <returns>GrantedQos0 to 2, or the refusal for SUBACK.</returns>
    public ReasonCode Subscribe(Session session, SubscriptionRequest request, QualityOfService granted, uint? identifier, Action? whenDurable)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(request);
        if (!TopicFilter.IsValidFilter(request.Filter))
        {
            Statistics.CountSubscriptionRefused();
            return ReasonCode.TopicFilterInvalid;
        }

        if (session.HasRow && _context.Store is { HasRoom: false })
        {
            Statistics.CountStoreFull();
            return ReasonCode.QuotaExceeded;
        }

        var (group, filter) = TopicFilter.Split(request.Filter);
        if (group is not null && request.NoLocal)
        {
            return ReasonCode.ProtocolError;                          // [MQTT-3.8.3-4]
        }

        var subscription = new Subscription(request.Filter, granted)
        {
            NoLocal = request.NoLocal,
            RetainAsPublished = request.RetainAsPublished,
            Identifier = identifier ?? 0,
        };
        List<RoutedMessage>? retained = null;
        var stored = false;
        lock (_gate)
        {
            var known = session.Subscriptions.ContainsKey(request.Filter);
            if (!known && (session.Subscriptions.Count >= _context.Options.MaximumSubscriptionsPerSession
                || _index.Count >= _context.Options.MaximumSubscriptions))
            {
                Statistics.CountSubscriptionRefused();
                return ReasonCode.QuotaExceeded;
            }

            if (!_sessions.TryGetValue(session.ClientId, out var current) || !ReferenceEquals(current, session))
            {
                return ReasonCode.UnspecifiedError;                   // ended meanwhile; the connection is about to hear of it
            }

            session.Subscriptions[request.Filter] = subscription;
            _index.Add(session, subscription);
            _hasSubscribers = true;
            if (session.HasRow)
            {
                stored = true;
                _context.Store!.Submit([new SubscriptionPut(session.StoreId, subscription)], whenDurable);
            }

            var wanted = request.RetainHandling == RetainHandling.Send || (request.RetainHandling == RetainHandling.SendIfNew && !known);
            if (wanted && group is null)                              // §4.8.2: none for shared subscriptions
            {
                retained = _retained.Matching(filter, _context.Clock.Now);
            }
        }

        if (!stored)
        {
            whenDurable?.Invoke();
        }

        if (retained is { Count: > 0 })
        {
            DeliverRetained(session, retained, subscription);
        }

        return (ReasonCode)granted;
    }

    /// <summary>Gives up a subscription; what is in flight for it stays [MQTT-3.10.4-3].</summary>
    /// <param name="session">Whose.</param>
    /// <param name="filter">Its filter, compared character by character [MQTT-3.10.4-1].</param>
    /// <param name="whenDurable">Called once UNSUBACK may be sent.</param>
    /// <returns>Success or NoSubscriptionExisted; or ImplementationSpecificError when the store had no room, and the subscription stays.</returns>
    public ReasonCode Unsubscribe(Session session, string filter, Action? whenDurable)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.HasRow && _context.Store is { HasRoom: false })
        {
            Statistics.CountStoreFull();
            whenDurable?.Invoke();
            return ReasonCode.ImplementationSpecificError;
        }

        lock (_gate)
        {
            if (session.Subscriptions.Remove(filter))
            {
                _index.Remove(session, filter);
                _hasSubscribers = _index.Count > 0;
                if (session.HasRow)
                {
                    _context.Store!.Submit([new SubscriptionRemoved(session.StoreId, filter)], whenDurable);
                    return ReasonCode.Success;
                }
            }
            else
            {
                whenDurable?.Invoke();
                return ReasonCode.NoSubscriptionExisted;
            }
        }

        whenDurable?.Invoke();
        return ReasonCode.Success;
    }

    private ReasonCode Route(ApplicationMessage message, string? fromClientId, Session? from, ushort packetId, Action? whenDurable)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!TopicFilter.IsValidTopic(message.Topic))
        {
            return ReasonCode.TopicNameInvalid;
        }

        var store = _context.Store;
        if (store is { HasRoom: false })
        {
            Statistics.CountStoreFull();
            return ReasonCode.QuotaExceeded;
        }

        var routed = new RoutedMessage(message, _context.Clock.Now);
        var plan = new StoragePlan(store, routed, whenDurable);
        var set = _deliveries ?? new DeliverySet();
        _deliveries = null;                                           // in use: a session that overflows may publish its will on this thread meanwhile
        set.Reset(fromClientId);
        lock (_gate)
        {
            if (message.Retain && !Retain(routed, plan))
            {
                Statistics.CountRetainedRefused();
                return ReasonCode.QuotaExceeded;
            }

            _index.Match(message.Topic, set);
        }

        if (packetId != 0)
        {
            plan.KeepInbound(from!, packetId);
        }

        Statistics.CountPublished();
        var any = false;
        foreach (ref readonly var delivery in set.Deliveries)
        {
            any = true;
            var qos = (QualityOfService)Math.Min((byte)delivery.Qos, (byte)message.Qos);     // [MQTT-3.8.4-8]
            var retain = delivery.RetainAsPublished && message.Retain;                       // [MQTT-3.3.1-12], [MQTT-3.3.1-13]
            Queue(plan, delivery.Session, qos, retain, delivery.Identifiers);
        }

        set.Reset(null);
        _deliveries = set;
        plan.Submit(ref _lastMessage);
        return any ? ReasonCode.Success : ReasonCode.NoMatchingSubscribers;
    }

    private void DeliverRetained(Session session, List<RoutedMessage> retained, Subscription subscription)
    {
        uint[]? identifiers = subscription.Identifier == 0 ? null : [subscription.Identifier];
        foreach (var routed in retained)
        {
            // The retained copy lives in its own table; a delivery of it is a message of its own, with what is left of its life.
            var copy = new RoutedMessage(routed.Message, routed.Arrived);
            var plan = new StoragePlan(_context.Store, copy, whenDurable: null);
            var qos = (QualityOfService)Math.Min((byte)subscription.Qos, (byte)routed.Message.Qos);
            Queue(plan, session, qos, retain: true, identifiers);     // [MQTT-3.3.1-8]
            plan.Submit(ref _lastMessage);
        }
    }

    private void Queue(StoragePlan plan, Session session, QualityOfService qos, bool retain, uint[]? identifiers)
    {
        switch (session.Enqueue(plan.Message, qos, retain, identifiers, store: true, out var entry))
        {
            case Queueing.Queued:
                session.Wake();
                break;
            case Queueing.ToStore:
                plan.Add(session, entry!);
                break;
            case Queueing.Overflow:
                EndOverflowed(session);
                break;
        }
    }

    // Told to the store under the broker's lock, so that memory and store agree on which of two messages is the last.
    private bool Retain(RoutedMessage message, StoragePlan plan)
    {
        if (message.Message.Payload.IsEmpty)
        {
            if (_retained.Remove(message.Message.Topic))              // [MQTT-3.3.1-6], [MQTT-3.3.1-7]
            {
                plan.SubmitAhead(new RetainedRemoved(message.Message.Topic));
            }

            return true;
        }

        if (!_retained.HasRoomFor(message))
        {
            return false;
        }

        _retained.Put(message);
        plan.SubmitAhead(new RetainedPut(message));
        return true;
    }

    // A gap in a session's QoS 1 and 2 messages would be a silent loss, so the session ends: its client sees session present 0.
    private void EndOverflowed(Session session)
    {
        List<(string ClientId, WillMessage Will)> wills = [];
        ISessionSink? sink;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(session.ClientId, out var known) || !ReferenceEquals(known, session))
            {
                return;
            }

            sink = session.Detach();
            End(session, wills);
        }

        if (sink is null)
        {
            Statistics.CountSessionOverflowed();
        }
        else
        {
            Statistics.CountSlowReaderClosed();
            sink.Disconnect(ReasonCode.QuotaExceeded);
        }

        PublishWills(wills);
    }
}
