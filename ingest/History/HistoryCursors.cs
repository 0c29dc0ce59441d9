using Microsoft.Data.Sqlite;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>
/// How far a store that cannot keep our cursor itself has acknowledged each lane: a small SQLite file, fsynced at every save
/// (synchronous=FULL), because the log is freed by it.
/// </summary>
internal sealed class HistoryCursors : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    public HistoryCursors(string path)
    {
        _connection = SqliteFile.Open(path);
        SqliteFile.Run(_connection, """
            CREATE TABLE IF NOT EXISTS cursors(
                store TEXT NOT NULL, lane INTEGER NOT NULL, log TEXT NOT NULL, position INTEGER NOT NULL,
                PRIMARY KEY(store, lane)) WITHOUT ROWID;
            """);
    }

    /// <summary>The saved cursor; null when nothing was saved for this store and lane.</summary>
    public LogCursor? Load(string store, Lane lane)
    {
        lock (_gate)
        {
            return SqliteFile.LoadCursor(_connection, store, lane);
        }
    }

    /// <summary>Durable when it returns.</summary>
    public void Save(string store, LogCursor cursor)
    {
        lock (_gate)
        {
            SqliteFile.SaveCursor(_connection, store, cursor);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }
}
