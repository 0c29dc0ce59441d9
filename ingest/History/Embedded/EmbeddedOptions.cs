namespace SmartCity.Ingest.History.Embedded;

/// <summary>What the embedded store keeps.</summary>
internal sealed record EmbeddedOptions
{
    /// <summary>Days of readings kept.</summary>
    public int Days { get; init; } = 30;

    /// <summary>Most bytes of the file in use; the oldest readings go first. 4,300 lamps every 30 s for 30 days take about 12 GiB.</summary>
    public long MaximumBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Most devices; readings of further ones go to the quarantine. Their names are held in memory (~150 B each).</summary>
    public int MaximumSeries { get; init; } = 200_000;

    /// <summary>Most metric names, over all kinds.</summary>
    public int MaximumMetrics { get; init; } = 4_096;

    /// <summary>How often old readings are looked for.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Queries that may run at once; others wait.</summary>
    public int ConcurrentQueries { get; init; } = 4;

    /// <summary>How much goes into one transaction.</summary>
    public HistoryBatching Batching { get; init; } = HistoryBatching.Embedded;
}
