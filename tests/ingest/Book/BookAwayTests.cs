using System.Diagnostics;
using Npgsql;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>A book that does not answer and does not say so: everybody is told in seconds, and nothing hangs on when it is back.</summary>
public sealed class BookAwayTests(PostgresBookTests.Server server)
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Behind_a_cut_wire_everybody_is_told_and_what_was_given_up_does_not_happen_later()
    {
        await using var wire = new Wire((await server.StartedAsync()).Port);
        await using var book = await OpenAsync(wire);
        var said = new List<bool>();
        book.Store.Watch.Changed += away => said.Add(away);
        await book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        Assert.False(book.Store.Watch.IsAway);
        Assert.Null(book.Store.Watch.Since);

        var watch = Stopwatch.StartNew();
        wire.Cut();
        var begun = book.Store.WriteAsync(t => t.Audit(1, "begun", "x", "y"), Cancel);
        var queued = book.Store.WriteAsync(t => t.Audit(2, "queued", "x", "y"), Cancel);
        var reads = Enumerable.Range(0, 8).Select(_ => book.Alerts.FindAsync("a1", Cancel)).ToList();
        foreach (var asked in reads.Cast<Task>().Append(begun).Append(queued))
        {
            Assert.Equal(BookFault.Away, (await Assert.ThrowsAsync<BookEngineException>(() => asked)).Fault);
        }

        Assert.InRange(watch.Elapsed, BookWatch.Patience - TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10));
        Assert.True(book.Store.Watch.IsAway);
        Assert.NotNull(book.Store.Watch.Since);
        watch.Restart();
        for (var n = 0; n < 100; n++)
        {
            await Assert.ThrowsAsync<BookEngineException>(() => book.Alerts.FindAsync("a1", Cancel));
            await Assert.ThrowsAsync<BookEngineException>(() => book.Store.WriteAsync(t => t.Audit(3, "told at once", "x", "y"), Cancel));
        }

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        var heard = new TaskCompletionSource<BookNews>();
        book.ForeignChange += news =>
        {
            heard.TrySetResult(news);
            return Task.CompletedTask;
        };
        wire.Mend();
        await UntilAsync(() => !book.Store.Watch.IsAway);

        // What was said meanwhile may come late or never: everything is looked at.
        Assert.Null((await heard.Task.WaitAsync(Patience, Cancel)).Keys(BookAreas.Registry));
        Assert.NotNull(await book.Alerts.FindAsync("a1", Cancel));
        await book.Store.WriteAsync(t => t.Audit(4, "back", "x", "y"), Cancel);
        var who = (await book.Store.ReadAsync(sql => sql.AuditOf("y", 9), Cancel)).ConvertAll(a => a.Who);
        Assert.Equal("back", who[0]);
        Assert.DoesNotContain("queued", who);
        Assert.DoesNotContain("told at once", who);
        Assert.Equal([true, false], said);
    }

    [Fact]
    public async Task A_book_that_takes_no_commit_or_is_started_again_is_not_away_for_longer_than_it_takes()
    {
        await using var own = await PostgresServer.StartAsync();
        var schema = PostgresBookTests.Schema();
        await using var book = await PostgresBookTests.OpenAsync(own, schema);
        await using (var other = await PostgresBookTests.OpenAsync(own, schema))
        {
            await TakesNoCommitAsync(own, book, other);
        }

        await book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        await own.KillAsync();
        await UntilAsync(() => book.Store.Watch.IsAway);
        Assert.Contains("PostgreSQL at 127.0.0.1", book.Store.Watch.Reason, StringComparison.Ordinal);
        await own.BeginAsync();
        await UntilAsync(() => !book.Store.Watch.IsAway);

        // Nobody waits out a pause that was for a book away.
        await book.CommitAsync(BookRig.Commit(BookRig.Change("a2")), Cancel);
    }

    [Fact]
    public async Task A_book_in_a_file_is_never_away()
    {
        await using var rig = await BookRig.OpenAsync();
        Assert.Equal((TestBook.IsPostgres, false, null), (rig.Book.Store.Watch.IsWatching, rig.Book.Store.Watch.IsAway, rig.Book.Store.Watch.Reason));
    }

    // As when the synchronous standby has gone: PostgreSQL answers every question, and a commit does not end. Here it waits for a lock of the test's.
    private static async Task TakesNoCommitAsync(PostgresServer own, CityBook book, CityBook other)
    {
        await book.Store.WriteAsync(
            t =>
            {
                t.Sql.Execute("CREATE TABLE held(n BIGINT)");
                t.Sql.Execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'");
                t.Sql.Execute("CREATE CONSTRAINT TRIGGER held AFTER INSERT ON held DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()");
            },
            Cancel);
        await using (var standby = new NpgsqlConnection(own.Address + ";Pooling=false"))
        {
            await standby.OpenAsync(Cancel);
            await using var hold = new NpgsqlCommand("SELECT pg_advisory_lock(7)", standby);
            await hold.ExecuteScalarAsync(Cancel);
            var begun = book.Store.WriteAsync(t => t.Sql.Execute("INSERT INTO held VALUES (1)"), Cancel);
            var away = await Assert.ThrowsAsync<BookEngineException>(() => begun.WaitAsync(Patience, Cancel));
            Assert.Equal((BookFault.Away, false), (away.Fault, away.NotBegun));
            Assert.True(book.Store.Watch.IsAway);
            Assert.True(DateTimeOffset.UtcNow - book.Store.Watch.Since >= BookWatch.Patience - TimeSpan.FromSeconds(0.5));

            // The other server has asked for nothing, and could say nothing.
            await UntilAsync(() => other.Store.Watch.IsAway);
            Assert.Contains("synchronous standby", other.Store.Watch.Reason, StringComparison.Ordinal);
        }

        await UntilAsync(() => !book.Store.Watch.IsAway && !other.Store.Watch.IsAway);
        Assert.Equal(1, await other.Store.ReadAsync(sql => sql.Number("SELECT count(*) FROM held"), Cancel));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(watch.Elapsed < Patience, "it did not happen");
            await Task.Delay(20);
        }
    }

    private async Task<CityBook> OpenAsync(Wire wire) => await CityBook.OpenAsync(
        new BookOptions
        {
            Path = "/nowhere",
            Postgres = (await server.StartedAsync()).Address.Replace(FormattableString.Invariant($"Port={(await server.StartedAsync()).Port}"), FormattableString.Invariant($"Port={wire.Port}"), StringComparison.Ordinal)
                + ";Search Path=" + PostgresBookTests.Schema(),
        },
        TimeProvider.System,
        _ => true);
}
