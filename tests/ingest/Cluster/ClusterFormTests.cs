using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Ledger;
using SmartCity.Telemetry;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Cluster;

public sealed class ClusterFormTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_book_of_one_server_goes_on_where_it_was()
    {
        Assert.SkipWhen(TestBook.IsPostgres, TestBook.FileOnly);
        var folder = Directory.CreateTempSubdirectory("smartcity-book-").FullName;
        var path = Path.Combine(folder, "city.db");
        var log = Guid.NewGuid();
        await using (var old = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
        {
            old.Open();
            using var command = old.CreateCommand();
            command.CommandText = string.Concat(Migrations.Steps.Take(9).Select(s => s.Sql + ";")) + FormattableString.Invariant($"""
                PRAGMA user_version = 9;
                INSERT INTO cursors VALUES (1, '{log:D}', 700);
                INSERT INTO ledger_cursor VALUES (1, '{log:D}', 600, 5, 6);
                INSERT INTO grains VALUES (1, 'device/d', 650, x'01');
                """);
            command.ExecuteNonQuery();
        }

        await using (var book = await CityBook.OpenAsync(new BookOptions { Path = path }, TimeProvider.System, _ => true))
        {
            var load = await book.LoadAsync((Lane)1, Cancel);
            Assert.Equal(new LogCursor(log, (Lane)1, 700), load.Cursor);
            Assert.Equal(650, Assert.Single(load.Snapshots).Position);
            Assert.Equal(600, (await new LedgerBook(book.Store, new LedgerOptions()).LoadCursorAsync(log, Lane.Telemetry, Cancel))!.Cursor.Position);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Alone_it_holds_everything_and_leads()
    {
        var node = ClusterNode.Alone();
        Assert.True(node.IsAlone && node.IsLeader && node.Holds("gw", Lane.Alarm) && node.Holds(null, Lane.Telemetry) && node.Holds("other", Lane.Telemetry));
        Assert.Equal(TaskStatus.RanToCompletion, node.TakeAsync("gw", Cancel).Status);
        Assert.Empty(node.Servers);
    }
}
