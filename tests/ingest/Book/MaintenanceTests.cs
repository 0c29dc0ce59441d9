using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>Tests, drills and works: what they make quiet, and what they never do.</summary>
public sealed class MaintenanceTests
{
    private const long Minute = 60_000_000_000;
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Theory]
    // (window, alert raised in it) → occasion
    [InlineData("zone z1 test", "fire d1 z1", "test")]
    [InlineData("zone z1 drill", "fire d1 z1", "drill")]
    [InlineData("zone z1 works", "fire d1 z1", null)]
    [InlineData("zone z1 works", "fire-prealarm d1 z1", null)]
    [InlineData("zone z1 works", "flood d1 z1", null)]
    [InlineData("zone z1 works", "gas d1 z1", null)]
    [InlineData("zone z1 works", "silence d1 z1", "works")]
    [InlineData("zone z1 works", "fire-fault d1 z1", "works")]
    [InlineData("zone z2 test", "fire d1 z1", null)]
    // one detector, one gateway, one street under test are not the zone: its fire counts
    [InlineData("device in-street test", "fire in-street z1", null)]
    [InlineData("device in-street test", "fire-prealarm in-street z1", "test")]
    [InlineData("device in-street test", "fire in-street -", "test")]
    [InlineData("gateway g1 test", "fire at-gateway z1", null)]
    [InlineData("gateway g1 test", "fire-prealarm at-gateway z1", null)]
    [InlineData("gateway g1 test", "fire-fault at-gateway z1", "test")]
    [InlineData("gateway g1 works", "silence at-gateway -", "works")]
    [InlineData("gateway g1 works", "silence in-street -", null)]
    [InlineData("street le-loi works", "lamp in-street -", "works")]
    [InlineData("street le-loi works", "lamp at-gateway -", null)]
    [InlineData("street le-loi test", "fire in-street z1", null)]
    // the loudest counts
    [InlineData("zone z1 test, zone z1 drill", "fire d1 z1", "drill")]
    [InlineData("zone z1 works, zone z1 test", "silence d1 z1", "test")]
    public async Task An_alert_that_is_raised_in_a_window_has_its_occasion(string windows, string alert, string? occasion)
    {
        await using var rig = await TownAsync();
        foreach (var window in windows.Split(", "))
        {
            await OpenAsync(rig, window);
        }

        await RaiseAsync(rig, "a", alert);
        var found = (await rig.Book.Alerts.FindAsync("a", Cancel))!;
        Assert.Equal((occasion, occasion is not null), (found.Occasion, found.Test));
        Assert.Equal(occasion is not null, Assert.Single((await rig.Book.Incidents.ListAsync(true, null, null, 10, Cancel)).Items).Test);
    }

    [Theory]
    [InlineData(-1, "fire", null)]
    [InlineData(-1, "silence", "test")] // silence begins with the last word of the device
    [InlineData(0, "fire", "test")]
    public async Task A_danger_that_was_measured_before_the_window_is_none_of_it(int minutes, string kind, string? occasion)
    {
        await using var rig = await TownAsync();
        await OpenAsync(rig, "zone z1 test");
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a", kind: kind, zone: "z1", at: Now(rig) + (minutes * Minute))), Cancel);
        Assert.Equal(occasion, (await rig.Book.Alerts.FindAsync("a", Cancel))!.Occasion);
    }

    [Fact]
    public async Task A_planned_window_begins_and_runs_out_by_the_clock_and_says_so()
    {
        await using var rig = await TownAsync();
        var told = 0;
        rig.Book.Maintenance.Changed += () => told++;
        await OpenAsync(rig, "zone z1 test", from: 10);
        Assert.Equal(1, told);
        Assert.Empty(rig.Book.Maintenance.Running(Now(rig)));
        await RaiseAsync(rig, "before", "fire d1 z1");
        rig.Time.Advance(TimeSpan.FromMinutes(10));
        await rig.Book.Maintenance.TickAsync(Cancel);
        Assert.Equal(2, told);
        Assert.Equal("z1", Assert.Single(rig.Book.Maintenance.Running(Now(rig))).Target);
        await RaiseAsync(rig, "during", "fire d1 z1");
        rig.Time.Advance(TimeSpan.FromMinutes(60));
        await rig.Book.Maintenance.TickAsync(Cancel);
        Assert.True(told >= 3);
        Assert.Empty(rig.Book.Maintenance.Running(Now(rig)));
        Assert.Empty((await rig.Book.Maintenance.ListAsync(true, long.MaxValue, 10, Cancel)).Items);
        var over = Assert.Single((await rig.Book.Maintenance.ListAsync(false, long.MaxValue, 10, Cancel)).Items);
        Assert.Equal((MaintenanceState.Ended, rig.Time.GetUtcNow(), null), (over.State, over.EndedAt, over.EndedBy));
        Assert.Equal([null, null], new[] { "before", "during" }.Select(id => rig.Book.Alerts.FindAsync(id, Cancel).Result!.Occasion));
    }

    [Theory]
    // what happens to the alert in the window → its state, occasion and last step once the window is over
    [InlineData("", AlertState.Raised, null, "live")]
    [InlineData("acknowledge", AlertState.Raised, null, "live")]
    [InlineData("cleared", AlertState.Raised, "test", "cleared")]
    [InlineData("resolve", AlertState.Resolved, "test", "resolved")]
    public async Task What_goes_on_when_the_window_ends_waits_for_somebody(string happens, AlertState state, string? occasion, string last)
    {
        await using var rig = await TownAsync();
        var window = await OpenAsync(rig, "zone z1 test");
        await RaiseAsync(rig, "a", "fire d1 z1");
        if (happens == "cleared")
        {
            await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a", "cleared", AlertChangeKind.Cleared, zone: "z1")), Cancel);
        }
        else if (happens.Length > 0)
        {
            await rig.Book.Alerts.ActAsync("a", Enum.Parse<AlertAct>(happens, ignoreCase: true), 1, "lan", _ => true, null, null, Cancel);
        }

        Assert.Equal(0, await rig.Book.Maintenance.TickAsync(Cancel));
        Assert.IsType<MaintenanceResult.Done>(await rig.Book.Maintenance.EndAsync(window, "lan", "done", Cancel));
        Assert.Equal(last == "live" ? 1 : 0, await rig.Book.Maintenance.TickAsync(Cancel));
        Assert.Equal(0, await rig.Book.Maintenance.TickAsync(Cancel));
        var found = (await rig.Book.Alerts.FindAsync("a", Cancel))!;
        Assert.Equal((state, occasion, last), (found.State, found.Occasion, found.History![^1].What));
        var incident = Assert.Single((await rig.Book.Incidents.ListAsync(false, null, null, 10, Cancel)).Items);
        Assert.Equal((occasion is not null, state == AlertState.Raised ? 1 : 0), (incident.Test, incident.Waiting));
        Assert.IsType<MaintenanceResult.Over>(await rig.Book.Maintenance.EndAsync(window, "minh", null, Cancel));
        Assert.IsType<MaintenanceResult.Missing>(await rig.Book.Maintenance.EndAsync(99, "minh", null, Cancel));
    }

    [Fact]
    public async Task New_evidence_after_the_end_makes_it_live_before_anybody_looks_at_the_clock()
    {
        await using var rig = await TownAsync();
        await OpenAsync(rig, "zone z1 test");
        await RaiseAsync(rig, "a", "fire d1 z1");
        rig.Time.Advance(TimeSpan.FromMinutes(61));
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a", "seen:d2", AlertChangeKind.Updated, zone: "z1", device: "d2")), Cancel);
        var found = (await rig.Book.Alerts.FindAsync("a", Cancel))!;
        Assert.Equal((null, "live"), (found.Occasion, found.History![^1].What));
        Assert.Equal(0, await rig.Book.Maintenance.TickAsync(Cancel));
    }

    [Fact]
    public async Task A_pre_alarm_of_the_detector_under_test_is_live_once_another_one_sees_it()
    {
        await using var rig = await TownAsync();
        await OpenAsync(rig, "device in-street test");
        await RaiseAsync(rig, "a", "fire-prealarm in-street z1");
        await rig.Book.CommitAsync(
            BookRig.Commit(BookRig.Change("a", "seen:at-gateway", AlertChangeKind.Updated, "fire-prealarm", zone: "z1", device: "at-gateway", at: Now(rig))), Cancel);
        Assert.Null((await rig.Book.Alerts.FindAsync("a", Cancel))!.Occasion);
    }

    [Fact]
    public async Task A_server_that_died_before_it_settled_a_window_does_so_when_it_starts()
    {
        await using var rig = await TownAsync();
        await OpenAsync(rig, "zone z1 test");
        for (var i = 0; i < 1200; i += 400)
        {
            await rig.Book.CommitAsync(BookRig.Commit([.. Enumerable.Range(i, 400).Select(n => BookRig.Change($"a{n}", kind: "fire-fault", device: $"d{n}", zone: "z1"))]), Cancel);
        }

        rig.Time.Advance(TimeSpan.FromHours(2));
        await using var again = await rig.AgainAsync();
        Assert.Empty(again.Maintenance.Running(Now(rig)));
        Assert.Equal(1200, await again.Maintenance.TickAsync(Cancel));
        Assert.Equal(0, await again.Maintenance.TickAsync(Cancel));
    }

    [Fact]
    public async Task Both_acts_are_on_the_record()
    {
        await using var rig = await TownAsync();
        var window = await OpenAsync(rig, "zone z1 test");
        await rig.Book.Maintenance.EndAsync(window, "minh", "detectors are clean", Cancel);
        var audit = await rig.Book.Store.ReadAsync(sql => sql.AuditOf("zone/z1", 2), Cancel);
        Assert.Equal([("minh", "maintenance-end", "detectors are clean"), ("lan", "maintenance-begin", "test 2026-09-01T00:00:00+00:00 to 2026-09-01T01:00:00+00:00")],
            audit.Select(a => (a.Who, a.Act, a.Detail!)));
    }

    private static long Now(BookRig rig) => Instant.From(rig.Time.GetUtcNow());

    private static async Task<long> OpenAsync(BookRig rig, string window, int from = 0)
    {
        var words = window.Split(' ');
        var begins = Now(rig) + (from * Minute);
        var done = Assert.IsType<MaintenanceResult.Done>(await rig.Book.Maintenance.AddAsync(
            new MaintenanceWindow
            {
                Id = 0,
                Scope = Enum.Parse<MaintenanceScope>(words[0], ignoreCase: true),
                Target = words[1],
                Mode = Enum.Parse<MaintenanceMode>(words[2], ignoreCase: true),
                From = begins,
                To = begins + (60 * Minute),
                By = "lan",
                CreatedAt = Now(rig),
            },
            Cancel));
        return long.Parse(done.Window.Id, CultureInfo.InvariantCulture);
    }

    private static Task RaiseAsync(BookRig rig, string id, string alert)
    {
        var words = alert.Split(' ');
        return rig.Book.CommitAsync(BookRig.Commit(BookRig.Change(id, kind: words[0], device: words[1], zone: words[2] == "-" ? null : words[2], at: Now(rig))), Cancel);
    }

    private static async Task<BookRig> TownAsync()
    {
        var rig = await BookRig.OpenAsync();
        var kind = KindCatalog.BuiltIn.All[0].Name;
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Zones = [new() { Id = "z1" }],
                Streets = [new() { Id = "le-loi" }],
                Gateways = [new() { Id = "g1" }],
                Devices = [new() { Id = "in-street", Kind = kind, Street = "le-loi" }, new() { Id = "at-gateway", Kind = kind, Gateway = "g1" }],
            },
            "test",
            Cancel);
        return rig;
    }
}
