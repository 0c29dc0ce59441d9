namespace SmartCity.Ingest.History.Embedded;

/// <summary>What the embedded store keeps, and when what it holds in memory is written.</summary>
internal sealed record EmbeddedOptions
{
    /// <summary>Days of readings kept; a block of them goes when its last reading is older, so at most a day later.</summary>
    public int Days { get; init; } = 30;

    /// <summary>Most bytes of the file in use; the oldest readings go first. 4,300 lamps every 30 s for 30 days take about 8 GiB, reckoned at 20 bytes a reading.</summary>
    public long MaximumBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Most devices; readings of further ones go to the quarantine. Each holds about 150 B of memory.</summary>
    public int MaximumSeries { get; init; } = 1_100_000;

    /// <summary>Most metric names, over all kinds.</summary>
    public int MaximumMetrics { get; init; } = 4_096;

    /// <summary>How often old readings are looked for.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Queries that may run at once; others wait.</summary>
    public int ConcurrentQueries { get; init; } = 4;

    /// <summary>How much is handed over at once.</summary>
    public HistoryBatching Batching { get; init; } = HistoryBatching.Embedded;

    /// <summary>Memory for readings that are not written yet. It is taken as it is needed, and kept.</summary>
    public int HeadBytes { get; init; } = 96 << 20;

    /// <summary>No reading stays unwritten longer while the disk works.</summary>
    public TimeSpan HeadAge { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of the telemetry lane that may wait in the log for what is not written yet (a sixteenth of it on the alarm lane): a kill costs reading them again.</summary>
    public long HeadLogBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes of the telemetry lane after which memory is written already where no device's block would be small (<see cref="SmallReadings"/> on the
    /// average): a transaction of this size keeps the disk from the log's commits for milliseconds, one of <see cref="HeadLogBytes"/> for a quarter of a second.
    /// </summary>
    public long EarlyLogBytes { get; init; } = 32L << 20;

    /// <summary>Readings of one block at most.</summary>
    public int BlockReadings { get; init; } = 4_096;

    /// <summary>A block's bytes, unless one reading has more.</summary>
    public int BlockBytes { get; init; } = 64 * 1024;

    /// <summary>A block reaches over no longer time.</summary>
    public TimeSpan BlockSpan { get; init; } = TimeSpan.FromDays(1);

    /// <summary>A block of fewer readings (and bytes, and time) is small.</summary>
    public int SmallReadings { get; init; } = 256;

    /// <summary>So many small blocks may stand at a device's end before they become one.</summary>
    public int SmallBlocks { get; init; } = 8;
}
