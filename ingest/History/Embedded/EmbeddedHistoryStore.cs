using Microsoft.Data.Sqlite;
using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// History in one SQLite file, when no InfluxDB is configured. The log is its journal: readings are taken into memory, asked
/// for there at once, and written as blocks from time to time, in one transaction with the cursors behind them. So after a kill
/// reading goes on exactly where the blocks end.
/// </summary>
internal sealed class EmbeddedHistoryStore : IHistoryStore
{
    /// <summary>
    /// The file's tables. A change that old files cannot live with needs a migration. <c>readings</c> is what versions before the
    /// blocks wrote: it is read and grows old, nothing is added.
    /// </summary>
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS metrics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS readings(series INTEGER NOT NULL, time INTEGER NOT NULL, fields BLOB NOT NULL,
            PRIMARY KEY(series, time)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS blocks(id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            readings INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS blocks_by_time ON blocks(series, first);
        CREATE TABLE IF NOT EXISTS cursors(
            store TEXT NOT NULL, lane INTEGER NOT NULL, log TEXT NOT NULL, position INTEGER NOT NULL,
            PRIMARY KEY(store, lane)) WITHOUT ROWID;
        """;

    private const string CursorKey = "embedded";

    private readonly string _path;
    private readonly EmbeddedOptions _options;
    private readonly QuarantineStore _quarantine;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _reading;
    private readonly SqliteConnection _connection;
    private readonly NameTable _series = new();
    private readonly NameTable _metrics = new();
    private readonly Head _head = new();
    private readonly LineTaker _taker;
    private readonly BlockWriter _blocks;
    private readonly Retention _retention;
    private readonly RawStatement _newSeries;
    private readonly RawStatement _newMetric;
    private readonly List<QuarantineEntry> _refused = [];
    private readonly LogCursor?[] _taken = [null, null];
    private readonly LogCursor?[] _durable = [null, null];
    private readonly long[] _waiting = [0, 0];
    private (int Series, int Metrics) _saved;
    private long _since;
    private bool _disposed;

    /// <param name="path">The file, <c>history.db</c>; made when it is not there.</param>
    /// <param name="options">What it keeps.</param>
    /// <param name="quarantine">Where lines go that it cannot keep; owned by the caller.</param>
    /// <param name="time">The clock.</param>
    public EmbeddedHistoryStore(string path, EmbeddedOptions options, QuarantineStore quarantine, TimeProvider time)
    {
        _path = path;
        _options = options;
        _quarantine = quarantine;
        _time = time;
        _reading = new SemaphoreSlim(options.ConcurrentQueries);
        _connection = SqliteFile.Open(path);
        // 1,000 pages (4 MB) between checkpoints: the blocks of a transaction are copied while the next ones gather, not 32 MB at once in front of the log's commits.
        SqliteFile.Run(_connection, """
            PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768;
            """);
        SqliteFile.Run(_connection, Tables);
        _newSeries = new RawStatement(_connection, "INSERT INTO series(id, name) VALUES(?1, CAST(?2 AS TEXT))");
        _newMetric = new RawStatement(_connection, "INSERT INTO metrics(id, name) VALUES(?1, CAST(?2 AS TEXT))");
        Load(_series, "SELECT id, CAST(name AS BLOB) FROM series ORDER BY id");
        Load(_metrics, "SELECT id, CAST(name AS BLOB) FROM metrics ORDER BY id");
        _saved = (_series.Count, _metrics.Count);
        _head.Admit(_series.Count);
        _taker = new LineTaker(_head, _series, _metrics, options);
        _blocks = new BlockWriter(_connection, options);
        _retention = new Retention(_connection, options, time);
    }

    public string Name => $"embedded {_path}";

    public PointEncoding Encoding => PointEncoding.Logged;

    public HistoryBatching Batching => _options.Batching;

    /// <summary>Readings deleted for their age or for room, since start.</summary>
    public long Deleted => _retention.Deleted;

    public async ValueTask<LogCursor?> LoadCursorAsync(Lane lane, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            return SqliteFile.LoadCursor(_connection, CursorKey, lane);
        }
        finally
        {
            _writing.Release();
        }
    }

    public LogCursor? Durable(Lane lane) => _durable[(int)lane];

    public ValueTask<HistoryWritten> WriteAsync(HistoryBatch batch, CancellationToken cancel) => ExclusivelyAsync(
        static (store, batch) =>
        {
            // In this order: what cannot be written is told before more is taken, so memory has a bound whatever the disk does.
            store.SettleIfDue();
            return store.Take(batch);
        },
        batch,
        cancel);

    public async ValueTask SettleAsync(bool now, CancellationToken cancel)
    {
        if (now)
        {
            await ExclusivelyAsync(static (store, _) => store.Settle(), 0, cancel);
        }
        else
        {
            await ExclusivelyAsync(static (store, _) => store.SettleIfDue(), 0, cancel);
        }
    }

    public async Task<HistoryPage> QueryAsync(HistoryQuery query, CancellationToken cancel)
    {
        query.Validate();
        await _reading.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => Query(query, cancel), cancel);
        }
        catch (InvalidDataException e)
        {
            throw new HistoryStoppedException($"{Name}: {e.Message}", "Part of the file is damaged: ask for another span, or see the system's log for disk errors.", null, e);
        }
        catch (SqliteException e)
        {
            throw new HistoryStoppedException($"{Name}: {e.Message}", Fix(e), null, e);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Writes what is in memory and closes the file. If that fails, the log still has it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync();
        try
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            try
            {
                Settle();
            }
            catch (SqliteException)
            {
                // read again at the next start
            }

            _retention.Dispose();
            _blocks.Dispose();
            _newSeries.Dispose();
            _newMetric.Dispose();
            await _connection.DisposeAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask<TResult> ExclusivelyAsync<TState, TResult>(Func<EmbeddedHistoryStore, TState, TResult> step, TState state, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return step(this, state);
        }
        catch (SqliteException e)
        {
            throw new HistoryStoppedException($"{Name}: {e.Message}", Fix(e), null, e);
        }
        finally
        {
            _writing.Release();
        }
    }

    private HistoryPage Query(HistoryQuery query, CancellationToken cancel)
    {
        var head = new ReadingRun();
        int series, metric;
        lock (_head.Gate)
        {
            // Memory first, then the file: what is written in between is seen twice, and never not at all.
            if (!_series.TryGet(System.Text.Encoding.UTF8.GetBytes($"{query.Kind},device={query.Device}"), out series)
                || !_metrics.TryGet(System.Text.Encoding.UTF8.GetBytes(query.Metric), out metric))
            {
                return HistoryPage.Empty;
            }

            _head.CopyTo(head, series);
        }

        return EmbeddedQuery.Run(_path, series, metric, head, query, cancel);
    }

    private HistoryWritten Take(HistoryBatch batch)
    {
        // Refused lines of a batch that the quarantine could not take: they stay here, and nothing is taken before it has them.
        Refuse();
        var taken = 0;
        var frames = batch.Frames;
        while (frames.MoveNext())
        {
            lock (_head.Gate)
            {
                taken += _taker.Take(frames.Flags, frames.Payload, batch.Lane, _refused);
            }
        }

        var refused = Refuse();
        if (_waiting[0] + _waiting[1] == 0)
        {
            _since = _time.GetTimestamp();
        }

        // At least 1: a cursor over nothing but refused lines wants to be written too.
        _waiting[(int)batch.Lane] += Math.Max(1, batch.Text.Length);
        _taken[(int)batch.Lane] = batch.Cursor;
        return new HistoryWritten(taken, refused);
    }

    private int Refuse()
    {
        var count = _refused.Count;
        _quarantine.Add(_refused);
        _refused.Clear();
        return count;
    }

    private bool SettleIfDue() => IsDue() && Settle();

    private bool IsDue() =>
        _waiting[(int)Lane.Telemetry] + _waiting[(int)Lane.Alarm] > 0
        && (_head.Bytes >= _options.HeadBytes
            || _waiting[(int)Lane.Telemetry] >= _options.HeadLogBytes
            || (_waiting[(int)Lane.Telemetry] >= _options.EarlyLogBytes && _head.Readings >= (long)_head.TouchedCount * _options.SmallReadings)
            || _waiting[(int)Lane.Alarm] >= _options.HeadLogBytes / 16
            || _time.GetElapsedTime(_since) >= _options.HeadAge);

    /// <summary>Everything in memory, the names it needs and the cursors behind it: one transaction, one fsync.</summary>
    private bool Settle()
    {
        if (_waiting[0] + _waiting[1] == 0)
        {
            return false;
        }

        _retention.Step(_series.Count, _head.Readings, _taker.Newest);
        SqliteFile.Run(_connection, "BEGIN IMMEDIATE");
        try
        {
            Write();
            SqliteFile.Run(_connection, "COMMIT");
        }
        catch
        {
            Undo();
            throw;
        }

        lock (_head.Gate)
        {
            // Not before the commit: who asks meanwhile finds it here.
            _head.Clear();
        }

        (_durable[0], _durable[1]) = (_taken[0], _taken[1]);
        (_waiting[0], _waiting[1]) = (0, 0);
        _saved = (_series.Count, _metrics.Count);
        return true;
    }

    private void Write()
    {
        Save(_series, _saved.Series, _newSeries);
        Save(_metrics, _saved.Metrics, _newMetric);
        var touched = _head.Touched;
        touched.Sort(); // neighbours in the index share a page
        foreach (var series in touched)
        {
            _blocks.Write(_head, series);
        }

        foreach (var cursor in _taken)
        {
            if (cursor is { } position)
            {
                SqliteFile.SaveCursor(_connection, CursorKey, position);
            }
        }
    }

    private static void Save(NameTable names, int saved, RawStatement insert)
    {
        for (var number = saved + 1; number <= names.Count; number++)
        {
            insert.Bind(1, number);
            insert.Bind(2, names[number]);
            insert.Run();
        }
    }

    private void Load(NameTable names, string sql)
    {
        using var rows = new RawStatement(_connection, sql);
        while (rows.Step())
        {
            names.Add(rows.Bytes(1), (int)rows.Number(0));
        }
    }

    private void Undo()
    {
        _head.Doubt();
        _blocks.Reset();
        if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
        {
            SqliteFile.Run(_connection, "ROLLBACK");
        }
    }

    private static string Fix(SqliteException e) => e.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => "The disk is full: free space, or lower history.days.",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => "Another program has the file locked: close it.",
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => "The file is damaged: stop the server, move it away, and start again; the log's unread part is written anew.",
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM => "Give the server's user the right to write the file and its folder.",
        _ => "See the system's log for disk errors.",
    };
}
