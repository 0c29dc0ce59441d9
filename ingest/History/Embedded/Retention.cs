using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Deletes blocks whose last reading is too old, or the oldest when the file is too large (and, of files of earlier versions, rows),
/// a slice before every time something is written, so that no transaction is long. The caller holds the writer's lock, outside a
/// transaction.
/// </summary>
internal sealed class Retention : IDisposable
{
    /// <summary>Readings a slice deletes at least, unless there are fewer.</summary>
    private const int Slice = 20_000;

    /// <summary>Rows one statement deletes at most.</summary>
    private const int RowChunk = 5_000;

    /// <summary>Blocks one statement deletes at most.</summary>
    private const int BlockChunk = 64;

    /// <summary>A file that is too large is brought down to this part of its bound.</summary>
    private const double Target = 0.9;

    /// <summary>Above this part of its bound nothing is written before room was made.</summary>
    private const double Hard = 1.1;

    private readonly SqliteConnection _connection;
    private readonly EmbeddedOptions _options;
    private readonly TimeProvider _time;
    private readonly RawStatement _firstRow;
    private readonly RawStatement _rowBound;
    private readonly RawStatement _deleteRows;
    private readonly RawStatement _firstBlock;
    private readonly RawStatement _oldBlocks;
    private readonly RawStatement _deleteBlock;
    private readonly long[] _old = new long[BlockChunk];
    private DateTimeOffset _due = DateTimeOffset.MinValue;
    private long _cutoff;
    private int _next;
    private int _last;
    private long _deleted;

    public Retention(SqliteConnection connection, EmbeddedOptions options, TimeProvider time)
    {
        _connection = connection;
        _options = options;
        _time = time;
        _firstRow = new RawStatement(connection, "SELECT time FROM readings WHERE series=?1 ORDER BY time LIMIT 1");
        _rowBound = new RawStatement(connection, "SELECT time FROM readings WHERE series=?1 AND time<?2 ORDER BY time LIMIT 1 OFFSET ?3");
        _deleteRows = new RawStatement(connection, "DELETE FROM readings WHERE series=?1 AND time<?2");
        _firstBlock = new RawStatement(connection, "SELECT first FROM blocks WHERE series=?1 ORDER BY first LIMIT 1");
        _oldBlocks = new RawStatement(connection, "SELECT id, readings FROM blocks WHERE series=?1 AND first<?2 AND last<?2 ORDER BY first LIMIT ?3");
        _deleteBlock = new RawStatement(connection, "DELETE FROM blocks WHERE id=?1");
    }

    /// <summary>Readings deleted since this store was opened.</summary>
    public long Deleted => Volatile.Read(ref _deleted);

    /// <summary>Bytes of the file in use.</summary>
    public long UsedBytes => SqliteFile.Number(
        _connection, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size");

    /// <summary>Does a slice of what is to do; all of it when the file is far too large.</summary>
    /// <param name="series">Series known; their numbers run from 1.</param>
    /// <param name="readings">Readings about to be written: twice as many are deleted, so that it always catches up.</param>
    /// <param name="newest">The newest reading since start, unix ns; null: none yet, and nothing is deleted for its age.</param>
    public void Step(int series, long readings, long? newest)
    {
        var used = UsedBytes;
        var now = _time.GetUtcNow();
        if (_next > _last && ((now >= _due && newest is not null) || used > _options.MaximumBytes))
        {
            Begin(series, now, used, newest);
        }

        do
        {
            Delete(Math.Max(Slice, readings * 2L));
        }
        while (used > _options.MaximumBytes * Hard && _next <= _last);
    }

    public void Dispose()
    {
        _firstRow.Dispose();
        _rowBound.Dispose();
        _deleteRows.Dispose();
        _firstBlock.Dispose();
        _oldBlocks.Dispose();
        _deleteBlock.Dispose();
    }

    private void Delete(long budget)
    {
        if (_next > _last)
        {
            return;
        }

        SqliteFile.Run(_connection, "BEGIN IMMEDIATE");
        try
        {
            while (budget > 0 && _next <= _last)
            {
                var (rows, moreRows) = DeleteRows(_next);
                var (blocks, moreBlocks) = DeleteBlocks(_next);
                budget -= Math.Max(rows + blocks, 10); // an empty visit costs about as much as ten rows
                if (!moreRows && !moreBlocks)
                {
                    _next++;
                }
            }

            SqliteFile.Run(_connection, "COMMIT");
        }
        catch
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle!) == 0)
            {
                SqliteFile.Run(_connection, "ROLLBACK");
            }

            throw;
        }
    }

    private void Begin(int series, DateTimeOffset now, long used, long? newest)
    {
        _due = now + _options.SweepInterval;
        var nowNs = (now - DateTimeOffset.UnixEpoch).Ticks * 100;
        // Age is measured from the newest reading when the clock is more than a day ahead of it: a clock that wakes up in
        // 2036 must not cost a month of history.
        // In wide numbers: a reading of the year 2262 must not turn the sum round and cost everything.
        var age = (Int128)_options.Days * TimeSpan.TicksPerDay * 100;
        _cutoff = newest is { } last
            ? (long)Int128.Max(long.MinValue, Int128.Min(nowNs, (Int128)last + (TimeSpan.TicksPerDay * 100)) - age)
            : long.MinValue;
        if (used > _options.MaximumBytes && Oldest(series) is { } oldest && oldest < nowNs)
        {
            // As if readings lay evenly in time: too little at worst, and then the next round takes more.
            var part = 1 - (_options.MaximumBytes * Target / used);
            _cutoff = Math.Max(_cutoff, (long)(oldest + (((double)nowNs - oldest) * part)));
        }

        _next = 1;
        _last = series;
    }

    private long? Oldest(int series)
    {
        long? oldest = null;
        for (var i = 1; i <= series; i++)
        {
            foreach (var statement in (ReadOnlySpan<RawStatement>)[_firstRow, _firstBlock])
            {
                statement.Bind(1, i);
                if (statement.Step())
                {
                    oldest = Math.Min(oldest ?? long.MaxValue, statement.Number(0));
                }

                statement.Reset();
            }
        }

        return oldest;
    }

    private (long Readings, bool More) DeleteRows(int series)
    {
        _rowBound.Bind(1, series);
        _rowBound.Bind(2, _cutoff);
        _rowBound.Bind(3, RowChunk);
        var more = _rowBound.Step();
        var bound = more ? _rowBound.Number(0) : _cutoff;
        _rowBound.Reset();
        _deleteRows.Bind(1, series);
        _deleteRows.Bind(2, bound);
        _deleteRows.Run();
        var deleted = SQLitePCL.raw.sqlite3_changes(_connection.Handle!);
        Interlocked.Add(ref _deleted, deleted);
        return (deleted, more);
    }

    private (long Readings, bool More) DeleteBlocks(int series)
    {
        _oldBlocks.Bind(1, series);
        _oldBlocks.Bind(2, _cutoff);
        _oldBlocks.Bind(3, BlockChunk);
        var (count, readings) = (0, 0L);
        while (_oldBlocks.Step())
        {
            _old[count++] = _oldBlocks.Number(0);
            readings += _oldBlocks.Number(1);
        }

        _oldBlocks.Reset();
        foreach (var id in _old.AsSpan(0, count))
        {
            _deleteBlock.Bind(1, id);
            _deleteBlock.Run();
        }

        Interlocked.Add(ref _deleted, readings);
        return (readings, count == BlockChunk);
    }
}
