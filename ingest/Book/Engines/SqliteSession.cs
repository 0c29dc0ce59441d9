using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>A connection to the book's file.</summary>
internal sealed class SqliteSession(SqliteConnection connection) : SqlSession(connection, SqliteDialect.Instance)
{
    // SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the disk refused to grow the shared-memory index of the write-ahead log.
    private const int Full = 13;
    private const int SharedMemorySize = 4874;

    public override long Form => Number("PRAGMA user_version") ?? 0;

    public override void BeginRead() => Execute("BEGIN");

    public override void EndRead() => RollBack();

    public override void BeginWrite() => Execute("BEGIN IMMEDIATE");

    public override void Commit() => Execute("COMMIT");

    public override void RollBack()
    {
        // SQLite itself ends the transaction on some errors (FULL, IOERR); a second ROLLBACK would be an error.
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    public override void Take(Migration step, long version) => Run(step.Sql + FormattableString.Invariant($"; PRAGMA user_version = {version};"));

    public static BookEngineException Meaning(SqliteException e) =>
        new(e.SqliteErrorCode == Full || e.SqliteExtendedErrorCode == SharedMemorySize ? BookFault.Full : BookFault.Other, e.Message, e);

    protected override DbCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= values.Length; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = FormattableString.Invariant($"${i}") });
        }

        return command;
    }

    protected override void Set(DbParameter parameter, object? value) => parameter.Value = value switch
    {
        null => DBNull.Value,
        bool flag => flag ? 1L : 0L,
        _ => value,
    };

    protected override BookEngineException Judge(DbException refusal) => Meaning((SqliteException)refusal);
}
