using System.Buffers;
using System.Runtime.CompilerServices;

namespace SmartCity.Mqtt;

/// <content>PUBLISH from the client, and the acknowledgements of both directions.</content>
public sealed partial class MqttConnection
{
    private AckRing? _acks;
    private InboundAliases? _inboundAliases;
    private int _inFlightLimit;
    private int _unreleased; // QoS 2 publishes answered with PUBREC and not yet with PUBCOMP: they still count against the receive maximum

    private ValueTask<bool> PublishAsync(in Frame frame)
    {
        var error = PacketDecoder.ReadPublish(frame, Version, out var packet);
        if (error != ReasonCode.Success)
        {
            return Failed(error);
        }

        if (packet.HasSubscriptionIdentifier)
        {
            return Failed(ReasonCode.ProtocolError); // [MQTT-3.3.4-6]
        }

        var topic = packet.Topic;
        if (packet.TopicAlias != 0)
        {
            _inboundAliases ??= new InboundAliases(_server.Limits.MaximumTopicAlias);
            error = _inboundAliases.Resolve(packet.TopicAlias, packet.Topic, out topic);
            if (error != ReasonCode.Success)
            {
                return Failed(error);
            }
        }

        _publishes++;
        _publishBytes += packet.Payload.Length;
        if (packet.Qos == QualityOfService.AtMostOnce)
        {
            return HandOver(packet, topic, default);
        }

        _acks ??= new AckRing(_inFlightLimit);
        if (Version == ProtocolVersion.V500)
        {
            if (_acks.Count + Volatile.Read(ref _unreleased) >= _inFlightLimit)
            {
                return Failed(ReasonCode.ReceiveMaximumExceeded); // 3.3.4 [MQTT-3.3.4-9]
            }
        }
        else if (_acks.IsFull)
        {
            return WhenRoomAsync(packet, topic); // 3.1.1 knows no receive maximum: the client waits instead
        }

        return Acknowledged(packet, topic);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // waiting for a full log is common, and must not make garbage
    private async ValueTask<bool> WhenRoomAsync(PublishPacket packet, ReadOnlySequence<byte> topic)
    {
        while (_acks!.IsFull)
        {
            await _room.WaitAsync();
            if (_closing != 0)
            {
                return false;
            }
        }

        return await Acknowledged(packet, topic);
    }

    private ValueTask<bool> Acknowledged(in PublishPacket packet, in ReadOnlySequence<byte> topic)
    {
        if (packet.Qos == QualityOfService.AtLeastOnce)
        {
            return HandOver(packet, topic, new PublishTicket(this, _acks!.Add(packet.PacketId, exactlyOnce: false)));
        }

        // [MQTT-4.3.3-10] (3.1.1: [MQTT-4.3.3-2]) not passed on again while the identifier is in use
        var state = BeginInbound(packet.PacketId, out var token);
        switch (state)
        {
            case InboundState.New:
                return HandOver(packet, topic, new PublishTicket(this, token));
            case InboundState.Exceeded:
                return Failed(ReasonCode.ReceiveMaximumExceeded);
            default:
                _server.Metrics.Add(MqttCounter.PublishDuplicatesTotal);
                return _goOn;
        }
    }

    private InboundState BeginInbound(ushort packetId, out long token)
    {
        var place = token = _acks!.Add(packetId, exactlyOnce: true);
        var state = _session!.BeginInbound(this, packetId, () => Answer(place, ReasonCode.Success));
        if (state == InboundState.New)
        {
            _acks.Unclaim(place, packetId);
        }
        else if (state == InboundState.Received)
        {
            Answer(place, ReasonCode.Success); // its PUBREC again; of a pending one, when the first would have come
        }

        return state;
    }

    private ValueTask<bool> HandOver(in PublishPacket packet, in ReadOnlySequence<byte> topic, PublishTicket ticket)
    {
        ValueTask<PublishReply> reply;
        try
        {
            reply = _server.Owner.PublishAsync(this, packet, topic, ticket);
        }
        catch
        {
            Abandon(packet);
            throw;
        }

        if (!reply.IsCompletedSuccessfully)
        {
            return AwaitOwnerAsync(reply, packet, topic, ticket);
        }

        // Taken once: it may come from a pool, and the wait that it stands for may have ended since it was given, when this line looks.
        var verdict = reply.Result;
        return MustWait(verdict)
            ? AwaitOwnerAsync(new(verdict), packet, topic, ticket)
            : new ValueTask<bool>(Conclude(verdict, packet, topic, ticket));
    }

    // What is routed may have to be stored for sessions that are away: while the disk is behind, this client waits and no other.
    private bool MustWait(PublishReply reply) =>
        reply.Verdict is PublishVerdict.Route or PublishVerdict.TakenAndRoute && !_server.Broker.RoomAsync(Closed).IsCompleted;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // waiting for a full log is common, and must not make garbage
    private async ValueTask<bool> AwaitOwnerAsync(
        ValueTask<PublishReply> reply, PublishPacket packet, ReadOnlySequence<byte> topic, PublishTicket ticket)
    {
        PublishReply verdict;
        try
        {
            verdict = await reply;
        }
        catch
        {
            Abandon(packet);
            throw;
        }

        if (MustWait(verdict))
        {
            await _server.Broker.RoomAsync(Closed);
        }

        return Conclude(verdict, packet, topic, ticket);
    }

    // The connection ends without an answer: sent again on the next one, the message has to be looked at anew.
    private void Abandon(in PublishPacket packet)
    {
        if (packet.Qos == QualityOfService.ExactlyOnce)
        {
            _session!.AbandonInbound(packet.PacketId);
        }
    }

    private bool Conclude(PublishReply reply, in PublishPacket packet, in ReadOnlySequence<byte> topic, PublishTicket ticket)
    {
        switch (reply.Verdict)
        {
            case PublishVerdict.Taken:
                return true;
            case PublishVerdict.TakenAndRoute when !packet.Retain && !_server.Broker.IsSubscribed(topic):
                return true; // nobody to copy it for
            case PublishVerdict.TakenAndRoute:
                _server.Broker.Publish(packet.ToMessage(topic, _server.Time.GetUtcNow()), SessionName, whenDurable: null);
                return true;
            case PublishVerdict.Route:
                Route(packet, topic, ticket);
                return true;
            case PublishVerdict.Refused:
                Refused(reply.Reason, ticket);
                return true;
            default:
                Abandon(packet);
                if (Close(reply.Reason))
                {
                    _server.Log.Closed(ClientId, Remote, reply.Reason, "a publish the owner does not accept");
                }

                return false;
        }
    }

    private void Refused(ReasonCode reason, PublishTicket ticket)
    {
        _server.Metrics.Add(MqttCounter.PublishesRefusedTotal);
        // 3.1.1 cannot say no: 3.3.5.2 leaves acknowledging or closing, and a client that is closed sends the same again for ever
        ticket.Complete(Version == ProtocolVersion.V311 ? ReasonCode.Success : reason);
    }

    private void Route(in PublishPacket packet, in ReadOnlySequence<byte> topic, PublishTicket ticket)
    {
        var broker = _server.Broker;
        if (!packet.Retain && !broker.IsSubscribed(topic))
        {
            ticket.Complete(ReasonCode.NoMatchingSubscribers); // 3.4.2.1
            return;
        }

        var message = packet.ToMessage(topic, _server.Time.GetUtcNow());
        if (packet.Qos == QualityOfService.ExactlyOnce)
        {
            RouteOnce(message, packet.PacketId, ticket.Token);
            return;
        }

        var reason = broker.Publish(message, SessionName, ticket.IsAwaited ? Completion(ticket) : null);
        if (reason >= ReasonCode.UnspecifiedError)
        {
            Refused(reason, ticket);
        }
    }

    private static Action Completion(PublishTicket ticket) => () => ticket.Complete();

    private void RouteOnce(ApplicationMessage message, ushort packetId, long token)
    {
        // the broker keeps the identifier with the message in one write; the ticket is claimed so that only this answers it
        _acks!.TryComplete(token, ReasonCode.Success, out _, out _);
        var reason = _server.Broker.Publish(message, _session!, packetId, () => Answer(token, ReasonCode.Success));
        if (reason >= ReasonCode.UnspecifiedError)
        {
            _server.Metrics.Add(MqttCounter.PublishesRefusedTotal);
            Answer(token, Version == ProtocolVersion.V311 ? ReasonCode.Success : reason);
        }
    }

    private ValueTask<bool> Acknowledgement(in Frame frame)
    {
        var error = PacketDecoder.ReadAck(frame, Version, out var packetId, out var reason);
        if (error != ReasonCode.Success)
        {
            return Failed(error);
        }

        var session = _session!;
        switch (frame.Type)
        {
            case PacketType.PubAck:
                session.Acknowledge(this, packetId);
                break;
            case PacketType.PubRec:
                if (!session.Received(this, packetId, reason) && reason < ReasonCode.UnspecifiedError)
                {
                    Send(PacketType.PubRel, packetId, ReasonCode.PacketIdentifierNotFound); // 4.3.3: release what is not known, or it comes for ever
                }

                break;
            case PacketType.PubRel:
                Release(session, packetId);
                break;
            default:
                session.Complete(this, packetId);
                break;
        }

        return _goOn; // the pump after this batch sends what the acknowledgement made room for
    }

    private void Release(Session session, ushort packetId)
    {
        if (!session.EndInbound(this, packetId, () => Completed(packetId)))
        {
            Send(PacketType.PubComp, packetId, ReasonCode.PacketIdentifierNotFound); // [MQTT-4.3.3-11] answered whatever is known
        }
    }

    private void Completed(ushort packetId)
    {
        if (Interlocked.Decrement(ref _unreleased) < 0)
        {
            Interlocked.Increment(ref _unreleased); // begun on an earlier connection, whose count is not this one's (4.9)
        }

        Send(PacketType.PubComp, packetId, ReasonCode.Success);
    }

    private void Send(PacketType type, ushort packetId, ReasonCode reason)
    {
        lock (_answers)
        {
            PacketEncoder.WriteAck(_answers, type, packetId, reason, Version);
        }

        Schedule();
    }
}
