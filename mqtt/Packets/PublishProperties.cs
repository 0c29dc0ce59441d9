using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>A name and a value that travel with a packet unread; names may repeat and their order is kept.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
public readonly record struct UserProperty(string Name, string Value);

/// <summary>
/// The properties of an application message (MQTT 5, 3.3.2.3) in a form of their own: made only when a message is routed
/// or kept, never on the way of a reading.
/// </summary>
public sealed record PublishProperties
{
    /// <summary>True if the payload is UTF-8 text, false if bytes, null if unsaid.</summary>
    public bool? PayloadIsText { get; init; }

    /// <summary>Life of the message in seconds, counted from its arrival; null: without end.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>MIME type of the payload, or whatever sender and receiver agreed.</summary>
    public string? ContentType { get; init; }

    /// <summary>Where an answer should go.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>What an answer should carry back.</summary>
    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    /// <summary>User properties, in order.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>Identifiers of the subscriptions that matched; only from server to client.</summary>
    public IReadOnlyList<uint> SubscriptionIdentifiers { get; init; } = [];

    /// <summary>Makes the properties of a PUBLISH that has been decoded, and so validated.</summary>
    /// <param name="properties">The raw list, from <see cref="PublishPacket.Properties"/>.</param>
    /// <returns>The properties, or null if there are none that belong to the message (a topic alias does not).</returns>
    public static PublishProperties? Decode(in ReadOnlySequence<byte> properties)
    {
        if (properties.IsEmpty)
        {
            return null;
        }

        var values = new PropertyValues();
        return values.Read(properties, PropertySets.Publish) == ReasonCode.Success ? values.ToMessageProperties() : null;
    }
}
