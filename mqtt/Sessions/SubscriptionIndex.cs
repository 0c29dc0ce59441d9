namespace SmartCity.Mqtt;

/// <summary>
/// All subscriptions as a trie of topic levels. Not thread-safe: the broker's lock guards it. A match visits at most the
/// nodes of the trie, whatever the topic.
/// </summary>
internal sealed class SubscriptionIndex
{
    private readonly Node _root = new();

    /// <summary>Number of subscriptions held.</summary>
    public int Count { get; private set; }

    /// <summary>Adds or replaces a session's subscription. The filter must be valid.</summary>
    /// <returns>True when there was none with this filter before.</returns>
    public bool Add(Session session, Subscription subscription)
    {
        var (group, filter) = TopicFilter.Split(subscription.Filter);
        var node = _root;
        var rest = filter.AsSpan();
        bool last;
        do
        {
            node = node.Descend(TopicFilter.NextLevel(ref rest, out last));
        }
        while (!last);

        var added = node.Put(session, subscription, group);
        Count += added ? 1 : 0;
        return added;
    }

    /// <summary>Removes a session's subscription, and the branch that only led to it.</summary>
    /// <returns>False when there was none.</returns>
    public bool Remove(Session session, string sharedOrPlainFilter)
    {
        var (group, filter) = TopicFilter.Split(sharedOrPlainFilter);
        var removed = Remove(_root, filter, session, group);
        Count -= removed ? 1 : 0;
        return removed;
    }

    /// <summary>Collects who gets a message on <paramref name="topic"/>.</summary>
    public void Match(ReadOnlySpan<char> topic, DeliverySet result)
    {
        if (Count > 0)
        {
            Walk(_root, topic, first: true, result);
        }
    }

    /// <summary>Whether anyone is subscribed to <paramref name="topic"/>. Allocates nothing.</summary>
    public bool Matches(ReadOnlySpan<char> topic) => Count > 0 && Walk(_root, topic, first: true, result: null);

    // Recursion is no deeper than the deepest filter: TopicFilter.MaximumLevels.
    private static bool Walk(Node node, ReadOnlySpan<char> rest, bool first, DeliverySet? result)
    {
        var level = TopicFilter.NextLevel(ref rest, out var last);
        var wildcards = !(first && level is ['$', ..]);               // [MQTT-4.7.2-1]
        var found = false;
        if (wildcards && node.Hash is { } hash)
        {
            found |= hash.Collect(result);
        }

        if (wildcards && node.Plus is { } plus)
        {
            found |= Step(plus, rest, last, result);
        }

        if (!(found && result is null) && node.Find(level) is { } child)
        {
            found |= Step(child, rest, last, result);
        }

        return found;
    }

    private static bool Step(Node node, ReadOnlySpan<char> rest, bool last, DeliverySet? result)
    {
        if (!last)
        {
            return Walk(node, rest, first: false, result);
        }

        var found = node.Collect(result);
        if (node.Hash is { } hash)                                    // "sport/#" matches "sport" too (§4.7.1.2)
        {
            found |= hash.Collect(result);
        }

        return found;
    }

    private static bool Remove(Node node, ReadOnlySpan<char> rest, Session session, string? group)
    {
        var level = TopicFilter.NextLevel(ref rest, out var last);
        if (node.Child(level) is not { } child)
        {
            return false;
        }

        var removed = last ? child.Take(session, group) : Remove(child, rest, session, group);
        if (removed && child.IsEmpty)
        {
            node.Prune(level);
        }

        return removed;
    }

    private sealed class Node
    {
        private Dictionary<string, Node>? _children;
        private Dictionary<string, Node>.AlternateLookup<ReadOnlySpan<char>> _lookup;
        private Dictionary<Session, Subscription>? _subscribers;
        private Dictionary<string, SharedGroup>? _groups;

        public Node? Plus { get; private set; }

        public Node? Hash { get; private set; }

        public bool IsEmpty =>
            Plus is null && Hash is null && _children is not { Count: > 0 } && _subscribers is not { Count: > 0 } && _groups is not { Count: > 0 };

        public Node? Find(ReadOnlySpan<char> level) => _children is not null && _lookup.TryGetValue(level, out var child) ? child : null;

        public Node? Child(ReadOnlySpan<char> level) => level switch
        {
            ['+'] => Plus,
            ['#'] => Hash,
            _ => Find(level),
        };

        public Node Descend(ReadOnlySpan<char> level)
        {
            switch (level)
            {
                case ['+']:
                    return Plus ??= new Node();
                case ['#']:
                    return Hash ??= new Node();
            }

            if (Find(level) is { } found)
            {
                return found;
            }

            if (_children is null)
            {
                _children = new Dictionary<string, Node>(StringComparer.Ordinal);
                _lookup = _children.GetAlternateLookup<ReadOnlySpan<char>>();
            }

            return _children[level.ToString()] = new Node();
        }

        public void Prune(ReadOnlySpan<char> level)
        {
            switch (level)
            {
                case ['+']:
                    Plus = null;
                    break;
                case ['#']:
                    Hash = null;
                    break;
                default:
                    _lookup.Remove(level);
                    break;
            }
        }

        public bool Put(Session session, Subscription subscription, string? group)
        {
            if (group is not null)
            {
                _groups ??= new Dictionary<string, SharedGroup>(StringComparer.Ordinal);
                if (!_groups.TryGetValue(group, out var shared))
                {
                    _groups[group] = shared = new SharedGroup();
                }

                return shared.Put(session, subscription);
            }

            _subscribers ??= [];
            var added = !_subscribers.ContainsKey(session);
            _subscribers[session] = subscription;                     // [MQTT-3.8.4-3] the same filter replaces
            return added;
        }

        public bool Take(Session session, string? group)
        {
            if (group is null)
            {
                return _subscribers?.Remove(session) == true;
            }

            if (_groups is null || !_groups.TryGetValue(group, out var shared) || !shared.Take(session))
            {
                return false;
            }

            if (shared.IsEmpty)
            {
                _groups.Remove(group);
            }

            return true;
        }

        /// <summary>Adds this node's subscribers; with no result wanted only says whether there are any.</summary>
        public bool Collect(DeliverySet? result)
        {
            var any = _subscribers is { Count: > 0 } || _groups is { Count: > 0 };
            if (result is null || !any)
            {
                return any;
            }

            if (_subscribers is not null)
            {
                foreach (var (session, subscription) in _subscribers)
                {
                    result.Add(session, subscription);
                }
            }

            if (_groups is not null)
            {
                foreach (var shared in _groups.Values)
                {
                    result.Add(shared);
                }
            }

            return true;
        }
    }
}
