using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>
/// Where points are kept: InfluxDB v1, InfluxDB v2 (or what speaks its write API), or the embedded SQLite store.
/// Thread-safe for one writer a lane and any number of queries.
/// </summary>
internal interface IHistoryStore : IAsyncDisposable
{
    /// <summary>Which store and where, for logs and people; never a secret.</summary>
    string Name { get; }

    /// <summary>How lines must be written for this store.</summary>
    PointEncoding Encoding { get; }

    /// <summary>How much the reader gathers before it hands a batch over.</summary>
    HistoryBatching Batching { get; }

    /// <summary>Where reading of <paramref name="lane"/> goes on; null when this store has seen nothing of it yet.</summary>
    ValueTask<LogCursor?> LoadCursorAsync(Lane lane, CancellationToken cancel);

    /// <summary>
    /// Returns when the store has taken every line (or the quarantine holds the ones it refused): from then on they are in its
    /// answers. <see cref="Durable"/> says which of them are on disk. Writing a batch again changes nothing: same series and time,
    /// same point.
    /// </summary>
    /// <exception cref="HistoryStoppedException">The store cannot take points now; the same batch must be handed over again later.</exception>
    ValueTask<HistoryWritten> WriteAsync(HistoryBatch batch, CancellationToken cancel);

    /// <summary>
    /// Up to where a lane was taken from the log and would be there after a power cut; null when nothing was written since the
    /// store was opened. The log keeps what lies above.
    /// </summary>
    LogCursor? Durable(Lane lane);

    /// <summary>Writes down what waits in memory, when its time has come or when it is asked for now. A store that holds nothing back does nothing.</summary>
    /// <exception cref="HistoryStoppedException">The store cannot write now; nothing is lost, ask again later.</exception>
    ValueTask SettleAsync(bool now, CancellationToken cancel);

    /// <summary>One metric of one device over a span of time.</summary>
    /// <exception cref="HistoryQueryException">The question is at fault; the message says how to ask.</exception>
    /// <exception cref="HistoryStoppedException">The store does not answer.</exception>
    Task<HistoryPage> QueryAsync(HistoryQuery query, CancellationToken cancel);
}

/// <summary>What became of a batch.</summary>
/// <param name="Written">Lines the store took.</param>
/// <param name="Rejected">Lines it refused for good; they are in the quarantine.</param>
internal readonly record struct HistoryWritten(int Written, int Rejected);

/// <summary>How much is gathered before a batch goes out.</summary>
/// <param name="MaximumBytes">Text gathered at most, plus one frame.</param>
/// <param name="MaximumLines">Lines gathered at most, plus one frame.</param>
/// <param name="MinimumInterval">Batches start at least this far apart unless they are full; a lone point after a pause goes at once.</param>
/// <param name="Settling">A store that holds points in memory is asked this often whether it wants to write them, also when nothing comes; null: it holds none.</param>
internal sealed record HistoryBatching(int MaximumBytes, int MaximumLines, TimeSpan MinimumInterval, TimeSpan? Settling = null)
{
    /// <summary>InfluxDB advises 5,000–10,000 points a request; 1 MiB is far below its 25 MB body limit.</summary>
    public static HistoryBatching Influx { get; } = new(1024 * 1024, 10_000, TimeSpan.FromMilliseconds(250));

    /// <summary>Taking costs no transaction, so it is often: what has come can be asked for a fifth of a second later.</summary>
    public static HistoryBatching Embedded { get; } = new(1024 * 1024, 50_000, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));
}
