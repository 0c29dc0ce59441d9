using System.Globalization;
using Microsoft.Data.Sqlite;
using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Quarantine;

/// <summary>How much the quarantine holds.</summary>
internal sealed record QuarantineOptions
{
    /// <summary>Most lines.</summary>
    public long MaximumRows { get; init; } = 100_000;

    /// <summary>Most bytes of lines and messages (the file is somewhat larger).</summary>
    public long MaximumBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of one line that are kept (CONTRACTS: 1 KiB).</summary>
    public int MaximumLineBytes { get; init; } = 1024;
}

/// <summary>
/// Refused lines in a SQLite file, durable when a method returns. A ring: the oldest go when a bound is reached, and that is
/// counted. Thread-safe.
/// </summary>
internal sealed partial class QuarantineStore : IDisposable
{
    /// <summary>What a row costs beside its texts, roughly.</summary>
    private const int RowOverhead = 64;

    /// <summary>Different reasons counted one by one; the rest is <c>other</c>, so that counters cannot grow without a bound.</summary>
    private const int MaximumReasons = 64;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly QuarantineOptions _options;
    private readonly TimeProvider _time;
    private QuarantineFigures _figures;

    public QuarantineStore(string path, QuarantineOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _connection = SqliteFile.Open(path);
        SqliteFile.Run(_connection, """
            CREATE TABLE IF NOT EXISTS quarantine(
                id INTEGER PRIMARY KEY AUTOINCREMENT, received_at INTEGER NOT NULL, lane INTEGER NOT NULL, source TEXT NOT NULL,
                device TEXT, reason TEXT NOT NULL, column_at INTEGER NOT NULL, line TEXT NOT NULL, message TEXT,
                size INTEGER NOT NULL, hash BLOB UNIQUE);
            CREATE TABLE IF NOT EXISTS totals(reason TEXT PRIMARY KEY, lines INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS evictions(id INTEGER PRIMARY KEY CHECK(id=1), lines INTEGER NOT NULL);
            INSERT OR IGNORE INTO evictions VALUES(1, 0);
            CREATE TABLE IF NOT EXISTS cursors(
                store TEXT NOT NULL, lane INTEGER NOT NULL, log TEXT NOT NULL, position INTEGER NOT NULL,
                PRIMARY KEY(store, lane)) WITHOUT ROWID;
            """);
        _figures = ReadFigures();
    }

    /// <summary>Figures as of the last change.</summary>
    public QuarantineFigures Figures => Volatile.Read(ref _figures);

    /// <summary>
    /// Adds lines the history store refused. The same line again (a batch sent twice) is known and not added again, as the
    /// point it stands for is the same.
    /// </summary>
    public void Add(IReadOnlyList<QuarantineEntry> entries)
    {
        if (entries.Count > 0)
        {
            Commit(entries, once: true, cursor: null);
        }
    }

    /// <summary>Adds lines read from the log and, in the same transaction, how far the log was read: each is added once.</summary>
    public void Add(IReadOnlyList<QuarantineEntry> entries, LogCursor cursor) => Commit(entries, once: false, cursor);

    /// <summary>Where reading the log goes on; null when nothing was read yet.</summary>
    public LogCursor? LoadCursor(Lane lane)
    {
        lock (_gate)
        {
            return SqliteFile.LoadCursor(_connection, "quarantine", lane);
        }
    }

    /// <summary>A page, newest first.</summary>
    /// <param name="limit">1 to 1,000 lines.</param>
    /// <param name="cursor">The page before's <see cref="QuarantinePage.Next"/>; null for the newest.</param>
    /// <param name="reason">Only this reason; null for all.</param>
    /// <param name="source">Only from this gateway; null for all.</param>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    public QuarantinePage List(int limit, string? cursor = null, string? reason = null, string? source = null)
    {
        var before = cursor is null ? long.MaxValue : long.Parse(cursor, NumberStyles.None, CultureInfo.InvariantCulture);
        limit = Math.Clamp(limit, 1, 1000);
        var items = new List<QuarantinedLine>();
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = """
                SELECT id, received_at, lane, source, device, reason, column_at, line, message FROM quarantine
                WHERE id < $before AND ($reason IS NULL OR reason = $reason) AND ($source IS NULL OR source = $source)
                ORDER BY id DESC LIMIT $limit
                """;
            command.Parameters.AddWithValue("$before", before);
            command.Parameters.AddWithValue("$reason", (object?)reason ?? DBNull.Value);
            command.Parameters.AddWithValue("$source", (object?)source ?? DBNull.Value);
            command.Parameters.AddWithValue("$limit", limit + 1);
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                items.Add(new QuarantinedLine(
                    row.GetInt64(0),
                    DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(1) / 100),
                    (Lane)row.GetByte(2),
                    row.GetString(3),
                    row.IsDBNull(4) ? null : row.GetString(4),
                    row.GetString(5),
                    row.GetInt32(6),
                    row.GetString(7),
                    row.IsDBNull(8) ? null : row.GetString(8)));
            }
        }

        if (items.Count <= limit)
        {
            return new QuarantinePage(items, null);
        }

        items.RemoveAt(limit);
        return new QuarantinePage(items, items[^1].Id.ToString(CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    private void Commit(IReadOnlyList<QuarantineEntry> entries, bool once, LogCursor? cursor)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            var added = Insert(entries, once);
            Count(added);
            var after = Evict(After(added));
            if (cursor is { } position)
            {
                SqliteFile.SaveCursor(_connection, "quarantine", position);
            }

            transaction.Commit();
            Volatile.Write(ref _figures, after);
        }
    }

    private QuarantineFigures ReadFigures()
    {
        var reasons = new Dictionary<string, long>(StringComparer.Ordinal);
        using (var command = _connection.CreateCommand())
        {
            command.CommandText = "SELECT reason, lines FROM totals";
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                reasons[row.GetString(0)] = row.GetInt64(1);
            }
        }

        return new QuarantineFigures(
            SqliteFile.Number(_connection, "SELECT COUNT(*) FROM quarantine"),
            SqliteFile.Number(_connection, "SELECT COALESCE(SUM(size), 0) FROM quarantine"),
            SqliteFile.Number(_connection, "SELECT lines FROM evictions"),
            reasons);
    }
}
