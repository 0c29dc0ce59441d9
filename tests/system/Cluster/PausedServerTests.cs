using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Book;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// A server that stood still (a machine that swaps, a virtual one that is moved) and wakes after the other has taken over writes nothing: not one row of any
/// table. PostgreSQL's own record says so, by triggers on every table; what the server believes of itself does not come into it.
/// </summary>
public sealed class PausedServerTests(ITestOutputHelper output)
{
    private const int Devices = 10;
    private const int Rounds = 2;

    [Fact]
    public async Task A_server_that_wakes_after_takeover_writes_nothing()
    {
        if (PostgresServer.Bin is null)
        {
            Assert.Skip("PostgreSQL is not installed: apt-get install postgresql-15");
        }

        await using var town = await ClusterTown.StartAsync(Registry());
        using var officer = await town.SignInAsync();
        await using var ears = new CityEars(town.Http, town.Key);
        using var stop = new CancellationTokenSource();
        using var give = new CancellationTokenSource();
        var stories = new ClusterStories(ears, officer, new FaultLog(), give.Token);
        await using var load = new LoadVoice(town, "load", Devices, 0, 1);
        await using var one = new AlarmVoice(town, "bell-x", 0, 2);
        await using var other = new AlarmVoice(town, "bell-y", 0, 3);
        var loading = Task.Run(() => load.RunAsync(TimeSpan.FromMilliseconds(20), stop.Token, TimeSpan.FromSeconds(90)));
        var told = 0;
        var telling = Task.Run(async () =>
        {
            var random = new Random(4);
            while (!stop.IsCancellationRequested && told < 60)
            {
                await stories.TellAsync(one, other, ClusterStories.Id("bell-x", told++), random, TimeSpan.FromMilliseconds(300), TimeSpan.Zero);
            }
        });
        for (var round = 0; round < Rounds; round++)
        {
            var sleeper = town.Servers[round % 2];
            var who = FormattableString.Invariant($"{sleeper.Name}.{sleeper.Launches}");
            await Until.TrueAsync(async () => (await town.Watch.WritesAsync()).Exists(w => w.Who == who && w.Table == "transitions"), () => $"{who} judges alarms:\n{sleeper.Tail()}");
            await PauseAsync(town, sleeper, inTurn: round == 0);
            await Until.TrueAsync(
                async () => (await town.Watch.ServersAsync()).Exists(r => r.Name == sleeper.Name && r.Fenced && !r.Who.StartsWith(sleeper.Name + ".", StringComparison.Ordinal)),
                () => $"the other server fences {sleeper.Name}:\n{town.Servers[1 - (round % 2)].Tail()}", TimeSpan.FromSeconds(40));
            await Task.Delay(1_000, CancellationToken.None);                 // takeover is over, the others are at work
            var (fence, launches) = ((await town.Watch.WritesAsync())[^1].Number, sleeper.Launches);
            sleeper.Wake();
            await Until.TrueAsync(() => Task.FromResult(sleeper.Launches > launches), () => $"{sleeper.Name} ends by itself:\n{sleeper.Tail()}", TimeSpan.FromSeconds(40));
            await sleeper.ReadyAsync();
            var after = (await town.Watch.WritesAsync(fence)).Where(w => w.Who == who).ToList();
            Assert.True(after.Count == 0, $"{who} wrote {string.Join(", ", after.Select(w => w.Table).Distinct())} after it had been superseded");
            var end = Assert.Single(sleeper.Ends);
            Assert.Equal(1, end.ExitCode);
            Assert.Contains("superseded", end.Words, StringComparison.OrdinalIgnoreCase);
        }

        await stop.CancelAsync();
        give.CancelAfter(TimeSpan.FromSeconds(60));
        await Task.WhenAll(loading, telling);
        Assert.Empty(stories.Faults);
        var verdict = new Verdict(town, new FaultLog());
        verdict.Latencies(ears, stories.Expected, TimeSpan.FromSeconds(10));
        Assert.True(verdict.Wrong.Count == 0, string.Join('\n', verdict.Wrong));
        verdict.Said.ToList().ForEach(output.WriteLine);
        Assert.Empty(await town.Watch.WritesOfTheSupersededAsync());
        var rows = await town.Watch.RowsAsync(
            "SELECT who, count(DISTINCT turn), string_agg(DISTINCT tbl, ' ') FROM campaign.writes GROUP BY 1 ORDER BY 1", r => (Who: r.GetString(0), Turns: r.GetInt64(1), Tables: r.GetString(2)));
        Assert.Contains(rows, r => r.Who == "a.1");                          // the record does see what is written
        foreach (var (who, turns, tables) in rows)
        {
            output.WriteLine(FormattableString.Invariant($"{who,-6} {turns,5} turns that wrote: {tables}"));
        }

        output.WriteLine($"{Rounds} servers paused until they were superseded: none wrote a row after it woke; {load.Acknowledged:N0} readings and {stories.Told} stories meanwhile");
    }

    // Whenever it is; or in the middle of a turn to write, which it is given while it stands still: everybody else waits for it to end.
    private static async Task PauseAsync(ClusterTown town, ClusterServer sleeper, bool inTurn)
    {
        if (!inTurn)
        {
            sleeper.Pause();
            return;
        }

        await using var turn = await town.Watch.HoldTurnAsync();
        await Until.TrueAsync(async () => await town.Watch.WaitingAsync() >= town.Servers.Count, () => "both servers wait for their turn", TimeSpan.FromSeconds(20));
        sleeper.Pause();
    }

    private static RegistryEdits Registry()
    {
        var stories = ClusterStories.Register("bell-x", "bell-y", 60);
        return new RegistryEdits
        {
            Gateways = [new GatewayEdit { Id = "load" }, .. stories.Gateways],
            Zones = stories.Zones,
            Devices =
            [
                .. LoadGateway.Devices("load", Devices).Select(d => new DeviceEdit { Id = d, Kind = LoadGateway.Kind, Gateway = "load" }),
                new DeviceEdit { Id = "load-lid", Kind = "manhole", Gateway = "load" },
                .. stories.Devices,
            ],
        };
    }
}
