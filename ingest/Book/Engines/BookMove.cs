using System.Data.Common;
using System.Globalization;
using System.Text;
using Npgsql;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>How far a move is.</summary>
/// <param name="Table">The table under way.</param>
/// <param name="Done">Rows written, of all tables.</param>
/// <param name="Total">Rows there are.</param>
internal readonly record struct BookMoveProgress(string Table, long Done, long Total);

/// <summary>
/// Brings a book from its file into PostgreSQL: every table, in one transaction, counted on both sides. The file is locked for writing meanwhile and is
/// not changed. What stood under the name of a server that is alone ('') stands under this server's name afterwards.
/// </summary>
internal static class BookMove
{
    // A city's log of alerts is checked against its alerts at the end of one statement.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private const int ToldEvery = 10_000;

    /// <summary>Moves it.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">PostgreSQL, and this server's name.</param>
    /// <param name="progress">Told every ten thousand rows.</param>
    /// <param name="cancel">Stops it; then nothing was written.</param>
    /// <returns>Rows by table.</returns>
    /// <exception cref="BookException">There is something in PostgreSQL already, or a count differs; nothing was written.</exception>
    public static async Task<IReadOnlyList<(string Table, long Rows)>> RunAsync(BookOptions from, BookOptions to, IProgress<BookMoveProgress> progress, CancellationToken cancel)
    {
        await using var file = new SqliteEngine(from);
        await using var far = new PostgresEngine(to with { BusyTimeout = Patience, TurnTimeout = Patience });
        using var source = file.OpenWriter();
        Migrations.Apply(source, file.Place);
        using var target = far.OpenWriter();
        Migrations.Apply(target, far.Place);
        source.BeginWrite();
        target.BeginWrite();
        try
        {
            var tables = Tables(source);
            if (tables.Select(t => (Table: t, Rows: Count(target, t))).Where(t => t.Rows > 0).Select(t => FormattableString.Invariant($"{t.Table} ({t.Rows})")).ToList() is { Count: > 0 } full)
            {
                throw new BookException($"{far.Place} is not empty: {string.Join(", ", full)}. A book is moved into an empty database, or an empty schema of one (Search Path=…), and nothing is written over.");
            }

            var total = tables.Sum(t => Count(source, t));
            var moved = new List<(string Table, long Rows)>();
            foreach (var table in tables)
            {
                var before = moved.Sum(m => m.Rows);
                var rows = await CopyAsync(source, target, table, to.Server, done => progress.Report(new(table, before + done, total)), cancel);
                if (rows != Count(source, table) || rows != Count(target, table))
                {
                    throw new BookException(FormattableString.Invariant($"{table}: {Count(source, table)} rows in {file.Place}, {Count(target, table)} in {far.Place} after {rows} were sent. Nothing was moved."));
                }

                moved.Add((table, rows));
            }

            Number(source, target);
            target.Touch(BookAreas.All, null);
            target.Commit();
            progress.Report(new("", total, total));
            return moved;
        }
        catch
        {
            target.RollBack();
            throw;
        }
        finally
        {
            source.RollBack();
        }
    }

    private static long Count(SqlSession sql, string table) => sql.Number($"SELECT count(*) FROM \"{table}\"") ?? 0;

    // Those that others refer to come first; none that refers is referred to.
    private static List<string> Tables(SqlSession file) => [..
        file.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name", r => r.GetString(0))
            .OrderBy(t => file.Query($"SELECT \"table\" FROM pragma_foreign_key_list('{t}')", r => r.GetString(0)).Count)];

    private static async Task<long> CopyAsync(SqlSession source, SqlSession target, string table, string server, Action<long> told, CancellationToken cancel)
    {
        var columns = target.Query(
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
            r => (Name: r.GetString(0), Type: r.GetString(1)), table);
        var names = source.Query($"SELECT name FROM pragma_table_info('{table}')", r => r.GetString(0));
        if (!names.Order(StringComparer.Ordinal).SequenceEqual(columns.Select(c => c.Name).Order(StringComparer.Ordinal)))
        {
            throw new BookException($"{table} has other columns in PostgreSQL than in the file: is it a table of something else?");
        }

        var list = string.Join(", ", columns.Select(c => $"\"{c.Name}\""));
        using var read = source.Connection.CreateCommand();
        read.CommandText = $"SELECT {list} FROM \"{table}\"";
        using var row = await read.ExecuteReaderAsync(cancel);
        var connection = (NpgsqlConnection)target.Connection;
        long rows = 0;
        try
        {
            await using var write = await connection.BeginTextImportAsync($"COPY \"{table}\"({list}) FROM STDIN", cancel);
            var line = new StringBuilder();
            while (await row.ReadAsync(cancel))
            {
                line.Clear();
                for (var i = 0; i < columns.Count; i++)
                {
                    line.Append(i == 0 ? "" : "\t").Append(row.IsDBNull(i) ? @"\N" : Field(row, i, columns[i].Type, columns[i].Name == "server" ? server : ""));
                }

                await write.WriteAsync(line.Append('\n'), cancel);
                if (++rows % ToldEvery == 0)
                {
                    told(rows);
                }
            }
        }
        catch (DbException e) when (e is NpgsqlException)
        {
            throw PostgresFaults.Meaning(e, "PostgreSQL, table " + table);
        }

        told(rows);
        return rows;
    }

    // https://www.postgresql.org/docs/15/sql-copy.html, text format.
    private static string Field(DbDataReader row, int column, string type, string alone) => type switch
    {
        "bigint" => row.GetInt64(column).ToString(CultureInfo.InvariantCulture),
        "double precision" => row.GetDouble(column).ToString("R", CultureInfo.InvariantCulture),
        "bytea" => @"\\x" + Convert.ToHexStringLower(row.GetFieldValue<byte[]>(column)),
        _ => PostgresSession.Clean(row.GetString(column) is { Length: > 0 } text ? text : alone)
            .Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal).Replace("\r", @"\r", StringComparison.Ordinal).Replace("\t", @"\t", StringComparison.Ordinal),
    };

    // The next row gets a number that none ever had, those of rows that are gone included.
    private static void Number(SqlSession source, SqlSession target)
    {
        foreach (var (table, column) in target.Query(
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'",
            r => (r.GetString(0), r.GetString(1))))
        {
            var given = Math.Max(
                source.Number($"SELECT max(\"{column}\") FROM \"{table}\"") ?? 0,
                source.Number("SELECT seq FROM sqlite_sequence WHERE name = $1", table) ?? 0);
            if (given > 0)
            {
                target.Number($"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), CAST($1 AS BIGINT))", given);
            }
        }
    }
}
