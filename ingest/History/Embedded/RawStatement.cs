using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// A prepared statement driven by SQLite's own calls: ADO.NET's parameters box every value, which costs more than the insert
/// when there are tens of thousands a second. Owned by one thread at a time; dispose before its connection.
/// </summary>
internal sealed class RawStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public RawStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(_statement, index, value));

    public void Bind(int index, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(_statement, index, value));

    /// <summary>Moves to the next row; false when there is none.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code != raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(_statement);
            Check(code);
        }

        return false;
    }

    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>Makes it ready to be bound and run again.</summary>
    public void Reset() => raw.sqlite3_reset(_statement); // repeats the last step's error, which was thrown there

    /// <summary>Runs it to its end and makes it ready again.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        Reset();
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), code & 0xFF, raw.sqlite3_extended_errcode(_database));
        }
    }
}
