using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Deletes readings that are too old, or the oldest when the file is too large, a slice at every batch so that no transaction
/// is long. The caller holds the writer's lock, outside a transaction.
/// </summary>
internal sealed class Retention : IDisposable
{
    /// <summary>Rows a slice deletes at least, unless there are fewer.</summary>
    private const int Slice = 20_000;

    /// <summary>Rows one statement deletes at most.</summary>
    private const int Chunk = 5_000;

    /// <summary>A file that is too large is brought down to this part of its bound.</summary>
    private const double Target = 0.9;

    /// <summary>Above this part of its bound nothing is written before room was made.</summary>
    private const double Hard = 1.1;

    private readonly SqliteConnection _connection;
    private readonly EmbeddedOptions _options;
    private readonly TimeProvider _time;
    private readonly RawStatement _first;
    private readonly RawStatement _bound;
    private readonly RawStatement _delete;
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
        _first = new RawStatement(connection, "SELECT time FROM readings WHERE series=?1 ORDER BY time LIMIT 1");
        _bound = new RawStatement(connection, "SELECT time FROM readings WHERE series=?1 AND time<?2 ORDER BY time LIMIT 1 OFFSET ?3");
        _delete = new RawStatement(connection, "DELETE FROM readings WHERE series=?1 AND time<?2");
    }

    /// <summary>Readings deleted since this store was opened.</summary>
    public long Deleted => Volatile.Read(ref _deleted);

    /// <summary>Bytes of the file in use.</summary>
    public long UsedBytes => SqliteFile.Number(
        _connection, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size");

    /// <summary>Does a slice of what is to do; all of it when the file is far too large.</summary>
    /// <param name="series">Series known; their numbers run from 1.</param>
    /// <param name="rows">Rows about to be written: twice as many are deleted, so that it always catches up.</param>
    /// <param name="newest">The newest reading since start, unix ns; null: none yet, and nothing is deleted for its age.</param>
    public void Step(int series, int rows, long? newest)
    {
        var used = UsedBytes;
        var now = _time.GetUtcNow();
        if (_next > _last && ((now >= _due && newest is not null) || used > _options.MaximumBytes))
        {
            Begin(series, now, used, newest);
        }

        var budget = used > _options.MaximumBytes * Hard ? long.MaxValue : Math.Max(Slice, rows * 2L);
        while (budget > 0 && _next <= _last)
        {
            var deleted = DeleteChunk(_next);
            budget -= Math.Max(deleted, 10); // an empty visit costs about as much as ten rows
            if (deleted < Chunk)
            {
                _next++;
            }
        }
    }

    public void Dispose()
    {
        _first.Dispose();
        _bound.Dispose();
        _delete.Dispose();
    }

    private void Begin(int series, DateTimeOffset now, long used, long? newest)
    {
        _due = now + _options.SweepInterval;
        var nowNs = (now - DateTimeOffset.UnixEpoch).Ticks * 100;
        // Age is measured from the newest reading when the clock is more than a day ahead of it: a clock that wakes up in
        // 2036 must not cost a month of history.
        _cutoff = newest is { } last
            ? Math.Min(nowNs, last + (TimeSpan.TicksPerDay * 100)) - (TimeSpan.FromDays(_options.Days).Ticks * 100)
            : long.MinValue;
        if (used > _options.MaximumBytes && Oldest(series) is { } oldest && oldest < nowNs)
        {
            // As if readings lay evenly in time: too little at worst, and then the next round takes more.
            var part = 1 - (_options.MaximumBytes * Target / used);
            _cutoff = Math.Max(_cutoff, oldest + (long)((nowNs - oldest) * part));
        }

        _next = 1;
        _last = series;
    }

    private long? Oldest(int series)
    {
        long? oldest = null;
        for (var i = 1; i <= series; i++)
        {
            _first.Bind(1, i);
            if (_first.Step())
            {
                oldest = Math.Min(oldest ?? long.MaxValue, _first.Number(0));
            }

            _first.Reset();
        }

        return oldest;
    }

    private int DeleteChunk(int series)
    {
        _bound.Bind(1, series);
        _bound.Bind(2, _cutoff);
        _bound.Bind(3, Chunk);
        var bound = _bound.Step() ? _bound.Number(0) : _cutoff;
        _bound.Reset();
        _delete.Bind(1, series);
        _delete.Bind(2, bound);
        _delete.Run();
        var deleted = SQLitePCL.raw.sqlite3_changes(_connection.Handle!);
        Interlocked.Add(ref _deleted, deleted);
        return deleted;
    }
}
