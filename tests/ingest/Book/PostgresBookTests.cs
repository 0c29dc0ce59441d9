using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

[assembly: AssemblyFixture(typeof(SmartCity.Ingest.Tests.Book.PostgresBookTests.Server))]

namespace SmartCity.Ingest.Tests.Book;

/// <summary>The book in a real PostgreSQL: everything that is said of the book, and what only a server far away can do.</summary>
public sealed partial class PostgresBookTests(PostgresBookTests.Server server)
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    /// <summary>Tests that together ask the book every question it knows; a long run takes all that there are.</summary>
    private static readonly string[] Classes = Environment.GetEnvironmentVariable("SMARTCITY_LONG") == "1" ? ["*"] :
    [
        "Book.GrainCommitTests", "Book.SharedGrainsTests", "Book.IncidentTests", "Book.MaintenanceTests", "Book.RegistryTests", "Book.ReportTests", "Book.EscalationTests", "Book.OfficerWalkTests", "Book.CrashTests",
        "Serve.AdoptLogTests", "Ledger.EnergyApiTests", "Cap.CapApiTests", "Reports.*", "OnCall.*", "Api.WebhookApiTests", "Api.SessionTests", "Api.EnrolmentTests", "Api.LightGroupTests", "Views.MapApiTests",
    ];

    /// <summary>Stories and wrong questions told in many rows: the same SQL in each, a book in each. A long run has them.</summary>
    private static readonly string[] Rows =
    [
        "Book.MaintenanceTests.An_alert_that_is_raised_in_a_window_has_its_occasion", "Book.EscalationTests.An_alert_that_nobody_acknowledges_is_passed_on",
        "Book.IncidentTests.An_alert_joins_the_incident_of_its_place_category_and_time", "Book.OfficerWalkTests.What_still_alarms_after_an_officers_word_is_raised_again_in_the_same_incident_once",
        "Reports.ReportApiTests.What_is_asked_wrongly_is_told", "Api.WebhookApiTests.A_body_that_is_none_is_refused_with_words", "Api.LightGroupTests.What_is_no_group_is_refused_in_words",
        "Ledger.EnergyApiTests.What_cannot_be_answered_is_refused", "Cap.CapApiTests.What_is_not_there_is_not_found", "Views.MapApiTests.A_question_that_is_none_is_answered_so",
        "Book.ReportTests.What_is_no_report_is_refused",
    ];

    [Fact]
    public async Task What_is_said_of_the_book_is_so_in_PostgreSQL_too()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment[TestBook.Variable] = (await server.StartedAsync()).Address;
        foreach (var word in (string[])["exec", Path.Combine(AppContext.BaseDirectory, "SmartCity.Ingest.Tests.dll"), "-noColor", "-class-", typeof(PostgresBookTests).FullName!])
        {
            start.ArgumentList.Add(word);
        }

        foreach (var one in Classes)
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add("SmartCity.Ingest.Tests." + one);
        }

        foreach (var one in Classes is ["*"] ? [] : Rows)
        {
            start.ArgumentList.Add("-method-");
            start.ArgumentList.Add("SmartCity.Ingest.Tests." + one);
        }

        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        var total = Total().Match(said[0]);
        Assert.True(process.ExitCode == 0 && total.Success && int.Parse(total.Groups["n"].Value, System.Globalization.CultureInfo.InvariantCulture) > 150, said[0][Math.Max(0, said[0].Length - 20_000)..] + said[1]);
    }

    [Fact]
    public async Task A_book_whose_server_dies_says_so_and_goes_on_when_it_is_back()
    {
        await using var own = await PostgresServer.StartAsync();
        await using var book = await OpenAsync(own);
        await book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        await own.KillAsync();

        var away = await Assert.ThrowsAsync<BookEngineException>(() => book.CommitAsync(BookRig.Commit(BookRig.Change("a2")), Cancel));
        Assert.Equal(BookFault.Away, away.Fault);
        Assert.Contains("postgres on PostgreSQL at 127.0.0.1", away.Message, StringComparison.Ordinal);
        for (var n = 0; n < 20; n++)
        {
            Assert.Equal(BookFault.Away, (await Assert.ThrowsAsync<BookEngineException>(() => book.Alerts.FindAsync("a1", Cancel))).Fault);
        }

        var heard = new TaskCompletionSource();
        book.ForeignChange += _ =>
        {
            heard.TrySetResult();
            return Task.CompletedTask;
        };
        await own.BeginAsync();
        await UntilAsync(() => book.CommitAsync(BookRig.Commit(BookRig.Change("a2"), BookRig.Change("a1")), Cancel));
        Assert.NotNull(await book.Alerts.FindAsync("a1", Cancel));
        Assert.Equal(2, await book.Alerts.LastEventAsync(Cancel));

        // What happened while nobody listened is read again.
        await heard.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
    }

    [Fact]
    public async Task A_connection_that_was_ended_while_it_was_idle_is_nobodys_loss()
    {
        // A database of its own: others' connections are not to be ended.
        var name = "d_" + Schema();
        await SqlAsync("CREATE DATABASE " + name);
        var address = (await server.StartedAsync()).Address.Replace("Database=postgres", "Database=" + name, StringComparison.Ordinal);
        await using var book = await CityBook.OpenAsync(new BookOptions { Path = "/nowhere", Postgres = address }, TimeProvider.System, _ => true);
        await book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        await SqlAsync($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}' AND application_name LIKE 'smartcity book %'");
        await book.CommitAsync(BookRig.Commit(BookRig.Change("a2")), Cancel);
        Assert.NotNull(await book.Alerts.FindAsync("a2", Cancel));
    }

    [Fact]
    public async Task What_one_server_does_the_other_hears_within_a_second()
    {
        var name = Schema();
        await using var one = await OpenAsync(await server.StartedAsync(), name);
        await using var two = await OpenAsync(await server.StartedAsync(), name);
        var (ours, theirs) = (new TaskCompletionSource(), 0);
        two.ForeignChange += _ =>
        {
            ours.TrySetResult();
            return Task.CompletedTask;
        };
        one.Store.Engine.ForeignChange += _ => Interlocked.Increment(ref theirs);
        var watch = Stopwatch.StartNew();
        await one.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-9" }] }, "an", Cancel);
        await ours.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.NotNull(two.Registry.FindZone("z-9"));
        Assert.Equal(0, theirs); // its own word is no news
        TestContext.Current.TestOutputHelper?.WriteLine($"heard after {watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task Two_servers_that_write_at_once_number_their_events_in_one_row_and_know_what_the_other_knows()
    {
        var name = Schema();
        await using var one = await OpenAsync(await server.StartedAsync(), name);
        await using var two = await OpenAsync(await server.StartedAsync(), name);
        await Task.WhenAll(
            from book in new[] { one, two }
            from writer in Enumerable.Range(0, 4)
            select Task.Run(async () =>
            {
                // Both servers have the same readings: each transition is in the book once.
                for (var n = 0; n < 25; n++)
                {
                    await book.CommitAsync(BookRig.Commit(BookRig.Change($"a{n % 5}", $"c{writer}.{n}")), Cancel);
                }
            }));
        var events = await one.Alerts.EventsAfterAsync(0, 1000, Cancel);
        Assert.Equal(Enumerable.Range(1, 100).Select(n => (long)n), events.Select(e => e.Sequence));
        Assert.Equal(100, one.Transitions + two.Transitions);
        Assert.Equal(100, one.Repeats + two.Repeats);
    }

    [Fact]
    public async Task A_writer_that_stops_in_the_middle_loses_its_turn_and_writes_nothing_when_it_wakes()
    {
        var name = Schema();
        await using var stopped = await OpenAsync(await server.StartedAsync(), name, TimeSpan.FromSeconds(1));
        await using var other = await OpenAsync(await server.StartedAsync(), name, TimeSpan.FromSeconds(30));
        using var wake = new ManualResetEventSlim();
        var inside = new TaskCompletionSource();
        var writing = stopped.Store.WriteAsync(
            t =>
            {
                t.Audit(1, "stopped", "x", "y");
                inside.SetResult();
                wake.Wait(TimeSpan.FromSeconds(30));
            },
            Cancel);
        await inside.Task;
        await other.Store.WriteAsync(t => t.Audit(2, "other", "x", "y"), Cancel);
        wake.Set();
        Assert.Equal(BookFault.Away, (await Assert.ThrowsAsync<BookEngineException>(() => writing)).Fault);
        Assert.Equal("other", Assert.Single(await other.Store.ReadAsync(sql => sql.AuditOf("y", 9), Cancel)).Who);
        while (true)
        {
            try
            {
                await stopped.Store.WriteAsync(t => t.Audit(3, "awake", "x", "y"), Cancel);
                return;
            }
            catch (BookEngineException e) when (e.Fault == BookFault.Away)
            {
                await Task.Delay(100, Cancel); // it counts itself as cut off until it has looked again, within a second
            }
        }
    }

    [Fact]
    public async Task Who_waits_too_long_for_the_other_is_told()
    {
        var name = Schema();
        await using var holding = await OpenAsync(await server.StartedAsync(), name, TimeSpan.FromSeconds(30));
        await using var waiting = await OpenAsync(await server.StartedAsync(), name, TimeSpan.FromSeconds(1));
        using var go = new ManualResetEventSlim();
        var inside = new TaskCompletionSource();
        var writing = holding.Store.WriteAsync(
            t =>
            {
                inside.SetResult();
                go.Wait(TimeSpan.FromSeconds(30));
            },
            Cancel);
        await inside.Task;
        Assert.Equal(BookFault.Busy, (await Assert.ThrowsAsync<BookEngineException>(() => waiting.Store.WriteAsync(_ => { }, Cancel))).Fault);
        go.Set();
        await writing;
        await waiting.Store.WriteAsync(_ => { }, Cancel);
    }

    [Fact]
    public async Task Words_that_PostgreSQL_does_not_know_do_not_lose_an_alarm()
    {
        await using var book = await OpenAsync(await server.StartedAsync());
        var change = BookRig.Change("a1") with { Detail = "nul \0 and half \ud800 a letter" };
        await book.CommitAsync(new(Lane.Alarm, null, [change], []), Cancel);
        await book.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z", Name = "Chợ Vườn Hoa" }] }, "a\0n", Cancel);
        var alert = await book.Store.ReadAsync(sql => sql.Find("a1"), Cancel);
        Assert.Equal("nul \ufffd and half \ufffd a letter", alert!.Detail);
        Assert.Equal(
            [null, double.PositiveInfinity, double.Epsilon, 105.7764],
            await book.Store.ReadAsync(sql => new[] { double.NaN, double.PositiveInfinity, double.Epsilon, 105.7764 }.SelectMany(v => sql.Query("SELECT CAST($1 AS DOUBLE PRECISION)", r => r.Real(0), v)), Cancel));
    }

    [Theory]
    [InlineData("Password=hunter2", "Password=wrong-hunter", "user or the password")]
    [InlineData("Database=postgres", "Database=nowhere", "no such database")]
    [InlineData("Host=127.0.0.1", "Host=127.0.0.2", "does not answer")]
    public async Task A_book_that_cannot_be_opened_says_what_to_do_and_never_the_password(string was, string now, string why)
    {
        var address = (await server.StartedAsync()).Address.Replace(was, now, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAnyAsync<BookException>(() => CityBook.OpenAsync(new BookOptions { Path = "/nowhere", Postgres = address }, TimeProvider.System, _ => true));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", refused.ToString(), StringComparison.Ordinal);
    }

    internal static string Schema() => "s_" + Guid.NewGuid().ToString("N");

    internal static Task<CityBook> OpenAsync(PostgresServer on, string? schema = null, TimeSpan? busy = null) => CityBook.OpenAsync(
        new BookOptions { Path = "/nowhere", Postgres = $"{on.Address};Search Path={schema ?? Schema()}", BusyTimeout = busy ?? TimeSpan.FromSeconds(10) }, TimeProvider.System, _ => true);

    private static async Task UntilAsync(Func<Task> work)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                await work();
                return;
            }
            catch (BookEngineException e) when (e.Fault == BookFault.Away && watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(50);
            }
        }
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection((await server.StartedAsync()).Address + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancel);
    }

    [GeneratedRegex(@"Total: (?<n>\d+), Errors: 0, Failed: 0", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Total();

    /// <summary>One server for all tests; it starts when first asked for.</summary>
    public sealed class Server : IAsyncDisposable
    {
        private readonly SemaphoreSlim _gate = new(1, 1);
        private PostgresServer? _server;

        public async ValueTask DisposeAsync()
        {
            await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
            _gate.Dispose();
        }

        internal async Task<PostgresServer> StartedAsync()
        {
            Assert.SkipWhen(PostgresServer.Bin is null, "PostgreSQL is not installed: apt-get install postgresql-15");
            await _gate.WaitAsync();
            try
            {
                return _server ??= await PostgresServer.StartAsync();
            }
            finally
            {
                _gate.Release();
            }
        }
    }
}
