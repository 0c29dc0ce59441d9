namespace SmartCity.Ingest.Identity;

/// <summary>
/// Counts failed attempts by key in a fixed window and says when it is enough. Its memory is bounded: when it is full, the
/// oldest window gives way, so a flood of keys can shorten a window but never grow the table.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="attempts">Failures allowed in a window.</param>
/// <param name="window">Its length.</param>
/// <param name="capacity">Keys remembered at once.</param>
/// <param name="servers">How many count beside each other, and share what is allowed.</param>
internal sealed class AttemptLimiter(TimeProvider time, int attempts, TimeSpan window, int capacity = 10_000, Func<int>? servers = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Window>> _windows = new(StringComparer.Ordinal);
    private readonly LinkedList<Window> _byAge = new();

    /// <summary>Keys remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _windows.Count;
            }
        }
    }

    /// <summary>Counts an attempt before it is made, so that many at once cannot slip past; a success gives it back with <see cref="Forgive"/>.</summary>
    /// <returns>Null: go on. Otherwise how long to wait.</returns>
    public TimeSpan? Take(string key)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            while (_byAge.First is { } oldest && oldest.Value.Began + window <= now)
            {
                Remove(oldest);
            }

            if (!_windows.TryGetValue(key, out var node))
            {
                if (_windows.Count >= capacity)
                {
                    Remove(_byAge.First!);
                }

                node = _byAge.AddLast(new Window(key, now));
                _windows.Add(key, node);
            }

            var shared = servers?.Invoke() ?? 1;
            if (node.Value.Attempts >= (attempts + shared - 1) / shared)
            {
                return node.Value.Began + window - now;
            }

            node.Value.Attempts++;
            return null;
        }
    }

    /// <summary>The attempt was a good one.</summary>
    public void Forgive(string key)
    {
        lock (_gate)
        {
            if (_windows.TryGetValue(key, out var node) && --node.Value.Attempts <= 0)
            {
                Remove(node);
            }
        }
    }

    private void Remove(LinkedListNode<Window> node)
    {
        _byAge.Remove(node);
        _windows.Remove(node.Value.Key);
    }

    private sealed class Window(string key, DateTimeOffset began)
    {
        public string Key { get; } = key;

        public DateTimeOffset Began { get; } = began;

        public int Attempts { get; set; }
    }
}
