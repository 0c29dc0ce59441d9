using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Peers;
using SmartCity.Ingest.Readers;
using SmartCity.Ingest.Tests.Api;

namespace SmartCity.Ingest.Tests.Peers;

/// <summary>What the page of servers says.</summary>
public sealed class ServersViewTests
{
    private static readonly ServersView.BookView Book = new("postgresql", "db/city", null);

    [Fact]
    public async Task A_server_says_of_each_other_how_it_stands()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        rig.Holders["gw-1"] = "south";
        await rig["north"].AskAsync("south");
        var view = Of(rig, Book);
        Assert.Equal([("north", ServerState.Here, true, true, 0), ("south", ServerState.Here, false, false, 1)], view.Items.Select(s => (s.Name, s.State, s.Self, s.Leader, s.Telemetry ?? -1)));
        Assert.Equal((null, 0.0), (view.Items[1].Trouble, view.Items[1].AnsweredSeconds));
        Assert.NotNull(view.Items[1].Status);

        await rig["south"].StopAsync();
        rig.Time.Advance(PeerMirror.AwayAfter + TimeSpan.FromSeconds(1));
        await rig["north"].AskAsync("south");
        Assert.Equal(ServerState.Unanswering, Of(rig, Book).Items[1].State); // the book hears it
        Assert.NotNull(Of(rig, Book).Items[1].Trouble);
        Assert.Equal(ServerState.Silent, Of(rig, Book with { AwayWhy = "no connection" }).Items[1].State); // nobody can say
    }

    [Fact]
    public async Task What_a_server_sees_and_the_book_has_not_got_is_told_to_the_others_with_where_its_console_is()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig["north"].AskAsync("south");
        Assert.Equal((null, "http://south"), (Of(rig, Book).Items[1].Status!.Provisional, Of(rig, Book).Items[1].Status!.Console));

        var at = rig.Time.GetUtcNow();
        var fire = new AlertView
        {
            Id = "f-1",
            Kind = "fire",
            Severity = City.Severity.Critical,
            State = City.AlertState.Raised,
            Zone = "cho",
            Location = new AlertLocation(19.8, 105.7, null, "Chợ"),
            Rule = "fire",
            MeasuredAt = at,
            ReceivedAt = at,
            RaisedAt = at,
            Provisional = true,
        };
        rig["south"].Provisional = new ProvisionalView(true, at, 300, [fire]);
        await rig["north"].AskAsync("south");
        var heard = Of(rig, Book).Items[1].Status!.Provisional!;
        Assert.Equal((true, 300, fire), (heard.Away, heard.Count, Assert.Single(heard.Items)));
    }

    [Fact]
    public async Task A_server_that_has_not_said_where_it_is_cannot_be_asked_and_that_is_said()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        rig["south"].Url = null;
        await rig["north"].AskAsync("south");
        Assert.Contains("cluster.url", Of(rig, Book).Items[1].Trouble!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_server_shows_itself()
    {
        await using var rig = await ApiRig.StartAsync(services: s => s with { Servers = () => ServersView.Of(null, PeerStatus.Of(s), Book, new ClusterOptions()) });
        var view = await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/servers");
        Assert.True(view.GetProperty("alone").GetBoolean());
        Assert.Equal("here", Assert.Single(view.GetProperty("items").EnumerateArray()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_server_that_was_stopped_by_somebody_is_not_asked_and_is_no_fault()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        rig["south"].HasLeft = true;
        await rig["north"].AskOnceAsync("south");
        Assert.Empty(rig["north"].Exchange.Mirrors);
        Assert.Equal(ServerState.Left, Of(rig, Book).Items[1].State);
    }

    private static ServersView Of(PeerRig rig, ServersView.BookView book) => ServersView.Of(rig["north"].Exchange, rig["north"].Own.Status(), book, new ClusterOptions());
}
