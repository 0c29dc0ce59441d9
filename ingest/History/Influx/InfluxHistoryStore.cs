using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Influx;

/// <summary>History in InfluxDB, v1 or v2 write API. Cursors are kept beside it, saved after it has acknowledged.</summary>
internal sealed class InfluxHistoryStore : IHistoryStore
{
    private readonly InfluxOptions _options;
    private readonly HistoryCursors _cursors;
    private readonly QuarantineStore _quarantine;
    private readonly InfluxHttp _http;
    private readonly InfluxDelivery[] _deliveries;
    private readonly List<QuarantineEntry>[] _refused = [[], []];
    private readonly LogCursor?[] _durable = [null, null];

    /// <param name="options">Where InfluxDB is.</param>
    /// <param name="cursors">How far each lane is; owned by the caller.</param>
    /// <param name="quarantine">Where refused lines go; owned by the caller.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The options are at fault; the message names each key and the fix.</exception>
    public InfluxHistoryStore(InfluxOptions options, HistoryCursors cursors, QuarantineStore quarantine, TimeProvider time)
    {
        _options = options;
        _cursors = cursors;
        _quarantine = quarantine;
        _http = new InfluxHttp(options, time);
        _deliveries = [new InfluxDelivery(_http), new InfluxDelivery(_http)];
        Encoding = new PointEncoding(options.NumericOnly, options.Precision);
    }

    public string Name => _options.Name;

    public PointEncoding Encoding { get; }

    public HistoryBatching Batching => _options.Batching;

    public ValueTask<LogCursor?> LoadCursorAsync(Lane lane, CancellationToken cancel) => new(_cursors.Load(Name, lane));

    public async ValueTask<HistoryWritten> WriteAsync(HistoryBatch batch, CancellationToken cancel)
    {
        var refused = _refused[(int)batch.Lane];
        refused.Clear();
        var stored = await _deliveries[(int)batch.Lane].DeliverAsync(batch, refused, cancel);

        // The order matters: stored and quarantined first, then the cursor. Killed in between, the batch is sent again and
        // changes nothing.
        _quarantine.Add(refused);
        _cursors.Save(Name, batch.Cursor);
        _durable[(int)batch.Lane] = batch.Cursor;
        return new HistoryWritten(stored, refused.Count);
    }

    public LogCursor? Durable(Lane lane) => _durable[(int)lane];

    public ValueTask SettleAsync(bool now, CancellationToken cancel) => ValueTask.CompletedTask;

    public Task<HistoryPage> QueryAsync(HistoryQuery query, CancellationToken cancel)
    {
        query.Validate();
        return _options.NumericOnly
            ? throw new HistoryQueryException($"{Name} is written to only: a store of numbers answers no InfluxQL. Ask it directly.")
            : InfluxQuery.RunAsync(_http, _options, query, cancel);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
