using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>Commits of grains where several servers share the book: what each rests on is asked in its own transaction.</summary>
public sealed class SharedGrainsTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    private readonly Sessions _sessions = new();
    private BookRig _rig = null!;
    private CityBook _other = null!;

    private CityBook Book => _rig.Book;

    public async ValueTask InitializeAsync()
    {
        _rig = await BookRig.OpenAsync(o => o with { Server = "a" });
        _other = await _rig.AgainAsync(o => o with { Server = "b" });
        (Book.Sessions, _other.Sessions) = (_sessions, _sessions);
        await Book.AdoptLogAsync(new LogCursor(BookRig.Log, Lane.Alarm, 0), 0, Cancel);
        await _other.AdoptLogAsync(new LogCursor(Guid.NewGuid(), Lane.Alarm, 0), 0, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_commit_that_rests_on_a_session_of_another_epoch_writes_nothing()
    {
        _sessions.Epochs["g1"] = 7;
        await Book.CommitAsync(Commit(1, BookRig.Change("a1")) with { Holds = [new("g1", 7)], Snapshots = [new("device/d1", 10, new byte[] { 1 })] }, Cancel);
        _sessions.Epochs["g1"] = 9; // it went away, and came back
        _sessions.Epochs["g2"] = 8;
        var moved = await Assert.ThrowsAsync<GrainsMovedException>(() => Book.CommitAsync(
            Commit(2, BookRig.Change("a2")) with { Holds = [new("g1", 7), new("g2", 8)], Snapshots = [new("device/d1", 20, new byte[] { 2 })] }, Cancel));
        Assert.Equal([new GrainHold("g1", 7)], moved.Lost);
        Assert.Null(await Book.Alerts.FindAsync("a2", Cancel));
        Assert.Equal(10, Assert.Single((await Book.LoadAsync(Lane.Alarm, Cancel)).Snapshots).Position);
        Assert.Equal(1, (await Book.LoadAsync(Lane.Alarm, Cancel)).Said);
    }

    [Fact]
    public async Task Who_comes_second_to_a_zone_is_given_its_row_and_a_zone_that_lives_is_not_deleted()
    {
        await Book.CommitAsync(Commit(1) with { Snapshots = [new("zone/hall", 10, new byte[] { 1 }), new("device/d1", 10, new byte[] { 5 })] }, Cancel);
        var moved = await Assert.ThrowsAsync<GrainsMovedException>(
            () => _other.CommitAsync(Commit(1, BookRig.Change("b1")) with { Snapshots = [new("zone/hall", 3, new byte[] { 2 })] }, Cancel));
        var row = Assert.Single(moved.Zones);
        Assert.Equal(("zone/hall", 1L, 1), (row.Grain, row.Revision, row.State.Span[0]));
        await _other.CommitAsync(Commit(1, BookRig.Change("b1")) with { Snapshots = [new("zone/hall", 3, new byte[] { 2 }) { Revision = 1 }] }, Cancel);
        await Book.CommitAsync(new GrainCommit(Lane.Alarm, null, [], [new("zone/hall", 0, default) { Revision = 1 }]), Cancel);
        var zone = Assert.Single(await Book.ZonesAsync(Lane.Alarm, Cancel));
        Assert.Equal((2L, 2), (zone.Revision, zone.State.Span[0]));
        await Book.CommitAsync(new GrainCommit(Lane.Alarm, null, [], [new("zone/hall", 0, default) { Revision = 2 }]), Cancel);
        Assert.Empty(await Book.ZonesAsync(Lane.Alarm, Cancel));
    }

    [Fact]
    public async Task A_commit_that_happened_though_its_answer_was_lost_is_known_by_its_number()
    {
        await Book.CommitAsync(Commit(4, BookRig.Change("a1")), Cancel);
        var moved = await Assert.ThrowsAsync<GrainsMovedException>(() => Book.CommitAsync(Commit(5, BookRig.Change("a1"), BookRig.Change("a2")) with { FirstUnknown = 4 }, Cancel));
        Assert.Equal((4, 0, 0), (moved.Said, moved.Lost.Count, moved.Zones.Count));
        await _other.CommitAsync(Commit(4), Cancel); // another server's numbers are its own
        await Book.CommitAsync(Commit(6, BookRig.Change("a2")), Cancel);
        Assert.Equal(2, await Book.Alerts.LastEventAsync(Cancel));
    }

    [Fact]
    public async Task Rows_are_found_by_name_and_strangers_by_the_gateway_they_are_heard_through()
    {
        await Book.CommitAsync(
            new GrainCommit(Lane.Alarm, null, [], [new("device/d1", 1, new byte[] { 1 }), new("device/x", 2, new byte[] { 2 }) { HeardFrom = "g2" }, new("circuit/g1", 3, new byte[] { 3 })]), Cancel);
        Assert.Equal(["circuit/g1", "device/d1"], (await Book.ReadAsync(Lane.Alarm, ["device/d1", "circuit/g1", "device/none"], Cancel)).Select(r => r.Grain).Order(StringComparer.Ordinal));
        Assert.Empty(await Book.ReadAsync(Lane.Telemetry, ["device/d1"], Cancel));
        Assert.Equal("device/x", Assert.Single(await Book.HeardFromAsync(Lane.Alarm, ["g1", "g2"], Cancel)).Grain);
        Assert.Single(await Book.HeardFromAsync(Lane.Alarm, null, Cancel));
        Assert.Empty(await Book.HeardFromAsync(Lane.Alarm, ["g1"], Cancel));
    }

    [Fact]
    public async Task A_log_is_known_under_a_new_name_and_another_servers_rows_keep_their_positions()
    {
        var log = Guid.NewGuid();
        await Book.AdoptLogAsync(new LogCursor(log, Lane.Telemetry, 0), 0, Cancel);
        await Book.CommitAsync(new GrainCommit(Lane.Telemetry, new LogCursor(log, Lane.Telemetry, 500), [], [new("device/l1", 500, new byte[] { 1 })]), Cancel);
        Assert.False(await _other.AdoptLogAsync(new LogCursor(Guid.NewGuid(), Lane.Telemetry, 0), 0, Cancel));
        Assert.Equal(500, Assert.Single((await Book.LoadAsync(Lane.Telemetry, Cancel)).Snapshots).Position);
        await using var renamed = await _rig.AgainAsync(o => o with { Server = "c" });
        Assert.False(await renamed.AdoptLogAsync(new LogCursor(log, Lane.Telemetry, 0), 900, Cancel));
        Assert.Equal(500, (await renamed.LoadAsync(Lane.Telemetry, Cancel)).Cursor!.Value.Position);
    }

    [Theory]
    [InlineData(100, 200, true)] // long before
    [InlineData(900, 950, true)] // between the two
    [InlineData(250, 320, false)] // an alert was raised meanwhile
    [InlineData(350, 380, false)] // it stood all the while
    [InlineData(390, 450, false)] // it ended meanwhile
    [InlineData(1200, 1300, false)] // one stands since 1000
    public async Task What_was_over_before_it_was_heard_of_is_told_once_as_history_and_only_if_nothing_was_told_of_that_time(long began, long ended, bool told)
    {
        await Book.CommitAsync(Commit(1, Lamp("x", "raised", AlertChangeKind.Raised, 300), Lamp("x", "cleared@400", AlertChangeKind.Cleared, 400), Lamp("y", "raised", AlertChangeKind.Raised, 1000)), Cancel);
        var late = Commit(2) with { Late = [Lamp("late", "raised", AlertChangeKind.Raised, began), Lamp("late", "cleared", AlertChangeKind.Cleared, ended)] };
        await Book.CommitAsync(late, Cancel);
        await _other.CommitAsync(late with { Number = 1, FirstUnknown = 1 }, Cancel);
        var alert = await Book.Alerts.FindAsync("late", Cancel);
        Assert.Equal(told, alert is not null);
        if (alert is not null)
        {
            Assert.Equal((true, AlertState.Resolved, 2), (alert.Historical, alert.State, alert.History!.Count));
        }
    }

    [Fact]
    public async Task What_officers_did_to_fires_is_read_in_order_for_the_zones_of_other_servers()
    {
        await Book.CommitAsync(Commit(1, BookRig.Change("f1"), BookRig.Change("s1", kind: "silence", severity: Severity.Major, autoResolve: true)), Cancel);
        await Book.Alerts.ActAsync("s1", AlertAct.Acknowledge, 1, "lan", _ => true, null, null, Cancel);
        await Book.Alerts.ActAsync("f1", AlertAct.Acknowledge, 1, "lan", _ => true, null, null, Cancel);
        await Book.Alerts.ActAsync("f1", AlertAct.Resolve, 2, "lan", _ => true, null, null, Cancel);
        var words = await _other.Alerts.WordsToZonesAsync(0, 10, Cancel);
        Assert.Equal([("f1", false), ("f1", true)], words.Select(w => (w.Alert, w.Ends)));
        Assert.Single(await _other.Alerts.WordsToZonesAsync(words[0].Sequence, 10, Cancel));
    }

    private static GrainCommit Commit(long number, params AlertChange[] changes) => new(Lane.Alarm, null, changes, []) { Number = number, FirstUnknown = number };

    private static AlertChange Lamp(string id, string cause, AlertChangeKind what, long seconds) =>
        BookRig.Change(id, cause, what, "lamp", Severity.Minor, "l1", null, autoResolve: true, at: 1_788_220_800_000_000_000 + (seconds * 1_000_000_000));

    private sealed class Sessions : IGrainSessions
    {
        public Dictionary<string, long> Epochs { get; } = new(StringComparer.Ordinal);

        public long EpochOf(string gateway, Lane lane) => Epochs.GetValueOrDefault(gateway, -1);

        public IReadOnlyList<string> Held(Lane lane) => [.. Epochs.Keys];
    }
}
