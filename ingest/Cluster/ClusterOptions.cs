namespace SmartCity.Ingest.Cluster;

/// <summary>Every limit of the servers' living together, its default and why.</summary>
internal sealed record ClusterOptions
{
    /// <summary>This server's name; empty: there is no other.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where other servers reach this one: <c>https://HOST:PORT</c>, or null.</summary>
    public string? Url { get; init; }

    /// <summary>Where a browser finds this server's console: <c>http(s)://HOST:PORT</c>, or null.</summary>
    public string? Console { get; init; }

    /// <summary>How often a server says that it lives.</summary>
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How soon it looks when another server says that something has changed.</summary>
    public TimeSpan Hurry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Silence after which another takes over; and how long that other must itself have been heard without a gap, so that nobody is fenced because the book was away.
    /// Six beats: a disk that stands still for seconds is no death, and gateways do not wait for this: they turn to the other server by themselves.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>A longer pause between two own beats is a gap.</summary>
    public TimeSpan Gap { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Asks the book for its time; null: its engine's own clock.</summary>
    public string? Clock { get; init; }

    /// <summary>Sessions that one transaction takes at the most, so that no alarm waits behind a city that connects.</summary>
    public int TakenAtOnce { get; init; } = 100;
}
