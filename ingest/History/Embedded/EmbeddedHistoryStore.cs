using Microsoft.Data.Sqlite;
using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// History in one SQLite file, when no InfluxDB is configured. The log is its journal: a batch and the cursor behind it are
/// one transaction, so after a kill reading goes on exactly where the readings end.
/// </summary>
internal sealed class EmbeddedHistoryStore : IHistoryStore
{
    /// <summary>The file's tables. A change that old files cannot live with needs a migration.</summary>
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS metrics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS readings(series INTEGER NOT NULL, time INTEGER NOT NULL, fields BLOB NOT NULL,
            PRIMARY KEY(series, time)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS cursors(
            store TEXT NOT NULL, lane INTEGER NOT NULL, log TEXT NOT NULL, position INTEGER NOT NULL,
            PRIMARY KEY(store, lane)) WITHOUT ROWID;
        """;

    private const string CursorKey = "embedded";

    private readonly string _path;
    private readonly EmbeddedOptions _options;
    private readonly QuarantineStore _quarantine;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _reading;
    private readonly SqliteConnection _connection;
    private readonly ReadingWriter _writer;
    private readonly Retention _retention;
    private readonly List<QuarantineEntry> _refused = [];
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
        _reading = new SemaphoreSlim(options.ConcurrentQueries);
        _connection = SqliteFile.Open(path);
        // 8,000 pages (32 MB) between checkpoints: a page that several batches touch is copied once. 32 MB of cache hold the
        // newest page of some 8,000 devices.
        SqliteFile.Run(_connection, """
            PRAGMA wal_autocheckpoint=8000; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768;
            """);
        SqliteFile.Run(_connection, Tables);
        _writer = new ReadingWriter(_connection, options);
        _retention = new Retention(_connection, options, time);
    }

    public string Name => $"embedded {_path}";

    public PointEncoding Encoding => PointEncoding.Canonical;

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

    public async ValueTask<HistoryWritten> WriteAsync(HistoryBatch batch, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() => Write(batch), CancellationToken.None);
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

    public async Task<HistoryPage> QueryAsync(HistoryQuery query, CancellationToken cancel)
    {
        query.Validate();
        await _reading.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => EmbeddedQuery.Run(_path, query, cancel), cancel);
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

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                _retention.Dispose();
                _writer.Dispose();
                await _connection.DisposeAsync();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private HistoryWritten Write(HistoryBatch batch)
    {
        _retention.Step(_writer.SeriesCount, batch.Lines, _writer.Newest);
        _refused.Clear();
        SqliteFile.Run(_connection, "BEGIN IMMEDIATE");
        try
        {
            var written = _writer.Write(batch.Text.Span, batch.Lane, _refused);
            _quarantine.Add(_refused);
            SqliteFile.SaveCursor(_connection, CursorKey, batch.Cursor);
            SqliteFile.Run(_connection, "COMMIT");
            return new HistoryWritten(written, _refused.Count);
        }
        catch
        {
            Undo();
            throw;
        }
    }

    private void Undo()
    {
        try
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
            {
                SqliteFile.Run(_connection, "ROLLBACK");
            }
        }
        finally
        {
            _writer.LoadNames();
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
