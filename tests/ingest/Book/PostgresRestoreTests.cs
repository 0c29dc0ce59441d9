using System.Diagnostics;
using Npgsql;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Commands;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Serve;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>The drill: a book in PostgreSQL is copied by <c>backup</c> while it is written to, lost, and put back.</summary>
public sealed class PostgresRestoreTests(PostgresBookTests.Server server) : IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-restore-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_backup_is_put_back_and_the_log_tells_it_what_came_after()
    {
        var postgres = await server.StartedAsync();
        var schema = $"s_{Guid.NewGuid():N}";
        var log = new LogCursor(BookRig.Log, Lane.Alarm, 0);
        using (CityCa.OpenOrCreate(Path.Combine(_folder, "ca"), TimeProvider.System))
        {
        }

        var backup = new DirectoryInfo(Path.Combine(_folder, "backup"));
        var before = new List<string>();
        await using (var book = await OpenAsync(postgres.Address, schema))
        {
            await book.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-1", Name = "Chợ Vườn Hoa" }] }, "an", Cancel);
            await book.AdoptLogAsync(log, 100, Cancel);
            await book.CommitAsync(new(Lane.Alarm, new LogCursor(BookRig.Log, Lane.Alarm, 60), [BookRig.Change("a1")], [new("zone/z-1", 50, new byte[] { 1, 2 })]), Cancel);
            Assert.IsType<ActResult.Done>(await book.Alerts.ActAsync("a1", AlertAct.Reset, 1, "lan", _ => true, null, null, Cancel));
            before = await SumsAsync("postgres", schema);
            Assert.Equal(0, await MaintenanceCommands.BackupAsync(backup, Options($"{postgres.Address};Search Path={schema}"), Cancel));

            // Judged after the copy: lost with the book, and still in the log.
            await book.CommitAsync(new(Lane.Alarm, new LogCursor(BookRig.Log, Lane.Alarm, 90), [BookRig.Change("a2")], []), Cancel);
        }

        Assert.Equal(["book.dump", "ca"], backup.EnumerateFileSystemInfos().Select(f => f.Name).Order());
        await SqlAsync("postgres", $"DROP SCHEMA {schema} CASCADE");
        var database = "d_" + schema;
        await SqlAsync("postgres", $"CREATE DATABASE {database}");
        await RestoreAsync(Path.Combine(backup.FullName, "book.dump"), database);
        Assert.Equal(before, await SumsAsync(database, schema));

        var to = postgres.Address.Replace("Database=postgres", $"Database={database}", StringComparison.Ordinal);
        await using var one = await OpenAsync(to, schema);
        await using var two = await OpenAsync(to, schema);
        Assert.Equal("Chợ Vườn Hoa", one.Registry.Current.Zones["z-1"].Name);
        Assert.NotNull(one.ZoneActs.Find("zone/z-1"));

        // The log is ahead of the book: it is read on from where the book stood, and says a2 again.
        Assert.False(await one.AdoptLogAsync(log, 100, Cancel));
        Assert.Equal(60, (await one.LoadAsync(Lane.Alarm, Cancel)).Cursor!.Value.Position);
        using var live = two.Events.Subscribe();
        await one.CommitAsync(new(Lane.Alarm, new LogCursor(BookRig.Log, Lane.Alarm, 90), [BookRig.Change("a2")], []), Cancel);
        Assert.Equal(3, (await live.Events.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel)).Sequence);
        await one.Store.WriteAsync(t => t.Audit(9, "an", "after", "x"), Cancel);
        Assert.Equal(0, await one.Store.ReadAsync(sql => sql.Number("SELECT count(*) - count(DISTINCT seq) FROM audit"), Cancel));
    }

    private static Task<CityBook> OpenAsync(string address, string schema) => CityBook.OpenAsync(
        new BookOptions { Path = "/nowhere", Postgres = $"{address};Search Path={schema}", Server = "hac-thanh", Readers = 1 }, TimeProvider.System, _ => true);

    private ServeOptions Options(string postgres)
    {
        var settings = Settings.Load(null, name => name == "SMARTCITY_BOOK_POSTGRES" ? postgres : null, [("data", _folder)]);
        var options = ServeOptions.From(settings);
        Assert.Empty(settings.Errors);
        return options;
    }

    private async Task RestoreAsync(string file, string database)
    {
        var postgres = await server.StartedAsync();
        var start = new ProcessStartInfo(Path.Combine(PostgresServer.Bin!, "pg_restore"), ["--no-owner", "--exit-on-error", "--dbname=" + database, file])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        (start.Environment["PGHOST"], start.Environment["PGUSER"], start.Environment["PGPASSWORD"]) = ("127.0.0.1", "city", "hunter2");
        start.Environment["PGPORT"] = postgres.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, said);
    }

    // Each table, its rows and a sum over what is in them.
    private async Task<List<string>> SumsAsync(string database, string schema)
    {
        var tables = await SqlAsync(database, $"SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY 1");
        var sums = new List<string>();
        foreach (var table in tables)
        {
            sums.AddRange(await SqlAsync(database, $"SELECT '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(md5(CAST(t AS text)), '' ORDER BY md5(CAST(t AS text)))), '') FROM {schema}.\"{table}\" t"));
        }

        Assert.True(sums.Count > 30);
        return sums;
    }

    private async Task<List<string>> SqlAsync(string database, string sql)
    {
        var address = (await server.StartedAsync()).Address.Replace("Database=postgres", $"Database={database}", StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(address + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var row = await command.ExecuteReaderAsync(Cancel);
        var all = new List<string>();
        while (await row.ReadAsync(Cancel))
        {
            all.Add(row.GetString(0));
        }

        return all;
    }
}
