using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Book.Engines;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>A city that began with a file goes on in PostgreSQL.</summary>
public sealed class BookMoveTests(PostgresBookTests.Server server) : IDisposable
{
    private const string Ugly = "tab\t line\n return\r back\\slash \\N quote' ữ 🔥";

    private static readonly CancellationToken Cancel = CancellationToken.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-move-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_row_of_every_table_is_there_afterwards_and_numbers_go_on()
    {
        await using (await BookStore.OpenAsync(File))
        {
        }

        using var file = Raw();
        var tables = Texts(file, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name");
        tables.ForEach(table => Fill(file, table));
        Run(file, "UPDATE sqlite_sequence SET seq = 700 WHERE name = 'audit'"); // rows that are gone had numbers
        var before = tables.ToDictionary(t => t, t => Rows(file, t));
        Assert.True(tables.Count > 30 && before.Values.All(rows => rows.Count > 0));

        var to = await ToAsync();
        var told = new Last();
        var moved = await BookMove.RunAsync(File, to, told, Cancel);
        Assert.Equal(before.ToDictionary(t => t.Key, t => (long)t.Value.Count), moved.ToDictionary(m => m.Table, m => m.Rows));
        Assert.Equal(before.Values.Sum(t => t.Count), told.Value.Done);
        await using (var far = new NpgsqlConnection(to.Postgres))
        {
            await far.OpenAsync(Cancel);
            foreach (var (table, rows) in before)
            {
                // What stood under the name of a server that is alone stands under this one's.
                var list = string.Join(", ", Texts(file, $"SELECT name FROM pragma_table_info('{table}')").Select(c => c == "server" ? "CASE \"server\" WHEN 'hac-thanh' THEN '' ELSE \"server\" END" : $"\"{c}\""));
                using var read = far.CreateCommand();
                read.CommandText = $"SELECT {list} FROM \"{table}\"";
                Assert.Equal(rows.Order(StringComparer.Ordinal), (await AllAsync(read)).Order(StringComparer.Ordinal));
            }
        }

        await using var store = await BookStore.OpenAsync(to);
        await store.WriteAsync(t => t.Audit(9, "an", "after", "x"), Cancel);
        Assert.Equal(701, await store.ReadAsync(sql => sql.Number("SELECT seq FROM audit WHERE act = 'after'"), Cancel));

        // Again, or over somebody's book: refused, and nothing is changed.
        var refused = await Assert.ThrowsAsync<BookException>(() => BookMove.RunAsync(File, to, told, Cancel));
        Assert.Contains("not empty", refused.Message, StringComparison.Ordinal);
        Assert.Contains("users (", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_city_knew_it_knows_and_the_log_is_read_on_where_it_was()
    {
        var log = new LogCursor(BookRig.Log, Lane.Alarm, 0);
        await using (var book = await CityBook.OpenAsync(File, TimeProvider.System, _ => true))
        {
            await book.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-1", Name = "Chợ Vườn Hoa" }] }, "an", Cancel);
            Assert.False(await book.AdoptLogAsync(log, 100, Cancel));
            await book.CommitAsync(new(Lane.Alarm, new LogCursor(BookRig.Log, Lane.Alarm, 60), [BookRig.Change("a1")], [new("zone/z-1", 50, new byte[] { 1, 2 })]), Cancel);
            Assert.IsType<ActResult.Done>(await book.Alerts.ActAsync("a1", AlertAct.Reset, 1, "lan", _ => true, null, null, Cancel));
        }

        var to = await ToAsync();
        await BookMove.RunAsync(File, to, new Last(), Cancel);
        await using var far = await CityBook.OpenAsync(to, TimeProvider.System, _ => true);
        Assert.Equal("Chợ Vườn Hoa", far.Registry.Current.Zones["z-1"].Name);
        Assert.Equal(AlertState.Resolved, (await far.Alerts.FindAsync("a1", Cancel))!.State);
        Assert.NotNull(far.ZoneActs.Find("zone/z-1"));
        Assert.False(await far.AdoptLogAsync(log, 100, Cancel)); // no new log to it
        var load = await far.LoadAsync(Lane.Alarm, Cancel);
        Assert.Equal(60, load.Cursor!.Value.Position);
        Assert.Equal(50, Assert.Single(load.Snapshots).Position);
        await far.CommitAsync(BookRig.Commit(BookRig.Change("a2")), Cancel);
        Assert.Equal(3, await far.Alerts.LastEventAsync(Cancel));
    }

    private BookOptions File => new() { Path = Path.Combine(_folder, "book.db") };

    private async Task<BookOptions> ToAsync() => new()
    {
        Path = "/nowhere",
        Server = "hac-thanh",
        Postgres = $"{(await server.StartedAsync()).Address};Search Path=s_{Guid.NewGuid():N}",
    };

    private SqliteConnection Raw()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File.Path, Pooling = false, ForeignKeys = false }.ToString());
        connection.Open();
        return connection;
    }

    // Three rows of each table: all there is, ugly words, and nothing where nothing may be. Equal texts in a row, so that what refers finds what it refers to.
    private static void Fill(SqliteConnection file, string table)
    {
        using var ask = file.CreateCommand();
        ask.CommandText = $"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')";
        var columns = new List<(string Name, string Type, bool Needed)>();
        using (var row = ask.ExecuteReader())
        {
            while (row.Read())
            {
                columns.Add((row.GetString(0), row.GetString(1), row.GetInt64(2) + row.GetInt64(3) > 0));
            }
        }

        for (var n = 0; n < 3; n++)
        {
            var values = columns.Select(c => n == 2 && !c.Needed ? "NULL" : c.Type switch
            {
                "INTEGER" => c.Name == "id" || c.Needed ? (n + 1).ToString(CultureInfo.InvariantCulture) : "9223372036854775807",
                "REAL" => n == 0 ? "105.77639999999999" : "4.9406564584124654e-324",
                "BLOB" => n == 0 ? "x'00ff5c0a'" : $"x'0{n}'",
                _ => c.Name == "server" ? n == 0 ? "''" : $"'k{n}'" : c.Needed || n == 0 ? $"'k{n}'" : "'" + Ugly.Replace("'", "''", StringComparison.Ordinal) + "'",
            });
            Run(file, $"INSERT OR IGNORE INTO \"{table}\"({string.Join(", ", columns.Select(c => $"\"{c.Name}\""))}) VALUES ({string.Join(", ", values)})");
        }
    }

    private static void Run(SqliteConnection file, string sql)
    {
        using var command = file.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static List<string> Texts(SqliteConnection file, string sql)
    {
        using var command = file.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var all = new List<string>();
        while (row.Read())
        {
            all.Add(row.GetString(0));
        }

        return all;
    }

    private static List<string> Rows(SqliteConnection file, string table)
    {
        using var command = file.CreateCommand();
        command.CommandText = $"SELECT * FROM \"{table}\"";
        return AllAsync(command).GetAwaiter().GetResult();
    }

    private static async Task<List<string>> AllAsync(System.Data.Common.DbCommand read)
    {
        using var row = await read.ExecuteReaderAsync(Cancel);
        var all = new List<string>();
        while (await row.ReadAsync(Cancel))
        {
            all.Add(string.Join('|', Enumerable.Range(0, row.FieldCount).Select(i => row.GetValue(i) switch
            {
                DBNull => "NULL",
                byte[] bytes => Convert.ToHexString(bytes),
                double real => real.ToString("R", CultureInfo.InvariantCulture),
                var other => Convert.ToString(other, CultureInfo.InvariantCulture)!,
            })));
        }

        return all;
    }

    private sealed class Last : IProgress<BookMoveProgress>
    {
        public BookMoveProgress Value { get; private set; }

        public void Report(BookMoveProgress value) => Value = value;
    }
}
