using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>A file: write-ahead log, every commit synced (synchronous=FULL).</summary>
internal sealed class SqliteEngine(BookOptions options) : BookEngine
{
    private long _seenVersion;

    public override string Place => options.Path;

    public override bool IsLocal => true;

    public override SqlSession OpenWriter()
    {
        var session = Connect(SqliteOpenMode.ReadWriteCreate);
        _seenVersion = DataVersion(session);
        return session;
    }

    public override SqlSession OpenReader() => Connect(SqliteOpenMode.ReadOnly);

    public override void Idle(SqlSession writer)
    {
        var version = DataVersion(writer);
        if (version != _seenVersion)
        {
            _seenVersion = version;
            Changed(BookNews.All);
        }
    }

    // https://sqlite.org/pragma.html#pragma_data_version: changes only when another connection commits.
    private static long DataVersion(SqlSession writer) => writer.Number("PRAGMA data_version") ?? 0;

    private SqliteSession Connect(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.Path,
            Mode = mode,
            Pooling = false,
            ForeignKeys = true,
        }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            var busy = (long)options.BusyTimeout.TotalMilliseconds;
            command.CommandText = mode == SqliteOpenMode.ReadOnly
                ? FormattableString.Invariant($"PRAGMA busy_timeout={busy}; PRAGMA query_only=1;")
                : FormattableString.Invariant($"PRAGMA busy_timeout={busy}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit={options.JournalSizeLimit};");
            command.ExecuteNonQuery();
            return new SqliteSession(connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw SqliteSession.Meaning(e);
        }
    }
}
