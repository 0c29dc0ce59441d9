namespace SmartCity.Mqtt;

/// <summary>The last retained message of each topic, bounded by count and bytes. Guarded by the broker's lock.</summary>
internal sealed class RetainedMessages(BrokerOptions options)
{
    private readonly Dictionary<string, RoutedMessage> _byTopic = new(StringComparer.Ordinal);

    public int Count => _byTopic.Count;

    public long Bytes { get; private set; }

    /// <summary>Whether <paramref name="message"/> could be put: it replaces one, or there is room.</summary>
    public bool HasRoomFor(RoutedMessage message)
    {
        var replaced = _byTopic.GetValueOrDefault(message.Message.Topic);
        return (replaced is not null || Count < options.MaximumRetained)
            && Bytes - (replaced?.Size ?? 0) + message.Size <= options.MaximumRetainedBytes;
    }

    public void Put(RoutedMessage message)                            // [MQTT-3.3.1-5]
    {
        Remove(message.Message.Topic);
        _byTopic[message.Message.Topic] = message;
        Bytes += message.Size;
    }

    public bool Remove(string topic)
    {
        if (!_byTopic.Remove(topic, out var old))
        {
            return false;
        }

        Bytes -= old.Size;
        return true;
    }

    /// <summary>Those that match, not expired, in no particular order. A filter without wildcards costs one look-up.</summary>
    public List<RoutedMessage> Matching(string filter, DateTimeOffset now)
    {
        List<RoutedMessage> found = [];
        if (filter.AsSpan().IndexOfAny('+', '#') < 0)
        {
            if (_byTopic.TryGetValue(filter, out var exact) && !exact.HasExpired(now))
            {
                found.Add(exact);
            }

            return found;
        }

        foreach (var (topic, message) in _byTopic)
        {
            if (!message.HasExpired(now) && TopicFilter.Matches(filter, topic))
            {
                found.Add(message);
            }
        }

        return found;
    }

    /// <summary>Topics whose message has expired.</summary>
    public List<string> Expired(DateTimeOffset now) => [.. _byTopic.Where(pair => pair.Value.HasExpired(now)).Select(pair => pair.Key)];
}
