using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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
internal sealed class QuarantineStore : IDisposable
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

    private List<(string Reason, long Size)> Insert(IReadOnlyList<QuarantineEntry> entries, bool once)
    {
        var added = new List<(string, long)>(entries.Count);
        using var command = _connection.CreateCommand();
        command.CommandText = """
            INSERT INTO quarantine(received_at, lane, source, device, reason, column_at, line, message, size, hash)
            VALUES($at, $lane, $source, $device, $reason, $column, $line, $message, $size, $hash) ON CONFLICT(hash) DO NOTHING
            """;
        var (at, lane, source, device) = (Add(command, "$at"), Add(command, "$lane"), Add(command, "$source"), Add(command, "$device"));
        var (reason, column, line, message) = (Add(command, "$reason"), Add(command, "$column"), Add(command, "$line"), Add(command, "$message"));
        var (size, hash) = (Add(command, "$size"), Add(command, "$hash"));
        var now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        foreach (var entry in entries)
        {
            var text = Cut(entry.Line, _options.MaximumLineBytes);
            var words = Cut(entry.Message ?? "", _options.MaximumLineBytes);
            var name = ReasonName(entry.Reason);
            var bytes = RowOverhead + Encoding.UTF8.GetByteCount(text) + Encoding.UTF8.GetByteCount(words) + Encoding.UTF8.GetByteCount(entry.Source);
            at.Value = entry.ReceivedAt ?? now;
            lane.Value = (long)entry.Lane;
            source.Value = Cut(entry.Source, 128);
            device.Value = entry.Device is null ? DBNull.Value : Cut(entry.Device, 128);
            reason.Value = name;
            column.Value = entry.Column;
            line.Value = text;
            message.Value = entry.Message is null ? DBNull.Value : words;
            size.Value = (long)bytes;
            hash.Value = once ? SHA256.HashData(Encoding.UTF8.GetBytes(name + "\n" + entry.Line)) : DBNull.Value;
            if (command.ExecuteNonQuery() == 1)
            {
                added.Add((name, bytes));
            }
        }

        return added;
    }

    private static SqliteParameter Add(SqliteCommand command, string name) => command.Parameters.AddWithValue(name, DBNull.Value);

    private string ReasonName(string reason)
    {
        var name = Cut(reason, 64);
        var known = _figures.ByReason;
        return known.ContainsKey(name) || known.Count < MaximumReasons ? name : "other";
    }

    private void Count(List<(string Reason, long Size)> added)
    {
        foreach (var group in added.GroupBy(a => a.Reason, StringComparer.Ordinal))
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "INSERT INTO totals VALUES($reason, $lines) ON CONFLICT(reason) DO UPDATE SET lines = lines + excluded.lines";
            command.Parameters.AddWithValue("$reason", group.Key);
            command.Parameters.AddWithValue("$lines", group.LongCount());
            command.ExecuteNonQuery();
        }
    }

    private QuarantineFigures After(List<(string Reason, long Size)> added)
    {
        var reasons = new Dictionary<string, long>(_figures.ByReason, StringComparer.Ordinal);
        foreach (var (reason, _) in added)
        {
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }

        return _figures with { Rows = _figures.Rows + added.Count, Bytes = _figures.Bytes + added.Sum(a => a.Size), ByReason = reasons };
    }

    /// <summary>Deletes the oldest until both bounds hold: walks only over what it deletes.</summary>
    private QuarantineFigures Evict(QuarantineFigures figures)
    {
        var (rows, bytes) = (figures.Rows, figures.Bytes);
        if (rows <= _options.MaximumRows && bytes <= _options.MaximumBytes)
        {
            return figures;
        }

        long last = 0;
        using (var oldest = _connection.CreateCommand())
        {
            oldest.CommandText = "SELECT id, size FROM quarantine ORDER BY id";
            using var row = oldest.ExecuteReader();
            while ((rows > _options.MaximumRows || bytes > _options.MaximumBytes) && row.Read())
            {
                last = row.GetInt64(0);
                bytes -= row.GetInt64(1);
                rows--;
            }
        }

        var evicted = figures.Rows - rows;
        using var delete = _connection.CreateCommand();
        delete.CommandText = "DELETE FROM quarantine WHERE id <= $last; UPDATE evictions SET lines = lines + $evicted";
        delete.Parameters.AddWithValue("$last", last);
        delete.Parameters.AddWithValue("$evicted", evicted);
        delete.ExecuteNonQuery();
        return figures with { Rows = rows, Bytes = bytes, Evicted = figures.Evicted + evicted };
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

    /// <summary>Cuts to at most <paramref name="bytes"/> bytes of UTF-8, never within a character.</summary>
    private static string Cut(string text, int bytes)
    {
        if (text.Length <= bytes / 3 || Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text;
        }

        var length = 0;
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
