namespace SmartCity.Ingest.History;

/// <summary>How long to wait between tries.</summary>
internal sealed record BackoffOptions
{
    /// <summary>Around the first wait.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>No wait is longer, unless the store asks for it: half a minute after a store is back, points flow again.</summary>
    public TimeSpan Cap { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A store that asks to be left alone longer than this (Retry-After) is asked again all the same.</summary>
    public TimeSpan RetryAfterCap { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Doubling waits with jitter: half to all of the wait, so that many readers do not come back at one moment.</summary>
internal sealed class Backoff(BackoffOptions options)
{
    private int _tries;

    public void Reset() => _tries = 0;

    /// <summary>The next wait.</summary>
    /// <param name="retryAfter">What the store asked for: never less than that, up to the cap.</param>
    public TimeSpan Next(TimeSpan? retryAfter = null)
    {
        var wait = Math.Min(options.Cap.TotalMilliseconds, options.First.TotalMilliseconds * Math.Pow(2, Math.Min(_tries++, 20)));
        var jittered = TimeSpan.FromMilliseconds(wait * (0.5 + (Random.Shared.NextDouble() / 2)));
        if (retryAfter is not { } asked || asked <= jittered)
        {
            return jittered;
        }

        return asked < options.RetryAfterCap ? asked : options.RetryAfterCap;
    }
}
