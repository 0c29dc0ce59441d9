using System.Runtime.CompilerServices;

namespace SmartCity.Mqtt;

/// <content>The reading loop: one packet after the other, in the order they came.</content>
public sealed partial class MqttConnection
{
    private static readonly ValueTask<bool> _goOn = new(true);
    private static readonly ValueTask<bool> _stop = new(false);
    private int _packets;
    private int _publishes;
    private long _publishBytes;

    private async Task ReadAsync()
    {
        while (true)
        {
            var result = await _input.ReadAsync();
            var buffer = result.Buffer;
            var status = FrameStatus.NeedMore;
            while (_closing == 0)
            {
                status = FrameReader.Read(buffer, Version, _server.Limits.MaximumPacketSize, out var frame, out var error);
                if (status != FrameStatus.Complete)
                {
                    if (status == FrameStatus.Invalid)
                    {
                        Fail(error);
                    }

                    break;
                }

                _packets++;
                var handled = HandleAsync(frame);
                if (!(handled.IsCompletedSuccessfully ? handled.Result : await RestAsync(handled)))
                {
                    status = FrameStatus.Invalid;
                    break;
                }

                buffer = buffer.Slice(frame.Length);
            }

            CountBatch(!buffer.IsEmpty);
            _input.AdvanceTo(buffer.Start, buffer.End);
            Pump();
            if (result.IsCompleted || status == FrameStatus.Invalid || _closing != 0)
            {
                return;
            }

            if (PendingAnswers > _server.Limits.MaximumPendingAnswers)
            {
                await RestAsync(AnswersTakenAsync()); // the client asks and does not listen
            }
        }
    }

    private ValueTask<bool> HandleAsync(in Frame frame)
    {
        if (_session is null)
        {
            // [MQTT-3.1.0-1] the first packet is CONNECT; anything else is not answered
            return frame.Type == PacketType.Connect ? ConnectAsync(frame) : Unanswered();
        }

        switch (frame.Type)
        {
            case PacketType.Publish:
                return PublishAsync(frame);
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                return Acknowledgement(frame);
            case PacketType.Subscribe:
                return SubscribeAsync(frame);
            case PacketType.Unsubscribe:
                return Unsubscribe(frame);
            case PacketType.PingReq:
                lock (_answers)
                {
                    PacketEncoder.WritePingResp(_answers); // [MQTT-3.12.4-1]
                }

                return _goOn;
            case PacketType.Disconnect:
                return Goodbye(frame);
            case PacketType.Auth:
                // 4.12: no authentication method was agreed on in CONNECT; in 3.1.1 the type is forbidden
                return Failed(Version == ProtocolVersion.V500 ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket);
            default:
                return Failed(ReasonCode.ProtocolError); // [MQTT-3.1.0-2] a second CONNECT; and what only a server sends
        }
    }

    /// <summary>Waits for the owner or for room. Meanwhile nothing is read, so the client's silence is not held against it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // waiting for a full log is common, and must not make garbage
    private async ValueTask<bool> RestAsync(ValueTask<bool> task)
    {
        Volatile.Write(ref _resting, true);
        Pump(); // what can be answered is answered before the wait
        try
        {
            return await task;
        }
        finally
        {
            Volatile.Write(ref _lastPacket, _server.Now);
            Volatile.Write(ref _resting, false);
        }
    }

    private async ValueTask<bool> AnswersTakenAsync()
    {
        while (PendingAnswers > _server.Limits.MaximumPendingAnswers && _closing == 0)
        {
            await _room.WaitAsync();
        }

        return true;
    }

    private ValueTask<bool> Goodbye(in Frame frame)
    {
        var error = PacketDecoder.ReadDisconnect(frame, Version, out var packet);
        if (error != ReasonCode.Success)
        {
            return Failed(error);
        }

        if (packet!.SessionExpiryInterval > 0 && _connect!.SessionExpiryInterval == 0 && Version == ProtocolVersion.V500)
        {
            return Failed(ReasonCode.ProtocolError); // 3.14.2.2.2: zero at CONNECT cannot be changed
        }

        _clientReason = packet.Reason;
        _clientExpiry = packet.SessionExpiryInterval;
        return _stop; // [MQTT-3.14.4-1]: nothing more is sent
    }

    private ValueTask<bool> Failed(ReasonCode reason)
    {
        Fail(reason);
        return _stop;
    }

    private ValueTask<bool> Unanswered()
    {
        Volatile.Write(ref _silent, true);
        return Failed(ReasonCode.ProtocolError);
    }

    // 4.13: DISCONNECT with the reason in MQTT 5, then the connection is closed
    private void Fail(ReasonCode reason)
    {
        if (Close(reason))
        {
            _server.Metrics.Add(MqttCounter.ProtocolErrorsTotal);
            _server.Log.Closed(ClientId, Remote, reason, "the client's error");
        }
    }

    private void CountBatch(bool partial)
    {
        if (_packets > 0)
        {
            var now = _server.Now;
            Volatile.Write(ref _lastPacket, now);
            Volatile.Write(ref _partialSince, partial ? now : 0);
            _server.Metrics.Add(MqttCounter.PacketsReceivedTotal, _packets);
            _packets = 0;
        }
        else if (!partial)
        {
            Volatile.Write(ref _partialSince, 0);
        }
        else if (_partialSince == 0)
        {
            Volatile.Write(ref _partialSince, _server.Now);
        }

        if (_publishes > 0)
        {
            PublishesReceived += _publishes;
            _server.Metrics.Add(MqttCounter.PublishesReceivedTotal, _publishes);
            _server.Metrics.Add(MqttCounter.PublishBytesReceivedTotal, _publishBytes);
            _publishes = 0;
            _publishBytes = 0;
        }
    }
}
