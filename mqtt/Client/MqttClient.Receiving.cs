namespace SmartCity.Mqtt;

/// <content>Packets in.</content>
public sealed partial class MqttClient
{
    /// <summary>Gives one message to the handler, then acknowledges it.</summary>
    internal async Task ConsumeAsync(InboundMessage inbound)
    {
        var reason = ReasonCode.Success;
        if (Received is { } handler && !_stopping.IsCancellationRequested)
        {
            try
            {
                await handler(inbound.Message);
            }
#pragma warning disable CA1031 // the handler is not ours: whatever it throws is told, and the next message comes
            catch (Exception fault)
#pragma warning restore CA1031
            {
                reason = ReasonCode.ImplementationSpecificError;
                ReceiveFailed?.Invoke(inbound.Message, fault);
            }
        }

        if (inbound.PacketId == 0 || _stopping.IsCancellationRequested)
        {
            return;
        }

        ClientConnection? connection;
        lock (_gate)
        {
            connection = Acknowledge(inbound, reason);
        }

        if (connection is not null)
        {
            await connection.DrainedAsync();
        }
    }

    // Under the lock. QoS 1: only on the connection it came on, for on another the server sends it again. QoS 2: as long as the session lives.
    private ClientConnection? Acknowledge(InboundMessage inbound, ReasonCode reason)
    {
        if (inbound.Message.Qos == QualityOfService.AtLeastOnce)
        {
            if (!ReferenceEquals(_connection, inbound.Connection))
            {
                return null;
            }

            inbound.Connection.InboundOpen--;
            SendAck(inbound.Connection, PacketType.PubAck, inbound.PacketId, reason);
            return inbound.Connection;
        }

        if (_inbound.Epoch != inbound.Epoch)
        {
            return null;
        }

        if (reason >= ReasonCode.UnspecifiedError && _options.Version == ProtocolVersion.V500)
        {
            _inbound.Release(inbound.PacketId);                       // §4.3.3: a refusing PUBREC frees the identifier
            if (_connection is not null)
            {
                _connection.InboundOpen = Math.Max(0, _connection.InboundOpen - 1);
            }
        }
        else
        {
            _inbound.Handled(inbound.PacketId);
        }

        if (_connection is { } connection)
        {
            SendAck(connection, PacketType.PubRec, inbound.PacketId, reason);
        }

        return _connection;
    }

    private ValueTask HandleAsync(ClientConnection connection, Frame frame)
    {
        switch (frame.Type)
        {
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                Check(PacketDecoder.ReadAck(frame, _options.Version, out var id, out var reason));
                OnAcknowledged(connection, frame.Type, id, reason);
                return ValueTask.CompletedTask;
            case PacketType.PubRel:
                Check(PacketDecoder.ReadAck(frame, _options.Version, out id, out _));
                OnReleased(connection, id);
                return ValueTask.CompletedTask;
            case PacketType.Publish:
                return OnPublishAsync(connection, frame);
            case PacketType.SubAck:
                Check(PacketDecoder.ReadSubAck(frame, _options.Version, out var subscribed));
                OnAnswered(subscribed!.PacketId, subscribed.Reasons);
                return ValueTask.CompletedTask;
            case PacketType.UnsubAck:
                Check(PacketDecoder.ReadUnsubAck(frame, _options.Version, out var unsubscribed));
                OnAnswered(unsubscribed!.PacketId, unsubscribed.Reasons);
                return ValueTask.CompletedTask;
            case PacketType.Disconnect when _options.Version == ProtocolVersion.V500:
                Check(PacketDecoder.ReadDisconnect(frame, _options.Version, out var disconnect));
                throw new MqttProtocolException(disconnect!.Reason, fromServer: true);
            default:
                throw Broken(connection, ReasonCode.ProtocolError);   // nothing else comes from a server after CONNACK
        }

        void Check(ReasonCode error)
        {
            if (error != ReasonCode.Success)
            {
                throw Broken(connection, error);
            }
        }
    }

    private ValueTask OnPublishAsync(ClientConnection connection, in Frame frame)
    {
        var error = PacketDecoder.ReadPublish(frame, _options.Version, out var publish);
        if (error != ReasonCode.Success)
        {
            throw Broken(connection, error);
        }

        if (publish.TopicAlias != 0)
        {
            throw Broken(connection, ReasonCode.TopicAliasInvalid);   // [MQTT-3.1.2-26] we announced none
        }

        lock (_gate)
        {
            if (publish.Qos != QualityOfService.AtMostOnce && ++connection.InboundOpen > _options.ReceiveMaximum && _options.Version == ProtocolVersion.V500)
            {
                throw Broken(connection, ReasonCode.ReceiveMaximumExceeded);   // [MQTT-3.3.4-7]
            }

            if (publish.Qos == QualityOfService.ExactlyOnce && _inbound.Begin(publish.PacketId) is { } handled)
            {
                if (handled)                                          // [MQTT-4.3.3-10] not given on again, only answered
                {
                    SendAck(connection, PacketType.PubRec, publish.PacketId, ReasonCode.Success);
                }

                return ValueTask.CompletedTask;
            }
        }

        var message = publish.ToMessage(publish.Topic, _options.Time.GetUtcNow());
        return _inbound.AddAsync(new InboundMessage(message, publish.PacketId, connection, _inbound.Epoch), _stopping.Token);
    }

    private void OnReleased(ClientConnection connection, ushort id)
    {
        lock (_gate)
        {
            var known = _inbound.Release(id);
            connection.InboundOpen = Math.Max(0, connection.InboundOpen - 1);   // PUBREL alone may come after a resume
            SendAck(connection, PacketType.PubComp, id, known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound);   // [MQTT-4.3.3-11]
        }
    }

    private MqttProtocolException Broken(ClientConnection connection, ReasonCode reason)
    {
        if (_options.Version == ProtocolVersion.V500)
        {
            connection.Close(new DisconnectPacket(reason));
        }

        return new MqttProtocolException(reason, fromServer: false);
    }
}
