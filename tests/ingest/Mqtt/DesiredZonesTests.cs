using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Mqtt;

/// <summary>What officers do reaches the documents of a zone's gateways.</summary>
public sealed class DesiredZonesTests
{
    private const long Onset = 1_788_220_800_000_000_000;
    private const long Second = 1_000_000_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_act_has_a_later_mark_and_a_greater_version_and_another_server_says_the_same()
    {
        await using var rig = await CityAsync();
        List<string> told = [];
        rig.Book.ZoneActs.Changed = told.Add;
        var desired = Of(rig.Book);
        var before = desired.Make("gw-1");
        Assert.Empty(DesiredDocument.Read(before.Payload).Zones);

        await RaiseAsync(rig, "pre", "fire-prealarm", Onset);
        Assert.Null(desired.MakeIfChanged("gw-1"));
        await ActAsync(rig, "pre", AlertAct.Acknowledge);
        var seen = desired.MakeIfChanged("gw-1")!;
        Assert.Equal(new DesiredZone { Acknowledged = Instant.ToMoment(Onset) }, Zone(seen));
        Assert.True(seen.Version > before.Version);

        // The newest thing that was seen is what a reset is about, not the onset.
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("pre", "seen:heat", AlertChangeKind.Updated, "fire-prealarm", at: Onset + (7 * Second))), Cancel);
        await ActAsync(rig, "pre", AlertAct.Resolve);
        var ended = desired.MakeIfChanged("gw-1")!;
        Assert.Equal(Instant.ToMoment(Onset + (7 * Second)), Zone(ended).ResetAt);
        Assert.True(ended.Version > seen.Version);
        await ActAsync(rig, "pre", AlertAct.Close);
        Assert.Null(desired.MakeIfChanged("gw-1"));

        // By a gateway whose clock is behind: still a later act.
        await RaiseAsync(rig, "again", "fire-prealarm", Onset + Second);
        await ActAsync(rig, "again", AlertAct.Acknowledge);
        var later = desired.MakeIfChanged("gw-1")!;
        Assert.True(Zone(later).Acknowledged > Zone(later).ResetAt);
        Assert.Equal(["zone/z-1", "zone/z-1", "zone/z-1"], told);

        await using var other = await rig.AgainAsync();
        Assert.Equal(later.Payload, Of(other).Make("gw-1").Payload);
        Assert.Equal(DesiredDocument.Read(later.Payload).Zones, DesiredDocument.Read(Of(rig.Book).Make("gw-2").Payload).Zones);
        Assert.Empty(DesiredDocument.Read(Of(rig.Book).Make("gw-3").Payload).Zones);
        Assert.Equal(["gw-1", "gw-2"], desired.GatewaysOf("zone/z-1").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_fire_acknowledged_says_nothing_and_a_fire_that_took_its_pre_alarm_s_place_is_not_reset_by_filing_that()
    {
        await using var rig = await CityAsync();
        await RaiseAsync(rig, "pre", "fire-prealarm", Onset);
        await RaiseAsync(rig, "fire", "fire", Onset + Second);
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("pre", "confirmed", AlertChangeKind.Cleared, "fire-prealarm", autoResolve: true, at: Onset + Second)), Cancel);
        await ActAsync(rig, "fire", AlertAct.Acknowledge);
        await ActAsync(rig, "pre", AlertAct.Close);
        Assert.Null(rig.Book.ZoneActs.Find("zone/z-1"));
        await ActAsync(rig, "fire", AlertAct.Resolve);
        Assert.Equal(Onset + Second, rig.Book.ZoneActs.Find("zone/z-1")?.Reset);
    }

    [Fact]
    public async Task A_detector_without_a_zone_is_a_zone_of_its_own_and_a_stamp_of_the_far_future_is_not_believed()
    {
        await using var rig = await CityAsync();
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("pre", kind: "fire-prealarm", device: "lonely", zone: null, at: Onset + (86_400 * Second))), Cancel);
        await ActAsync(rig, "pre", AlertAct.Acknowledge);
        var document = DesiredDocument.Read(Of(rig.Book).Make("gw-3").Payload);
        Assert.Equal(("lonely", rig.Time.GetUtcNow()), (Assert.Single(document.Alone).Key, document.Alone["lonely"].Acknowledged));
        Assert.Equal(["gw-3"], Of(rig.Book).GatewaysOf("device/lonely"));
    }

    /// <summary>Windows as scope=target:minutes; the minutes for which the sirens of z-1 keep still at gw-1 and at gw-2.</summary>
    [Theory]
    [InlineData("", null, null)]
    [InlineData("zone=z-1:10", 10, 10)]
    [InlineData("zone=z-1:10 zone=z-1:30", 30, 30)]
    [InlineData("zone=z-2:10", null, null)]
    [InlineData("gateway=gw-1:10", 10, null)]
    [InlineData("device=fire-1:10", null, null)]
    [InlineData("device=fire-1:10 device=call-1:20", 10, null)]
    [InlineData("device=fire-1:10 gateway=gw-1:5", 5, null)]
    [InlineData("device=fire-2:10", null, 10)]
    [InlineData("street=s-1:10", null, null)]
    public async Task Sirens_keep_still_while_all_that_could_sound_them_is_under_test(string windows, int? first, int? second)
    {
        await using var rig = await CityAsync();
        var now = rig.Time.GetUtcNow();
        var running = new RunningTests(
            [.. windows.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Split('=', ':')).Select(w => (w[0], w[1], now.AddMinutes(int.Parse(w[2], System.Globalization.CultureInfo.InvariantCulture))))], 5);
        var without = Of(rig.Book).Make("gw-1").Version;
        var desired = Of(rig.Book, running);
        Assert.Equal(without + 5, desired.Make("gw-1").Version);
        Assert.Equal(
            (now + Minutes(first), now + Minutes(second)),
            (DesiredDocument.Read(desired.Make("gw-1").Payload).Zones.GetValueOrDefault("z-1")?.TestUntil, DesiredDocument.Read(desired.Make("gw-2").Payload).Zones.GetValueOrDefault("z-1")?.TestUntil));

        static TimeSpan? Minutes(int? minutes) => minutes is { } m ? TimeSpan.FromMinutes(m) : null;
    }

    [Fact]
    public async Task A_window_of_the_book_is_said_when_it_begins_and_taken_back_when_it_ends_each_under_a_greater_version()
    {
        await using var rig = await CityAsync();
        var desired = new DesiredDocuments(rig.Book.Registry, rig.Book.ZoneActs, () => RunningTests.Of(rig.Book.Maintenance, rig.Time.GetUtcNow()), rig.Book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh");
        List<long> versions = [desired.Make("gw-1").Version];
        var changes = 0;
        rig.Book.Maintenance.Changed += () => changes++;
        var start = rig.Time.GetUtcNow();
        await PlanAsync(MaintenanceMode.Test, 5, 65);
        await PlanAsync(MaintenanceMode.Drill, 0, 600);
        Assert.Null(desired.MakeIfChanged("gw-1"));
        versions.Add(desired.Look("gw-1").Version);

        await PassAsync(5);
        Assert.Equal(start.AddMinutes(65), Zone(desired.MakeIfChanged("gw-1")!).TestUntil);
        versions.Add(desired.Look("gw-1").Version);
        await PassAsync(60);
        Assert.Empty(DesiredDocument.Read(desired.MakeIfChanged("gw-1")!.Payload).Zones);
        versions.Add(desired.Look("gw-1").Version);

        var id = await PlanAsync(MaintenanceMode.Test, 65, 120);
        Assert.Equal(start.AddMinutes(120), Zone(desired.MakeIfChanged("gw-1")!).TestUntil);
        versions.Add(desired.Look("gw-1").Version);
        await rig.Book.Maintenance.EndAsync(long.Parse(id, System.Globalization.CultureInfo.InvariantCulture), "lan", null, Cancel);
        var last = desired.MakeIfChanged("gw-1")!;
        Assert.Empty(DesiredDocument.Read(last.Payload).Zones);
        versions.Add(last.Version);
        Assert.Equal(versions.Order(), versions);
        Assert.Distinct(versions.Skip(1));
        Assert.True(changes >= 6);

        await using var other = await rig.AgainAsync();
        Assert.Equal(rig.Book.Maintenance.Term(rig.Time.GetUtcNow().Ticks), other.Maintenance.Term(rig.Time.GetUtcNow().Ticks));

        async Task<string> PlanAsync(MaintenanceMode mode, int from, int to) => Assert.IsType<MaintenanceResult.Done>(await rig.Book.Maintenance.AddAsync(
            new MaintenanceWindow
            {
                Id = 0,
                Scope = MaintenanceScope.Zone,
                Target = "z-1",
                Mode = mode,
                From = Instant.From(start.AddMinutes(from)),
                To = Instant.From(start.AddMinutes(to)),
                By = "lan",
                CreatedAt = Instant.From(rig.Time.GetUtcNow()),
            },
            Cancel)).Window.Id;

        async Task PassAsync(int minutes)
        {
            rig.Time.Advance(TimeSpan.FromMinutes(minutes));
            await rig.Book.Maintenance.TickAsync(Cancel);
        }
    }

    private static DesiredDocuments Of(CityBook book, RunningTests? tests = null) =>
        new(book.Registry, book.ZoneActs, () => tests ?? RunningTests.None, book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh");

    private static DesiredZone Zone(DesiredMessage message) => DesiredDocument.Read(message.Payload).Zones["z-1"];

    private static async Task<BookRig> CityAsync()
    {
        var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Gateways = [new() { Id = "gw-1" }, new() { Id = "gw-2" }, new() { Id = "gw-3" }],
                Streets = [new() { Id = "s-1" }],
                Zones = [new() { Id = "z-1" }, new() { Id = "z-2" }],
                Devices =
                [
                    new() { Id = "fire-1", Kind = "fire_detector", Gateway = "gw-1", Zone = "z-1", Street = "s-1" },
                    new() { Id = "call-1", Kind = "manual_call_point", Gateway = "gw-1", Zone = "z-1" },
                    new() { Id = "fire-2", Kind = "fire_detector", Gateway = "gw-2", Zone = "z-1" },
                    new() { Id = "lamp-1", Kind = "streetlight", Gateway = "gw-1", Zone = "z-1" },
                    new() { Id = "lonely", Kind = "fire_detector", Gateway = "gw-3" },
                ],
            },
            "test",
            Cancel);
        return rig;
    }

    private static Task RaiseAsync(BookRig rig, string alert, string kind, long at) =>
        rig.Book.CommitAsync(BookRig.Commit(BookRig.Change(alert, kind: kind, at: at)), Cancel);

    private static async Task ActAsync(BookRig rig, string alert, AlertAct act)
    {
        var seen = await rig.Book.Alerts.FindAsync(alert, Cancel);
        Assert.IsType<ActResult.Done>(await rig.Book.Alerts.ActAsync(
            alert, seen!.Revision, new ActOrder(act, "lan", _ => true) { Cause = act == AlertAct.Close ? "test" : null }, Cancel));
    }
}
