using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>What happens while nobody acknowledges. A line of a table is a story: items by comma, and the levels that were reached by second.</summary>
public sealed class EscalationTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    /// <summary>
    /// <c>a fire z1</c> raises (further words: minor … critical, historical, test, drill, flapping), <c>a!ack</c> is an officer's act, <c>+60</c> lets
    /// seconds pass one by one. Expected: <c>alert level@second</c>.
    /// </summary>
    [Theory]
    [InlineData("a fire z1 critical, +59", "")]
    [InlineData("a fire z1 critical, +60", "a 1@60")]
    [InlineData("a fire z1 critical, +185", "a 1@60|a 2@120|a 3@180")]
    [InlineData("a fire z1 critical, +70, a!Acknowledge, +600", "a 1@60")]
    [InlineData("a fire z1 critical, a!Start, +600", "")]
    [InlineData("a fire-prealarm z1 major, +60", "a 1@60")]
    [InlineData("a flood z1 major, +420", "a 1@120|a 2@420")]
    [InlineData("a silence z1 major, +2700", "a 1@900|a 2@2700")]
    [InlineData("a gas z1 critical, +420", "a 1@120|a 2@420")]
    [InlineData("a battery z1 minor, +4000", "")]
    // only the worst of an incident, then the next
    [InlineData("a fire-prealarm z1 major, b fire z1 critical, +120", "b 1@60|b 2@120")]
    [InlineData("a fire-prealarm z1 major, b fire z1 critical, +60, b!Acknowledge, +1", "b 1@60|a 1@61")]
    [InlineData("a fire z1 critical, b fire z2 critical, +60", "a 1@60|b 1@60")]
    // what has no rule stands in nobody's way
    [InlineData("a weather z1 minor, b flood z1 info, +120", "b 1@120")]
    // never these
    [InlineData("a fire z1 critical historical, +600", "")]
    [InlineData("a fire z1 critical test, +600", "")]
    [InlineData("a silence z1 major works, +4000", "")]
    [InlineData("a silence z1 major flapping, +4000", "")]
    [InlineData("a fire z1 critical flapping, +60", "a 1@60")]
    [InlineData("a fire z1 critical drill, +60", "a 1@60")]
    [InlineData("a fire z1 critical historical, b fire z1 critical, +60", "b 1@60")]
    [InlineData("a silence z1 major flapping, b silence z1 major, +900", "b 1@900")]
    public async Task An_alert_that_nobody_acknowledges_is_passed_on(string story, string expected)
    {
        await using var rig = await BookRig.OpenAsync();
        Assert.Equal(expected, string.Join('|', await TellAsync(rig, story)));
    }

    [Fact]
    public async Task After_ten_levels_it_goes_on_every_ten_minutes()
    {
        await using var rig = await BookRig.OpenAsync();
        var said = await TellAsync(rig, "a fire z1 critical, +1900");
        Assert.Equal([.. Enumerable.Range(1, 10).Select(i => $"a {i}@{i * 60}"), "a 11@1200", "a 12@1800"], said);
        var alert = (await rig.Book.Alerts.FindAsync("a", Cancel))!;
        Assert.Equal((12, 12), (alert.Escalation, Assert.Single((await rig.Book.Incidents.ListAsync(true, null, null, 1, Cancel)).Items).Escalation));
        Assert.Equal(rig.Time.GetUtcNow().AddSeconds(-100), alert.EscalatedAt);
    }

    [Fact]
    public async Task Who_reopens_it_begins_the_levels_anew()
    {
        await using var rig = await BookRig.OpenAsync();
        await TellAsync(rig, "a fire z1 critical, +60, a!Resolve");
        await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change("a", "seen:d2", AlertChangeKind.Updated, zone: "z1")), Cancel);
        Assert.Equal(0, (await rig.Book.Alerts.FindAsync("a", Cancel))!.Escalation);
        Assert.Equal(["a 1@60"], await TellAsync(rig, "+60"));
    }

    [Fact]
    public async Task A_server_that_starts_again_passes_on_one_level_and_not_all_it_missed()
    {
        await using var rig = await BookRig.OpenAsync();
        await TellAsync(rig, "a fire z1 critical, +60");
        rig.Time.Advance(TimeSpan.FromHours(5));
        await using var again = await rig.AgainAsync();
        Assert.Equal((1, 0), (await again.Escalation.TickAsync(Cancel), await again.Escalation.TickAsync(Cancel)));
        Assert.Equal(0, await rig.Book.Escalation.TickAsync(Cancel)); // the other server sees that it was done
        Assert.Equal(2, (await rig.Book.Alerts.FindAsync("a", Cancel))!.Escalation);
    }

    [Fact]
    public async Task New_rules_count_at_once_and_an_old_revision_is_told_who_was_first()
    {
        await using var rig = await BookRig.OpenAsync();
        await TellAsync(rig, "a fire z1 critical, +30");
        var rules = new Dictionary<string, EscalationRule?> { ["fire"] = new(10, 10) };
        Assert.IsType<EscalationResult.Done>(await rig.Book.Escalation.PutAsync(rules, 0, "lan", Cancel));
        Assert.Equal(1, await rig.Book.Escalation.TickAsync(Cancel));
        var refused = Assert.IsType<EscalationResult.Conflict>(await rig.Book.Escalation.PutAsync(rules, 0, "minh", Cancel));
        Assert.Equal(("lan", 1), (refused.By, refused.Rules.Revision));
        Assert.IsType<EscalationResult.NoRota>(await rig.Book.Escalation.PutAsync(new Dictionary<string, EscalationRule?> { ["fire"] = new(10, 10, "nobody") }, null, "lan", Cancel));
        await using var again = await rig.AgainAsync();
        Assert.Equal(new EscalationRule(10, 10), again.Escalation.Rules.Of("fire", Severity.Critical));
        Assert.Null(again.Escalation.Rules.Of("silence", Severity.Major));
    }

    [Fact]
    public async Task Twenty_thousand_that_wait_are_looked_at_only_when_something_happens()
    {
        await using var rig = await BookRig.OpenAsync();
        await TellAsync(rig, "a fire z1 critical");
        var commits = rig.Book.Store.Writer.Commits;
        for (var i = 0; i < 59; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(0, await rig.Book.Escalation.TickAsync(Cancel));
        }

        Assert.Equal(commits, rig.Book.Store.Writer.Commits);
    }

    [Theory]
    // the third of one rule about one thing within a quarter of an hour, by measured times
    [InlineData("0 600 899", "--f")]
    [InlineData("0 600 900", "---")]
    [InlineData("0 60 120 180 2000", "--ff-")]
    public async Task What_comes_and_goes_is_flapping(string seconds, string expected)
    {
        await using var rig = await BookRig.OpenAsync();
        var flapping = "";
        foreach (var (second, i) in seconds.Split(' ').Select((s, i) => (long.Parse(s, CultureInfo.InvariantCulture), i)))
        {
            var at = Instant.From(rig.Time.GetUtcNow()) + (second * 1_000_000_000);
            await rig.Book.CommitAsync(
                BookRig.Commit(
                    BookRig.Change($"a{i}", kind: "battery", at: at, autoResolve: true),
                    BookRig.Change($"a{i}", "cleared", AlertChangeKind.Cleared, "battery", at: at + 1, autoResolve: true),
                    BookRig.Change($"other{i}", kind: "battery", device: $"other{i}", at: at)),
                Cancel);
            flapping += (await rig.Book.Alerts.FindAsync($"a{i}", Cancel))!.Flapping ? 'f' : '-';
            Assert.False((await rig.Book.Alerts.FindAsync($"other{i}", Cancel))!.Flapping);
        }

        Assert.Equal(expected, flapping);
    }

    [Fact]
    public async Task A_zones_fire_flaps_whichever_detector_it_was()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.CommitAsync(BookRig.Commit([.. Enumerable.Range(0, 3).Select(i => BookRig.Change($"a{i}", device: $"d{i}", at: 1_788_220_800_000_000_000 + i))]), Cancel);
        Assert.True((await rig.Book.Alerts.FindAsync("a2", Cancel))!.Flapping);
    }

    private static async Task<List<string>> TellAsync(BookRig rig, string story)
    {
        var (said, second) = (new List<string>(), 0);
        var last = await rig.Book.Alerts.LastEventAsync(Cancel);
        foreach (var item in story.Split(", "))
        {
            if (item[0] == '+')
            {
                for (var i = int.Parse(item[1..], CultureInfo.InvariantCulture); i > 0; i--, second++)
                {
                    rig.Time.Advance(TimeSpan.FromSeconds(1));
                    if (await rig.Book.Escalation.TickAsync(Cancel) > 0)
                    {
                        foreach (var happened in await rig.Book.Alerts.EventsAfterAsync(last, 100, Cancel))
                        {
                            var json = System.Text.Json.JsonDocument.Parse(happened.Json).RootElement;
                            if (json.GetProperty("transition").GetProperty("what").GetString() == "escalated")
                            {
                                said.Add($"{json.GetProperty("id").GetString()} {json.GetProperty("escalation").GetInt64()}@{second + 1}");
                            }

                            last = happened.Sequence;
                        }
                    }
                }
            }
            else if (item.Split('!') is [var alert, var act])
            {
                var revision = (await rig.Book.Alerts.FindAsync(alert, Cancel))!.Revision;
                Assert.IsType<ActResult.Done>(await rig.Book.Alerts.ActAsync(alert, Enum.Parse<AlertAct>(act), revision, "lan", _ => true, null, null, Cancel));
            }
            else
            {
                await RaiseAsync(rig, item.Split(' '));
            }
        }

        return said;
    }

    private static async Task RaiseAsync(BookRig rig, string[] words)
    {
        var (now, mark) = (Instant.From(rig.Time.GetUtcNow()), words.Length > 4 ? words[4] : "");
        if (mark is "test" or "drill" or "works")
        {
            await rig.Book.Maintenance.AddAsync(
                new MaintenanceWindow
                {
                    Id = 0,
                    Scope = MaintenanceScope.Zone,
                    Target = words[2],
                    Mode = Enum.Parse<MaintenanceMode>(mark, ignoreCase: true),
                    From = now,
                    To = now + Instant.Of(TimeSpan.FromHours(8)),
                    By = "lan",
                    CreatedAt = now,
                },
                Cancel);
        }

        var change = BookRig.Change(words[0], kind: words[1], severity: Enum.Parse<Severity>(words[3], ignoreCase: true), zone: words[2], device: "d-" + words[0], at: now);
        if (mark == "flapping")
        {
            // Two of its rule before it, over and done with.
            var before = new[] { "x", "y" }.Select(i => change with { AlertId = i, MeasuredAt = now - 1, What = AlertChangeKind.Cleared, AutoResolve = true, Cause = "over" });
            await rig.Book.CommitAsync(BookRig.Commit([.. before]), Cancel);
        }

        await rig.Book.CommitAsync(BookRig.Commit(change with { Historical = mark == "historical" }), Cancel);
    }
}
