using System.Buffers;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>
/// A PUBLISH as it lies in the receive buffer (3.3): nothing is copied, so it is valid only as long as that buffer.
/// </summary>
public readonly struct PublishPacket
{
    /// <summary>True if the sender sent it before.</summary>
    public bool Dup { get; init; }

    /// <summary>Its quality of service.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>True if it is to be kept (to the server), or was kept (from it).</summary>
    public bool Retain { get; init; }

    /// <summary>1 to 65,535; 0 for QoS 0.</summary>
    public ushort PacketId { get; init; }

    /// <summary>Topic alias, or 0 for none (MQTT 5).</summary>
    public ushort TopicAlias { get; init; }

    /// <summary>True if a subscription identifier stands in the properties, which only a server may send [MQTT-3.3.4-6].</summary>
    public bool HasSubscriptionIdentifier { get; init; }

    /// <summary>Topic name, valid UTF-8; empty if only an alias was sent.</summary>
    public ReadOnlySequence<byte> Topic { get; init; }

    /// <summary>The application's bytes.</summary>
    public ReadOnlySequence<byte> Payload { get; init; }

    /// <summary>Raw property list without its length, validated; empty in MQTT 3.1.1.</summary>
    public ReadOnlySequence<byte> Properties { get; init; }

    /// <summary>Copies the packet into a message that outlives the buffer. Allocates.</summary>
    /// <param name="topic">The topic with its alias resolved.</param>
    /// <param name="receivedAt">Time of arrival.</param>
    /// <returns>The message.</returns>
    public ApplicationMessage ToMessage(in ReadOnlySequence<byte> topic, DateTimeOffset receivedAt) =>
        new(Encoding.UTF8.GetString(topic), Payload.ToArray(), Qos, Retain)
        {
            Properties = PublishProperties.Decode(Properties),
            ReceivedAt = receivedAt,
        };
}

/// <summary>One application message as sessions, the retained store and the client carry it: immutable, memory of its own.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Payload">The application's bytes.</param>
/// <param name="Qos">Quality of service it was published with.</param>
/// <param name="Retain">The retain flag it was published with.</param>
public sealed record ApplicationMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos = QualityOfService.AtMostOnce, bool Retain = false)
{
    /// <summary>MQTT 5 properties, or null.</summary>
    public PublishProperties? Properties { get; init; }

    /// <summary>When it arrived; message expiry counts from here.</summary>
    public DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>A message on its way out: what differs from one receiver to the next.</summary>
/// <param name="Message">The message.</param>
/// <param name="Qos">Quality of service of this delivery.</param>
/// <param name="Retain">Retain flag of this delivery.</param>
/// <param name="Dup">True if this delivery was tried before.</param>
/// <param name="PacketId">1 to 65,535; 0 for QoS 0.</param>
public readonly record struct OutboundPublish(ApplicationMessage Message, QualityOfService Qos, bool Retain, bool Dup, ushort PacketId)
{
    /// <summary>Topic alias to send, or 0 for none.</summary>
    public ushort TopicAlias { get; init; }

    /// <summary>True to send the alias without the topic name.</summary>
    public bool OmitTopic { get; init; }

    /// <summary>What is left of the message's life in seconds; null: send none (the message's own is never sent by itself).</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>Identifiers of the receiver's subscriptions that matched, or null.</summary>
    public IReadOnlyList<uint>? SubscriptionIdentifiers { get; init; }
}
