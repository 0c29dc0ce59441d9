using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

public sealed class GrainCommitTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task Changes_snapshots_and_cursor_come_back_as_they_were_committed()
    {
        await using var rig = await BookRig.OpenAsync();
        var cursor = new LogCursor(BookRig.Log, Lane.Alarm, 4711);
        await rig.Book.CommitAsync(
            new(Lane.Alarm, cursor, [BookRig.Change("a1")], [new("device/smoke-1", 4711, new byte[] { 1, 2, 3 }), new("zone/z-1", 4000, new byte[] { 9 })]), Cancel);
        await rig.Book.CommitAsync(new(Lane.Alarm, null, [], [new("zone/z-1", 4711, ReadOnlyMemory<byte>.Empty)]), Cancel);

        var loaded = await rig.Book.LoadAsync(Lane.Alarm, Cancel);
        Assert.Equal(cursor, loaded.Cursor);
        var only = Assert.Single(loaded.Snapshots);
        Assert.Equal(("device/smoke-1", 4711L), (only.Grain, only.Position));
        Assert.Equal([1, 2, 3], only.State.ToArray());
        Assert.Equal(new GrainLoad(null, []).Cursor, (await rig.Book.LoadAsync(Lane.Telemetry, Cancel)).Cursor);
    }

    [Fact]
    public async Task The_same_commit_again_changes_nothing()
    {
        await using var rig = await BookRig.OpenAsync();
        var commit = BookRig.Commit(
            BookRig.Change("a1"),
            BookRig.Change("a1", "stage:2", AlertChangeKind.Updated),
            BookRig.Change("a1", "cleared@9", AlertChangeKind.Cleared));
        for (var i = 0; i < 3; i++)
        {
            await rig.Book.CommitAsync(commit, Cancel);
        }

        var alert = await rig.Book.Alerts.FindAsync("a1", Cancel);
        Assert.Equal(["raised", "updated", "cleared"], alert!.History!.Select(h => h.What));
        Assert.Equal(3, alert.Revision);
        Assert.Equal(3, await rig.Book.Alerts.LastEventAsync(Cancel));
        Assert.Equal((3, 6), (rig.Book.Transitions, rig.Book.Repeats));
    }

    [Fact]
    public async Task New_evidence_of_a_fire_that_a_person_ended_opens_it_again()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a1"), BookRig.Change("s1", kind: "silence", severity: Severity.Major, autoResolve: true)), Cancel);
        foreach (var id in new[] { "a1", "s1" })
        {
            Assert.IsType<ActResult.Done>(await rig.Book.Alerts.ActAsync(id, AlertAct.Resolve, 1, "lan", _ => true, null, null, Cancel));
        }

        Assert.Equal("a1", Assert.Single(await rig.Book.Alerts.EndedFiresAsync(Cancel)).Alert);
        await rig.Book.CommitAsync(
            BookRig.Commit(
                BookRig.Change("a1", "seen:smoke-2", AlertChangeKind.Updated),
                BookRig.Change("s1", "again", AlertChangeKind.Updated, kind: "silence", severity: Severity.Major, autoResolve: true)),
            Cancel);
        var fire = await rig.Book.Alerts.FindAsync("a1", Cancel);
        Assert.Equal(AlertState.Raised, fire!.State);
        Assert.Equal("reopened", fire.History![^1].What);
        Assert.Equal(AlertState.Resolved, (await rig.Book.Alerts.FindAsync("s1", Cancel))!.State);
        Assert.Empty(await rig.Book.Alerts.EndedFiresAsync(Cancel));
    }

    [Fact]
    public async Task A_cleared_fire_waits_for_a_person_and_a_cleared_silence_does_not()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.CommitAsync(
            BookRig.Commit(
                BookRig.Change("fire"),
                BookRig.Change("fire", "cleared@9", AlertChangeKind.Cleared),
                BookRig.Change("silence", kind: "silence", severity: Severity.Minor),
                BookRig.Change("silence", "cleared@9", AlertChangeKind.Cleared, "silence", Severity.Minor, autoResolve: true)),
            Cancel);
        var fire = await rig.Book.Alerts.FindAsync("fire", Cancel);
        Assert.Equal(AlertState.Raised, fire!.State);
        Assert.NotNull(fire.ClearedAt);
        Assert.Equal(AlertState.Resolved, (await rig.Book.Alerts.FindAsync("silence", Cancel))!.State);
    }

    [Fact]
    public async Task What_was_filed_and_grows_worse_is_raised_again()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("f", kind: "flood", severity: Severity.Minor, autoResolve: true)), Cancel);
        await rig.Book.Alerts.ActAsync("f", AlertAct.Resolve, 1, "lan", _ => true, null, null, Cancel);
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("f", "stage:2", AlertChangeKind.Updated, "flood", Severity.Minor, autoResolve: true)), Cancel);
        Assert.Equal(AlertState.Resolved, (await rig.Book.Alerts.FindAsync("f", Cancel))!.State);
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("f", "stage:3", AlertChangeKind.Updated, "flood", Severity.Critical, autoResolve: true)), Cancel);
        var alert = await rig.Book.Alerts.FindAsync("f", Cancel);
        Assert.Equal((AlertState.Raised, null), (alert!.State, alert.AcknowledgedBy));
        Assert.Equal(["raised", "resolved", "updated", "reopened"], alert.History!.Select(h => h.What));
    }

    [Fact]
    public async Task An_alert_says_where_it_is()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "le-loi", Name = "Lê Lợi" }],
                Devices = [new() { Id = "smoke-1", Kind = KindCatalog.BuiltIn.All[0].Name, Street = "le-loi", Lat = 19.8, Lon = 105.77, Name = "Chợ Vườn Hoa" }],
            },
            "test",
            Cancel);
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        Assert.Equal(new AlertLocation(19.8, 105.77, "Lê Lợi", "Chợ Vườn Hoa"), (await rig.Book.Alerts.FindAsync("a1", Cancel))!.Location);
    }

    [Fact]
    public async Task A_full_disk_gives_its_reserve_to_an_alarm_and_to_nobody_else()
    {
        Assert.SkipWhen(TestBook.IsPostgres, TestBook.FileOnly);
        var releases = 0;
        Action release = () => { };
        await using var rig = await BookRig.OpenAsync(o => o with
        {
            ReleaseReserve = () =>
            {
                releases++;
                release();
                return releases == 1;
            },
        });

        // SQLite's own bound on the file says SQLITE_FULL exactly as a full disk does.
        System.Data.Common.DbConnection? writer = null;
        void Pages(long most)
        {
            using var command = writer!.CreateCommand();
            command.CommandText = FormattableString.Invariant($"PRAGMA max_page_count={most}");
            command.ExecuteNonQuery();
        }

        await rig.Book.Store.WriteAsync(t => { writer = t.Sql.Connection; }, Cancel);
        await rig.Book.Store.WriteAsync(t => { }, Cancel);
        var pages = await rig.Book.Store.ReadAsync(sql => sql.Number("PRAGMA page_count"), Cancel);
        await rig.Book.Store.WriteAsync(t => Pages(pages!.Value), Cancel);
        release = () => Pages(1_000_000);

        var large = Enumerable.Range(0, 100).Select(i => new GrainSnapshot($"device/d{i}", 1, new byte[2000])).ToArray();
        var refused = await Assert.ThrowsAsync<BookEngineException>(() => rig.Book.CommitAsync(new(Lane.Telemetry, null, [], large), Cancel));
        Assert.Equal(BookFault.Full, refused.Fault);
        Assert.Equal(0, releases);

        await rig.Book.CommitAsync(new(Lane.Alarm, null, [BookRig.Change("a1")], large), Cancel);
        Assert.Equal(1, releases);
        Assert.NotNull(await rig.Book.Alerts.FindAsync("a1", Cancel));
        Assert.Equal(1, rig.Book.Store.Writer.ReserveReleases);

        // And to the officer who acts on it.
        releases = 0;
        await rig.Book.Store.WriteAsync(t => Pages(t.Sql.Number("PRAGMA page_count")!.Value), Cancel);
        var words = new string('x', 100_000);
        Assert.IsType<ActResult.Done>(await rig.Book.Alerts.ActAsync("a1", AlertAct.Acknowledge, 1, "lan", _ => true, words, null, Cancel));
        Assert.Equal(1, releases);
    }

    [Fact]
    public async Task An_alarm_commit_goes_before_everything_else_that_waits()
    {
        await using var rig = await BookRig.OpenAsync();
        using var hold = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        var order = new List<string>();
        var first = rig.Book.Store.WriteAsync(
            t =>
            {
                begun.SetResult();
                hold.Wait(TimeSpan.FromSeconds(10));
            },
            Cancel);
        await begun.Task;
        var others = Enumerable.Range(0, 20).Select(i => rig.Book.Store.WriteAsync(t => order.Add("other"), Cancel)).ToList();
        var alarm = rig.Book.Store.WriteAsync(t => order.Add("alarm"), Cancel, WritePriority.Alarm);
        hold.Set();
        await Task.WhenAll([first, alarm, .. others]).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("alarm", order[0]);
        Assert.Equal(21, order.Count);
    }

    [Fact]
    public async Task A_change_by_another_process_is_seen_here()
    {
        await using var rig = await BookRig.OpenAsync();
        var seen = new TaskCompletionSource();
        rig.Book.ForeignChange += _ =>
        {
            seen.TrySetResult();
            return Task.CompletedTask;
        };
        await using (var other = await rig.AgainAsync())
        {
            await other.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-9" }] }, "command-line", Cancel);
        }

        await seen.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.NotNull(rig.Book.Registry.FindZone("z-9"));
    }

    [Fact]
    public async Task A_listener_is_never_told_past_an_event_of_another_process()
    {
        await using var rig = await BookRig.OpenAsync(o => o with { ForeignCheck = TimeSpan.FromMinutes(1) });
        using var live = rig.Book.Events.Subscribe();
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        await using (var other = await rig.AgainAsync())
        {
            await other.CommitAsync(BookRig.Commit(BookRig.Change("a2")), Cancel);
        }

        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a3")), Cancel);
        foreach (var number in (long[])[1, 2, 3])
        {
            Assert.Equal(number, (await live.Events.ReadAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel)).Sequence);
        }
    }

    [Fact]
    public async Task A_book_of_a_newer_program_is_not_touched()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.Store.WriteAsync(t => t.Sql.Execute(TestBook.IsPostgres ? "UPDATE book_form SET version = 99" : "PRAGMA user_version = 99"), Cancel);
        var refused = await Assert.ThrowsAsync<BookException>(() => rig.AgainAsync());
        Assert.Contains("version 99", refused.Message, StringComparison.Ordinal);
    }
}
