using System.Diagnostics;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>When everything speaks at once.</summary>
public sealed class StormTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task Five_hundred_detectors_of_one_zone_are_one_incident_with_500_inside()
    {
        await using var rig = await BookRig.OpenAsync();
        foreach (var chunk in Enumerable.Range(0, 500).Chunk(40))
        {
            await rig.Book.CommitAsync(BookRig.Commit([.. chunk.Select(i => i == 0
                ? BookRig.Change("fire", device: "d-0")
                : BookRig.Change("fire", $"seen:d-{i}", AlertChangeKind.Updated, device: $"d-{i}"))]), Cancel);
            rig.Time.Advance(TimeSpan.FromMilliseconds(400));
        }

        var one = Assert.Single(await OpenAsync(rig));
        Assert.Equal((1, 500, 1), (one.Alerts, one.Devices, one.Waiting));
        Assert.Equal(500, (await rig.Book.Incidents.FindAsync(one.Id, Cancel))!.DeviceIds.Count);
    }

    [Fact]
    public async Task Twenty_zones_are_twenty_incidents_the_newest_first()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.CommitAsync(BookRig.Commit([.. Enumerable.Range(0, 500).Select(i => BookRig.Change($"a{i}", device: $"d-{i}", zone: $"z-{i % 20}"))]), Cancel);
        var all = await OpenAsync(rig);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"z-{19 - i}"), all.Select(i => i.Zone));
        Assert.All(all, i => Assert.Equal((25, 25), (i.Alerts, i.Devices)));
    }

    [Fact]
    public async Task Five_hundred_that_fall_silent_in_one_zone_are_one_incident_and_one_key_acknowledges_them()
    {
        await using var rig = await BookRig.OpenAsync();
        await SilenceAsync(rig, 0, 500, _ => "z-1");
        var one = Assert.Single(await OpenAsync(rig));
        Assert.Equal((500, 500, 500), (one.Alerts, one.Devices, one.Waiting));
        var commits = rig.Book.Store.Writer.Commits;
        var done = Assert.IsType<IncidentResult.Done>(await rig.Book.Incidents.AcknowledgeAsync(one.Id, one.Revision, "lan", _ => true, null, Cancel));
        Assert.Equal((0, 500, 1), (done.Incident.Waiting, done.Incident.Open, rig.Book.Store.Writer.Commits - commits));
    }

    [Fact]
    public async Task More_than_one_transaction_holds_are_acknowledged_too_and_somebody_elses_are_left()
    {
        await using var rig = await BookRig.OpenAsync();
        await SilenceAsync(rig, 0, 2100, _ => "z-1");
        var one = Assert.Single(await OpenAsync(rig));
        var done = Assert.IsType<IncidentResult.Done>(
            await rig.Book.Incidents.AcknowledgeAsync(one.Id, one.Revision, "lan", a => a.Device != "d-7", null, Cancel));
        Assert.Equal((1, 500), (done.Incident.Waiting, done.Incident.AlertList.Count));
    }

    [Fact]
    public async Task The_list_stays_usable_with_ten_thousand_open_alerts()
    {
        await using var rig = await BookRig.OpenAsync();
        for (var i = 0; i < 10_000; i += 1000)
        {
            await SilenceAsync(rig, i, 1000, n => $"z-{n % 400}");
        }

        var times = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(100, (await rig.Book.Incidents.ListAsync(true, null, null, 100, Cancel)).Items.Count);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine($"page of 100 incidents, 10,000 open alerts in 400: median {times[10]:F1} ms, worst {times[^1]:F1} ms");

        // Every page once.
        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await rig.Book.Incidents.ListAsync(true, null, next, 150, Cancel);
            seen.AddRange(page.Items.Select(i => i.Id));
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(400, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(400, seen.Count);
        Assert.True(times[10] < 500, $"a page of the list took {times[10]:F0} ms in the middle");
    }

    [Fact]
    public async Task What_a_burst_of_500_alarms_costs_in_front_of_its_acknowledgement()
    {
        await using var rig = await BookRig.OpenAsync();
        await SilenceAsync(rig, 0, 1, _ => "z-1");
        var watch = Stopwatch.StartNew();
        await SilenceAsync(rig, 1, 500, _ => "z-1");
        var together = watch.Elapsed;
        watch.Restart();
        for (var i = 501; i < 1001; i++)
        {
            await SilenceAsync(rig, i, 1, n => $"z-{n % 20}");
        }

        Console.WriteLine($"500 alarms in one commit {together.TotalMilliseconds:F1} ms; 500 commits {watch.Elapsed.TotalMilliseconds:F0} ms");
        Assert.True(together < TimeSpan.FromSeconds(2), $"500 alarms took {together.TotalMilliseconds:F0} ms in one commit");
    }

    private static Task SilenceAsync(BookRig rig, int from, int count, Func<int, string> zone) => rig.Book.CommitAsync(
        BookRig.Commit([.. Enumerable.Range(from, count).Select(i =>
            BookRig.Change($"s{i}", kind: "silence", severity: Severity.Major, device: $"d-{i}", zone: zone(i), autoResolve: true))]),
        Cancel);

    private static async Task<IReadOnlyList<IncidentView>> OpenAsync(BookRig rig) => (await rig.Book.Incidents.ListAsync(true, null, null, 500, Cancel)).Items;
}
