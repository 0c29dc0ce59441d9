using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>Topic aliases a client has set (3.3.2.3.4). Allocates only when an alias gets a new topic.</summary>
internal sealed class InboundAliases(int maximum)
{
    private readonly byte[]?[] _topics = new byte[]?[maximum];

    /// <summary>Resolves or sets an alias.</summary>
    /// <param name="alias">1 or more.</param>
    /// <param name="topic">The topic sent; empty to use the alias.</param>
    /// <param name="resolved">The topic meant.</param>
    public ReasonCode Resolve(ushort alias, in ReadOnlySequence<byte> topic, out ReadOnlySequence<byte> resolved)
    {
        resolved = topic;
        if (alias > _topics.Length)
        {
            return ReasonCode.TopicAliasInvalid; // [MQTT-3.3.2-9]
        }

        ref var known = ref _topics[alias - 1];
        if (topic.IsEmpty)
        {
            if (known is null)
            {
                return ReasonCode.ProtocolError; // [MQTT-3.3.2-7], 3.3.4: an alias nothing was said of
            }

            resolved = new ReadOnlySequence<byte>(known);
        }
        else if (known is null || !SameBytes(known, topic))
        {
            known = topic.ToArray(); // 3.3.2.3.4: set, or set anew
        }

        return ReasonCode.Success;
    }

    private static bool SameBytes(ReadOnlySpan<byte> known, in ReadOnlySequence<byte> topic)
    {
        if (topic.IsSingleSegment)
        {
            return topic.FirstSpan.SequenceEqual(known);
        }

        if (topic.Length != known.Length)
        {
            return false;
        }

        foreach (var part in topic)
        {
            if (!known[..part.Length].SequenceEqual(part.Span))
            {
                return false;
            }

            known = known[part.Length..];
        }

        return true;
    }
}

/// <summary>Topic aliases towards a client: the first topics sent get one each, within what the client allows [MQTT-3.1.2-26].</summary>
internal sealed class OutboundAliases(int maximum)
{
    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);

    public OutboundPublish Apply(in OutboundPublish publish)
    {
        var topic = publish.Message.Topic;
        if (_aliases.TryGetValue(topic, out var alias))
        {
            return publish with { TopicAlias = alias, OmitTopic = true };
        }

        if (_aliases.Count == maximum)
        {
            return publish;
        }

        alias = (ushort)(_aliases.Count + 1);
        _aliases.Add(topic, alias);
        return publish with { TopicAlias = alias };
    }
}
