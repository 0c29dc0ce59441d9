using System.Buffers;

namespace SmartCity.Mqtt.Tests;

/// <summary>Reads and writes whatever packet it is, for tests that are about all of them.</summary>
internal static class AnyPacket
{
    public const int MaximumSize = 256 * 1024;

    /// <summary>A PUBLISH or a packet without a body, as a record.</summary>
    public sealed record Publish(OutboundPublish Packet);

    public sealed record Ping(PacketType Type);

    public static FrameStatus Read(in ReadOnlySequence<byte> bytes, ProtocolVersion version, out ReasonCode reason, out object? packet)
    {
        packet = null;
        // the endpoint does not know the version of a CONNECT before it has read it
        var connect = !bytes.IsEmpty && bytes.Slice(0, 1).ToArray()[0] >> 4 == (int)PacketType.Connect;
        var status = FrameReader.Read(bytes, connect ? ProtocolVersion.V311 : version, MaximumSize, out var frame, out reason);
        if (status == FrameStatus.Complete)
        {
            reason = Decode(frame, version, out packet);
        }

        return status;
    }

    public static ReasonCode Decode(in Frame frame, ProtocolVersion version, out object? packet)
    {
        ReasonCode reason;
        switch (frame.Type)
        {
            case PacketType.Connect:
                reason = PacketDecoder.ReadConnect(frame, out var connect, out _);
                packet = connect;
                return reason;
            case PacketType.ConnAck:
                reason = PacketDecoder.ReadConnAck(frame, version, out var connAck);
                packet = reason == ReasonCode.Success ? connAck : null;
                return reason;
            case PacketType.Publish:
                reason = PacketDecoder.ReadPublish(frame, version, out var publish);
                packet = reason == ReasonCode.Success ? new Publish(Outbound(publish)) : null;
                return reason;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                reason = PacketDecoder.ReadAck(frame, version, out var ack);
                Assert.Equal(reason, PacketDecoder.ReadAck(frame, version, out var id, out var code));
                Assert.True(ack is null || (ack.PacketId == id && ack.Reason == code));
                packet = ack;
                return reason;
            case PacketType.Subscribe:
                reason = PacketDecoder.ReadSubscribe(frame, version, out var subscribe);
                packet = subscribe;
                return reason;
            case PacketType.SubAck:
                reason = PacketDecoder.ReadSubAck(frame, version, out var subAck);
                packet = subAck;
                return reason;
            case PacketType.Unsubscribe:
                reason = PacketDecoder.ReadUnsubscribe(frame, version, out var unsubscribe);
                packet = unsubscribe;
                return reason;
            case PacketType.UnsubAck:
                reason = PacketDecoder.ReadUnsubAck(frame, version, out var unsubAck);
                packet = unsubAck;
                return reason;
            case PacketType.Disconnect:
                reason = PacketDecoder.ReadDisconnect(frame, version, out var disconnect);
                packet = disconnect;
                return reason;
            case PacketType.Auth:
                reason = PacketDecoder.ReadAuth(frame, version, out var auth);
                packet = auth;
                return reason;
            default:
                packet = new Ping(frame.Type);
                return ReasonCode.Success;
        }
    }

    public static byte[] Write(object packet, ProtocolVersion version)
    {
        var output = new ArrayBufferWriter<byte>();
        switch (packet)
        {
            case ConnectPacket p:
                PacketEncoder.WriteConnect(output, p);
                break;
            case ConnAckPacket p:
                PacketEncoder.WriteConnAck(output, p, version);
                break;
            case Publish p:
                // an alias may stand without a topic only on the wire; the encoder is given some topic to leave out
                PacketEncoder.WritePublish(output, p.Packet, version);
                Assert.Equal(output.WrittenCount, PacketEncoder.PublishLength(p.Packet, version));
                break;
            case AckPacket p:
                PacketEncoder.WriteAck(output, p, version);
                break;
            case SubscribePacket p:
                PacketEncoder.WriteSubscribe(output, p, version);
                break;
            case SubAckPacket p:
                PacketEncoder.WriteSubAck(output, p, version);
                break;
            case UnsubscribePacket p:
                PacketEncoder.WriteUnsubscribe(output, p, version);
                break;
            case UnsubAckPacket p:
                PacketEncoder.WriteUnsubAck(output, p, version);
                break;
            case DisconnectPacket p:
                PacketEncoder.WriteDisconnect(output, p, version);
                break;
            case AuthPacket p:
                PacketEncoder.WriteAuth(output, p);
                break;
            case Ping { Type: PacketType.PingReq }:
                PacketEncoder.WritePingReq(output);
                break;
            default:
                PacketEncoder.WritePingResp(output);
                break;
        }

        return output.WrittenSpan.ToArray();
    }

    private static OutboundPublish Outbound(in PublishPacket packet)
    {
        var topic = packet.Topic.IsEmpty ? new ReadOnlySequence<byte>("left/out"u8.ToArray()) : packet.Topic;
        var message = packet.ToMessage(topic, default);
        return new OutboundPublish(message, packet.Qos, packet.Retain, packet.Dup, packet.PacketId)
        {
            TopicAlias = packet.TopicAlias,
            OmitTopic = packet.Topic.IsEmpty,
            MessageExpiryInterval = message.Properties?.MessageExpiryInterval,
            SubscriptionIdentifiers = message.Properties?.SubscriptionIdentifiers,
        };
    }
}
