using Npgsql;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.SystemTests.Cluster;

/// <summary>The campaigns' record of who wrote what is not to be fooled: it is itself shown a server that writes after it was superseded.</summary>
public sealed class BookWatchTests
{
    [Fact]
    public async Task Who_writes_after_having_been_superseded_is_named_and_nobody_else()
    {
        if (PostgresServer.Bin is null)
        {
            Assert.Skip("PostgreSQL is not installed: apt-get install postgresql-15");
        }

        await using var postgres = await PostgresServer.StartAsync();
        await DoAsync("", "CREATE TABLE servers(name TEXT PRIMARY KEY, incarnation BIGINT, fenced INT); CREATE TABLE things(x INT)");
        await using var watch = await BookWatch.StartAsync(postgres.Address);
        await DoAsync("a.1", "INSERT INTO servers VALUES ('a', 1, 0)");
        await DoAsync("b.1", "INSERT INTO servers VALUES ('b', 1, 0)");
        await DoAsync("a.1", "INSERT INTO things VALUES (1)");
        await DoAsync("b.1", "BEGIN; UPDATE servers SET fenced = 1 WHERE name = 'a'; INSERT INTO things VALUES (2); COMMIT");
        await DoAsync("a.1", "BEGIN; INSERT INTO things VALUES (3); ROLLBACK");    // a commit that was refused
        await DoAsync("a.1", "UPDATE things SET x = 4 WHERE x = 99");              // nothing is nothing
        Assert.Empty(await watch.WritesOfTheSupersededAsync());
        await DoAsync("a.2", "UPDATE servers SET incarnation = 2, fenced = 0 WHERE name = 'a'");
        await DoAsync("a.2", "INSERT INTO things VALUES (5)");
        Assert.Empty(await watch.WritesOfTheSupersededAsync());

        await DoAsync("a.1", "DELETE FROM things WHERE x = 1");
        Assert.StartsWith("a.1 wrote things", Assert.Single(await watch.WritesOfTheSupersededAsync()), StringComparison.Ordinal);

        // A process that joins twice has not superseded itself.
        await DoAsync("a.2", "UPDATE servers SET incarnation = 3 WHERE name = 'a'");
        await DoAsync("a.2", "INSERT INTO things VALUES (6)");
        Assert.Single(await watch.WritesOfTheSupersededAsync());

        // A newer start of the same name ends the one before, fenced or not.
        await DoAsync("b.2", "UPDATE servers SET incarnation = 2 WHERE name = 'b'");
        await DoAsync("b.1", "UPDATE servers SET fenced = 0 WHERE name = 'b'");
        Assert.Contains(await watch.WritesOfTheSupersededAsync(), w => w.StartsWith("b.1 wrote servers", StringComparison.Ordinal));

        // One whose first try to join was given up and fenced joins again: what it writes from then on is its own, what it wrote between is not.
        await DoAsync("c.1", "INSERT INTO servers VALUES ('c', 1, 0)");
        await DoAsync("a.2", "UPDATE servers SET fenced = 1 WHERE name = 'c'");
        await DoAsync("c.1", "INSERT INTO things VALUES (7)");
        await DoAsync("c.1", "UPDATE servers SET incarnation = 2, fenced = 0 WHERE name = 'c'");
        await DoAsync("c.1", "INSERT INTO things VALUES (8)");
        Assert.StartsWith("c.1 wrote things", Assert.Single(await watch.WritesOfTheSupersededAsync(), w => w.StartsWith("c.1", StringComparison.Ordinal)), StringComparison.Ordinal);

        async Task DoAsync(string who, string sql)
        {
            var to = new NpgsqlConnectionStringBuilder(postgres.Address) { Pooling = false, Options = who.Length == 0 ? null : "-c campaign.who=" + who };
            await using var connection = new NpgsqlConnection(to.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
