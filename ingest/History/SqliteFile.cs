using System.Globalization;
using Microsoft.Data.Sqlite;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>What the SQLite files of history and quarantine have in common.</summary>
internal static class SqliteFile
{
    /// <summary>Opens for writing: WAL, and an fsync at every commit, because the log is freed by what is committed here.</summary>
    public static SqliteConnection Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Run(connection, "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens beside a writer, for reading only.</summary>
    public static SqliteConnection OpenReader(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Run(connection, "PRAGMA busy_timeout=5000; PRAGMA query_only=ON;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Reads from a table <c>cursors(store, lane, log, position)</c>.</summary>
    public static LogCursor? LoadCursor(SqliteConnection connection, string store, Lane lane)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT log, position FROM cursors WHERE store=$store AND lane=$lane";
        command.Parameters.AddWithValue("$store", store);
        command.Parameters.AddWithValue("$lane", (long)lane);
        using var row = command.ExecuteReader();
        return row.Read() ? new LogCursor(Guid.Parse(row.GetString(0), CultureInfo.InvariantCulture), lane, row.GetInt64(1)) : null;
    }

    /// <summary>Writes to a table <c>cursors</c>, inside the connection's transaction if one is open.</summary>
    public static void SaveCursor(SqliteConnection connection, string store, LogCursor cursor)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT OR REPLACE INTO cursors(store, lane, log, position) VALUES($store, $lane, $log, $position)";
        command.Parameters.AddWithValue("$store", store);
        command.Parameters.AddWithValue("$lane", (long)cursor.Lane);
        command.Parameters.AddWithValue("$log", cursor.LogId.ToString("D", CultureInfo.InvariantCulture));
        command.Parameters.AddWithValue("$position", cursor.Position);
        command.ExecuteNonQuery();
    }
}
