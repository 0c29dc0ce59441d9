namespace SmartCity.Mqtt;

/// <summary>
/// The rules of topic names and topic filters (MQTT 5 §4.7, MQTT 3.1.1 §4.7), and the plain match that the subscription
/// index is held to.
/// </summary>
public static class TopicFilter
{
    /// <summary>Deepest topic name or filter accepted, in levels. Ours (the specification has none): bounds the walk and the memory of the index.</summary>
    public const int MaximumLevels = 128;

    /// <summary>Longest topic filter accepted, in UTF-16 units. Ours: with the subscription limits it bounds the index.</summary>
    public const int MaximumFilterLength = 4096;

    private const string SharePrefix = "$share/";

    /// <summary>Whether the broker takes <paramref name="topic"/>: well formed (<see cref="TextRules.IsTopicName(string)"/>) and not too deep.</summary>
    /// <param name="topic">A topic name.</param>
    public static bool IsValidTopic(string topic) => TextRules.IsTopicName(topic) && topic.AsSpan().Count('/') < MaximumLevels;

    /// <summary>Whether the broker takes <paramref name="filter"/>: well formed (<see cref="TextRules.IsTopicFilter"/>), not too long, not too deep.</summary>
    /// <param name="filter">A filter as it stands in SUBSCRIBE, a shared subscription included.</param>
    public static bool IsValidFilter(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return filter.Length <= MaximumFilterLength && TextRules.IsTopicFilter(filter) && filter.AsSpan().Count('/') < MaximumLevels;
    }

    /// <summary>Splits a well-formed filter into share name, or null, and the filter that topics are matched with (§4.8.2).</summary>
    internal static (string? Group, string Filter) Split(string filter)
    {
        if (!filter.StartsWith(SharePrefix, StringComparison.Ordinal))
        {
            return (null, filter);
        }

        var end = filter.IndexOf('/', SharePrefix.Length);
        return (filter[SharePrefix.Length..end], filter[(end + 1)..]);
    }

    /// <summary>Whether <paramref name="topic"/> matches <paramref name="filter"/> (no shared prefix; both valid).</summary>
    /// <param name="filter">A valid topic filter.</param>
    /// <param name="topic">A valid topic name.</param>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        // [MQTT-4.7.2-1] a leading wildcard does not match topics that begin with $
        if (topic is ['$', ..] && filter is ['#' or '+', ..])
        {
            return false;
        }

        while (true)
        {
            var filterLevel = NextLevel(ref filter, out var filterEnds);
            if (filterLevel is ['#'])
            {
                return true;                                          // §4.7.1.2: the parent and every level below
            }

            var topicLevel = NextLevel(ref topic, out var topicEnds);
            if (filterLevel is not ['+'] && !filterLevel.SequenceEqual(topicLevel))   // [MQTT-4.7.3-4] compared code point by code point
            {
                return false;
            }

            if (topicEnds)
            {
                return filterEnds || filter is ['#'];                 // "sport/#" matches "sport" too (§4.7.1.2)
            }

            if (filterEnds)
            {
                return false;
            }
        }
    }

    /// <summary>Takes the first level off <paramref name="rest"/>.</summary>
    internal static ReadOnlySpan<char> NextLevel(ref ReadOnlySpan<char> rest, out bool last)
    {
        var slash = rest.IndexOf('/');
        last = slash < 0;
        var level = last ? rest : rest[..slash];
        rest = last ? default : rest[(slash + 1)..];
        return level;
    }
}
