using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>How alerts find together.</summary>
public sealed class IncidentTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    /// <summary>
    /// Each item is <c>alert kind device zone</c> (<c>-</c> for none) raised, <c>+minutes</c> passed, or <c>alert!</c> resolved by a person. What is
    /// expected: the incident of each alert, by the alert that opened it.
    /// </summary>
    [Theory]
    [InlineData("a fire d1 z1, b fire d2 z1", "a=a b=a")]
    [InlineData("a fire d1 z1, b fire d2 z2", "a=a b=b")]
    [InlineData("a fire d1 z1, b fire-prealarm d2 z1, c fire-fault d3 z1", "a=a b=a c=c")]
    [InlineData("a silence d1 z1, b battery d2 z1, c lamp d3 z1", "a=a b=a c=a")]
    [InlineData("a flood d1 z1, b rain d2 z1, c air d3 z1, d gas d4 z1", "a=a b=a c=c d=c")]
    // open: however long ago
    [InlineData("a silence d1 z1, +6000, b silence d2 z1", "a=a b=a")]
    // resolved: for half an hour
    [InlineData("a fire d1 z1, a!, +30, b fire d2 z1", "a=a b=a")]
    [InlineData("a fire d1 z1, a!, +31, b fire d2 z1", "a=a b=b")]
    [InlineData("a fire d1 z1, +20, b fire d2 z1, a!, b!, +20, c fire d3 z1", "a=a b=a c=a")]
    // no zone: street, gateway, device
    [InlineData("a silence in-street - , b silence in-street-2 -, c silence in-street z1", "a=a b=a c=c")]
    [InlineData("a silence at-gateway -, b silence at-gateway-2 -", "a=a b=a")]
    [InlineData("a silence at-street-gateway -, b silence in-street -", "a=a b=a")]
    [InlineData("a silence d1 -, b silence d2 -, c battery d1 -", "a=a b=b c=a")]
    [InlineData("a silence - -, b silence - -", "a=a b=a")]
    public async Task An_alert_joins_the_incident_of_its_place_category_and_time(string items, string expected)
    {
        await using var rig = await TownAsync();
        var alerts = new List<string>();
        foreach (var item in items.Split(',', StringSplitOptions.TrimEntries))
        {
            if (item[0] == '+')
            {
                rig.Time.Advance(TimeSpan.FromMinutes(int.Parse(item[1..], System.Globalization.CultureInfo.InvariantCulture)));
            }
            else if (item[^1] == '!')
            {
                await ActAsync(rig, item[..^1], AlertAct.Resolve);
            }
            else
            {
                var words = item.Split(' ');
                alerts.Add(words[0]);
                await RaiseAsync(rig, words[0], words[1], words[2], words[3]);
            }
        }

        var found = new List<string>();
        foreach (var alert in alerts)
        {
            found.Add($"{alert}={(await rig.Book.Alerts.FindAsync(alert, Cancel))!.Incident}");
        }

        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public async Task An_incident_counts_what_is_in_it_through_every_step()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.CommitAsync(
            BookRig.Commit(
                BookRig.Change("pre", kind: "fire-prealarm", severity: Severity.Major, device: "d1"),
                BookRig.Change("pre", "confirmed", AlertChangeKind.Cleared, "fire-prealarm", Severity.Major, "d2", autoResolve: true),
                BookRig.Change("fire", device: "d2"),
                BookRig.Change("fire", "seen:d3", AlertChangeKind.Updated, device: "d3"),
                BookRig.Change("fire", "seen:d3-again", AlertChangeKind.Updated, device: "d3")),
            Cancel);
        var one = await OnlyAsync(rig);
        Assert.Equal(("pre", 2, 1, 1, 3, Severity.Critical), (one.Id, one.Alerts, one.Open, one.Waiting, one.Devices, one.Severity));
        Assert.Equal(("zone/z-1", "z-1", "Fire", IncidentState.Open, false), (one.Place, one.Zone, one.Category, one.State, one.Test));
        Assert.Equal([("fire", 1L), ("fire-prealarm", 1L)], one.Kinds.Select(k => (k.Key, k.Value)));
        Assert.Equal(("fire", 5), (one.Lead!.Id, one.Revision));

        await ActAsync(rig, "fire", AlertAct.Acknowledge);
        Assert.Equal((1, 0), ((await OnlyAsync(rig)).Open, (await OnlyAsync(rig)).Waiting));
        await ActAsync(rig, "fire", AlertAct.Resolve);
        Assert.Empty((await rig.Book.Incidents.ListAsync(true, null, null, 10, Cancel)).Items);
        var closed = Assert.Single((await rig.Book.Incidents.ListAsync(false, null, null, 10, Cancel)).Items);
        Assert.Equal((IncidentState.Closed, 0, Severity.Critical), (closed.State, closed.Open, closed.Severity));
        Assert.Equal(rig.Time.GetUtcNow(), closed.ClosedAt);

        // New evidence of an ended fire opens both again.
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("fire", "seen:d4", AlertChangeKind.Updated, device: "d4")), Cancel);
        one = await OnlyAsync(rig);
        Assert.Equal((1, 1, 4, IncidentState.Open, null), (one.Open, one.Waiting, one.Devices, one.State, one.ClosedAt));

        var detail = (await rig.Book.Incidents.FindAsync("pre", Cancel))!;
        Assert.Equal(["fire", "pre"], detail.AlertList.Select(a => a.Id));
        Assert.Equal(["d1", "d2", "d3", "d4"], detail.DeviceIds);
        Assert.Equal(
            ["raised d1", "resolved d2", "raised d2", "updated d3", "updated d3", "acknowledged ", "resolved ", "reopened d4"],
            detail.Timeline.Select(s => $"{s.What} {s.Device}"));
    }

    [Fact]
    public async Task The_severity_is_of_what_is_still_open()
    {
        await using var rig = await BookRig.OpenAsync();
        await RaiseAsync(rig, "minor", "battery", "d1", "z1", Severity.Minor);
        await RaiseAsync(rig, "major", "silence", "d2", "z1", Severity.Major);
        Assert.Equal((Severity.Major, "major"), ((await OnlyAsync(rig)).Severity, (await OnlyAsync(rig)).Lead!.Id));
        await ActAsync(rig, "major", AlertAct.Acknowledge);
        Assert.Equal((Severity.Major, "minor"), ((await OnlyAsync(rig)).Severity, (await OnlyAsync(rig)).Lead!.Id));
        await ActAsync(rig, "major", AlertAct.Resolve);
        Assert.Equal(Severity.Minor, (await OnlyAsync(rig)).Severity);
    }

    [Fact]
    public async Task The_same_log_read_again_counts_nothing_twice()
    {
        await using var rig = await BookRig.OpenAsync();
        var commit = BookRig.Commit(BookRig.Change("a"), BookRig.Change("b", device: "d2"), BookRig.Change("a", "cleared", AlertChangeKind.Cleared));
        for (var i = 0; i < 3; i++)
        {
            await rig.Book.CommitAsync(commit, Cancel);
            rig.Time.Advance(TimeSpan.FromHours(2));
        }

        var one = await OnlyAsync(rig);
        Assert.Equal((2, 2, 2, 2, 3), (one.Alerts, one.Open, one.Waiting, one.Devices, one.Revision));
    }

    [Fact]
    public async Task Acknowledging_an_incident_leaves_out_what_came_after_the_officer_looked()
    {
        await using var rig = await BookRig.OpenAsync();
        var heard = new List<string>();
        rig.Book.Alerts.Acknowledged = (alert, _, _) => heard.Add(alert);
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a"), BookRig.Change("b", device: "d2")), Cancel);
        var seen = (await OnlyAsync(rig)).Revision;
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("late", device: "d3")), Cancel);

        var done = Assert.IsType<IncidentResult.Done>(await rig.Book.Incidents.AcknowledgeAsync("a", seen, "lan", _ => true, "on our way", Cancel));
        Assert.Equal((1, 3, "late"), (done.Incident.Waiting, done.Incident.Open, done.Incident.Lead!.Id));
        Assert.Equal(["a", "b"], heard);
        Assert.Equal(("lan", "on our way"), (done.Incident.Timeline[^1].Who, done.Incident.Timeline[^1].Note));

        var second = Assert.IsType<IncidentResult.Conflict>(await rig.Book.Incidents.AcknowledgeAsync("a", seen, "minh", _ => true, null, Cancel));
        Assert.Equal(("lan", "acknowledged"), (second.First!.Who, second.First.What));
        Assert.IsType<IncidentResult.Forbidden>(await rig.Book.Incidents.AcknowledgeAsync("a", done.Incident.Revision, "tech", _ => false, null, Cancel));
        Assert.IsType<IncidentResult.Missing>(await rig.Book.Incidents.AcknowledgeAsync("nobody", 1, "lan", _ => true, null, Cancel));
    }

    [Fact]
    public async Task Zones_hear_of_fires_only_so_that_a_thousand_faults_do_not_crowd_one_out()
    {
        await using var rig = await BookRig.OpenAsync();
        var heard = new List<string>();
        rig.Book.Alerts.Acknowledged = (alert, _, _) => heard.Add(alert);
        rig.Book.Alerts.Ended = (alert, _) => heard.Add(alert + " ended");
        foreach (var (id, kind) in new[] { ("a", "silence"), ("b", "fire-prealarm"), ("c", "flood") })
        {
            await RaiseAsync(rig, id, kind, "d", "z1");
            await ActAsync(rig, id, AlertAct.Acknowledge);
        }

        Assert.Equal("b", Assert.Single(await rig.Book.Alerts.AcknowledgedOpenAsync(Cancel)).Alert);
        await ActAsync(rig, "a", AlertAct.Resolve);
        await ActAsync(rig, "b", AlertAct.Resolve);
        Assert.Equal(["b", "b ended"], heard);
    }

    [Fact]
    public async Task Alerts_that_are_open_when_the_book_learns_of_incidents_get_theirs()
    {
        Assert.SkipWhen(TestBook.IsPostgres, TestBook.FileOnly);
        var folder = Directory.CreateTempSubdirectory("smartcity-book-").FullName;
        var path = Path.Combine(folder, "city.db");
        await using (var old = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
        {
            old.Open();
            using var command = old.CreateCommand();
            command.CommandText = Schema.Version1 + Schema.Version2 + """
                PRAGMA user_version = 2;
                INSERT INTO alerts(id, kind, severity, state, device, zone, rule, measured_at, received_at, raised_at, historical, test, revision, first_seq, last_seq) VALUES
                  ('a', 'fire', 'critical', 'raised', 'd1', 'z1', 'fire', 1, 1, 1, 0, 0, 1, 1, 1), ('b', 'silence', 'major', 'acknowledged', 'd2', 'z1', 's', 2, 2, 2, 0, 0, 1, 2, 2),
                  ('c', 'battery', 'minor', 'raised', 'd2', 'z1', 's', 3, 3, 3, 0, 0, 1, 3, 3), ('d', 'fire', 'critical', 'closed', 'd1', 'z1', 'fire', 4, 4, 4, 0, 0, 1, 4, 4);
                INSERT INTO transitions(seq, alert, cause, what, at, recorded_at, revision, kind, event) VALUES
                  (1, 'a', 'raised', 'raised', 1, 1, 1, 'fire', ''), (2, 'b', 'raised', 'raised', 2, 2, 1, 'silence', ''), (3, 'c', 'raised', 'raised', 3, 3, 1, 'battery', ''), (4, 'd', 'raised', 'raised', 4, 4, 1, 'fire', '');
                """;
            command.ExecuteNonQuery();
        }

        await using (var book = await CityBook.OpenAsync(new BookOptions { Path = path }, TimeProvider.System, _ => true))
        {
            var (items, _) = await book.Incidents.ListAsync(true, null, null, 10, Cancel);
            Assert.Equal([("a", 1L, 1L, 1L, Severity.Critical), ("b", 2L, 2L, 1L, Severity.Major)], items.Select(i => (i.Id, i.Alerts, i.Open, i.Waiting, i.Severity)));
            Assert.Equal(["b", "c"], (await book.Incidents.FindAsync("b", Cancel))!.Timeline.Select(s => s.Alert));
            Assert.Null((await book.Alerts.FindAsync("d", Cancel))!.Incident);
            Assert.IsType<ActResult.Done>(await book.Alerts.ActAsync("d", AlertAct.Note, 1, "lan", _ => true, "x", null, Cancel));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<IncidentView> OnlyAsync(BookRig rig) => Assert.Single((await rig.Book.Incidents.ListAsync(true, null, null, 10, Cancel)).Items);

    private static Task RaiseAsync(BookRig rig, string alert, string kind, string device, string zone, Severity severity = Severity.Major) => rig.Book.CommitAsync(
        BookRig.Commit(BookRig.Change(alert, kind: kind, severity: severity, device: device == "-" ? null : device, zone: zone is "-" or "" ? null : zone)), Cancel);

    private static async Task ActAsync(BookRig rig, string alert, AlertAct act) => Assert.IsType<ActResult.Done>(
        await rig.Book.Alerts.ActAsync(alert, act, (await rig.Book.Alerts.FindAsync(alert, Cancel))!.Revision, "lan", _ => true, null, null, Cancel));

    private static async Task<BookRig> TownAsync()
    {
        var rig = await BookRig.OpenAsync();
        var kind = KindCatalog.BuiltIn.All[0].Name;
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "le-loi" }],
                Gateways = [new() { Id = "g1" }, new() { Id = "g2", Street = "le-loi" }],
                Devices =
                [
                    new() { Id = "in-street", Kind = kind, Street = "le-loi" }, new() { Id = "in-street-2", Kind = kind, Street = "le-loi", Gateway = "g1" },
                    new() { Id = "at-gateway", Kind = kind, Gateway = "g1" }, new() { Id = "at-gateway-2", Kind = kind, Gateway = "g1" },
                    new() { Id = "at-street-gateway", Kind = kind, Gateway = "g2" },
                ],
            },
            "test",
            Cancel);
        return rig;
    }
}
