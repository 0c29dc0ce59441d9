using System.Buffers;

namespace SmartCity.Mqtt;

/// <content>SUBSCRIBE and UNSUBSCRIBE.</content>
public sealed partial class MqttConnection
{
    private ValueTask<bool> SubscribeAsync(in Frame frame)
    {
        var error = PacketDecoder.ReadSubscribe(frame, Version, out var packet);
        return error == ReasonCode.Success ? SubscribeAsync(packet!) : Failed(error);
    }

    private async ValueTask<bool> SubscribeAsync(SubscribePacket packet)
    {
        var reasons = new ReasonCode[packet.Subscriptions.Count];
        var waiting = new AnswerWhenDurable(this, packet.PacketId, reasons, isSubscribe: true);
        for (var i = 0; i < reasons.Length; i++)
        {
            var wish = packet.Subscriptions[i];
            var granted = _server.Owner.Subscribe(this, wish.Filter, wish.MaximumQos);
            if (granted <= ReasonCode.GrantedQos2)
            {
                var qos = (QualityOfService)Math.Min((byte)granted, (byte)wish.MaximumQos);
                waiting.Expect();
                granted = _server.Broker.Subscribe(_session!, wish, qos, packet.SubscriptionIdentifier, waiting.Done);
                if (granted > ReasonCode.GrantedQos2)
                {
                    waiting.Done(); // refused: the broker does not call
                }
            }

            if (granted > ReasonCode.GrantedQos2)
            {
                _server.Metrics.Add(MqttCounter.SubscriptionsRefusedTotal);
            }

            reasons[i] = ReasonSets.Fit(PacketType.SubAck, granted); // [MQTT-3.8.4-6] one for each, in order
        }

        waiting.Done();
        for (var i = 0; i < reasons.Length; i++)
        {
            if (reasons[i] <= ReasonCode.GrantedQos2)
            {
                await _server.Owner.SubscribedAsync(this, packet.Subscriptions[i].Filter);
            }
        }

        return true;
    }

    private ValueTask<bool> Unsubscribe(in Frame frame)
    {
        var error = PacketDecoder.ReadUnsubscribe(frame, Version, out var packet);
        if (error != ReasonCode.Success)
        {
            return Failed(error);
        }

        var reasons = new ReasonCode[packet!.Filters.Count];
        var waiting = new AnswerWhenDurable(this, packet.PacketId, reasons, isSubscribe: false);
        for (var i = 0; i < reasons.Length; i++)
        {
            waiting.Expect();
            reasons[i] = _server.Broker.Unsubscribe(_session!, packet.Filters[i], waiting.Done);
        }

        waiting.Done();
        return _goOn;
    }

    /// <summary>SUBACK or UNSUBACK, sent when the last of its subscriptions is safe [MQTT-3.8.4-1] [MQTT-3.10.4-4].</summary>
    private sealed class AnswerWhenDurable(MqttConnection connection, ushort packetId, ReasonCode[] reasons, bool isSubscribe)
    {
        private int _open = 1;

        public void Expect() => Interlocked.Increment(ref _open);

        public void Done()
        {
            if (Interlocked.Decrement(ref _open) != 0)
            {
                return;
            }

            var bytes = new ArrayBufferWriter<byte>(16);
            if (isSubscribe)
            {
                PacketEncoder.WriteSubAck(bytes, new SubAckPacket(packetId, reasons), connection.Version);
            }
            else
            {
                PacketEncoder.WriteUnsubAck(bytes, new UnsubAckPacket(packetId, reasons), connection.Version);
            }

            if (!connection.Fits(bytes.WrittenCount))
            {
                connection.Fail(ReasonCode.PacketTooLarge); // [MQTT-3.1.2-24]: it asked for more than it can hear the answer of
                return;
            }

            lock (connection._answers)
            {
                connection._answers.Write(bytes.WrittenSpan);
            }

            connection.Schedule();
        }
    }
}
