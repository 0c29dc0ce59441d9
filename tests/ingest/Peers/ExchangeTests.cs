using SmartCity.Ingest.Book;
using SmartCity.Ingest.Peers;
using SmartCity.Ingest.Tests.Cluster;

namespace SmartCity.Ingest.Tests.Peers;

/// <summary>What one server knows of what another hears.</summary>
public sealed class ExchangeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Only_what_changed_is_told_again_and_a_restart_tells_all()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("a");
        await rig.PutAsync("b");
        rig["south"].Hear("a", ("power_w", 1));
        rig["south"].Hear("b", ("power_w", 2));
        var mirror = await rig["north"].AskAsync("south");
        Assert.Equal((2, 1.0, 2.0), (mirror.Count, mirror.Find("a")!.Newest("power_w")!.Value.Value, mirror.Find("b")!.Newest("power_w")!.Value.Value));
        var kept = mirror.Find("a");

        rig.Time.Advance(Second);
        rig["south"].Hear("b", ("power_w", 3));
        await rig["north"].AskAsync("south");
        Assert.Same(kept, mirror.Find("a"));
        Assert.Equal(3, mirror.Find("b")!.Newest("power_w")!.Value.Value);

        // Started again it has forgotten a; its versions are others.
        await rig["south"].StopAsync();
        rig["south"].Forget("a");
        await rig["south"].StartAsync();
        rig.Time.Advance(Second);
        await rig["north"].AskAsync("south");
        Assert.Equal((null, 1), (mirror.Find("a"), mirror.Count));
    }

    [Fact]
    public async Task More_devices_than_one_answer_holds_come_page_by_page_and_show_when_all_are_here()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        const int Many = OwnFrame.MostRows * 2 + 5;
        await rig.Registry.PutAsync(new RegistryEdits { Devices = [.. Enumerable.Range(0, Many).Select(n => new DeviceEdit { Id = $"d-{n}", Kind = "streetlight" })] }, "test", CancellationToken.None);
        for (var n = 0; n < Many; n++)
        {
            rig["south"].Hear($"d-{n}", ("power_w", n), ("dim_percent", 50));
        }

        var mirror = await rig["north"].AskAsync("south");
        Assert.Equal((null, Many), (mirror.Trouble, mirror.Count));
        Assert.Equal(Many - 1, mirror.Find($"d-{Many - 1}")!.Newest("power_w")!.Value.Value);
        Assert.Equal(50, mirror.Find("d-0")!.Newest("dim_percent")!.Value.Value);
        Assert.Equal("W", mirror.Find("d-0")!.Values[0].Unit);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 200)]
    public async Task A_server_whose_pages_come_to_no_end_is_not_asked_for_ever(bool onwards, int asked)
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        var pages = 0;
        rig["south"].Lie = () => ++pages > 500 ? null : FormattableString.Invariant(
            $$"""{"at":1,"version":1,"full":true,"devices":[],"metrics":[],"derived":[],"next":"d-{{(onwards ? pages : 0):D4}}"}""");
        var mirror = await rig["north"].AskAsync("south");
        Assert.Contains("no end", mirror.Trouble, StringComparison.Ordinal);
        Assert.Equal(asked, pages);
    }

    [Fact]
    public async Task A_device_that_nobody_registered_here_is_not_kept_and_a_value_that_is_none_stays_none()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("a");
        rig["south"].Hear("a");
        rig["south"].Hear("stranger", ("power_w", 1));
        var mirror = await rig["north"].AskAsync("south");
        Assert.Equal(1, mirror.Count);
        Assert.True(double.IsNaN(mirror.Find("a")!.Derived[0].Value));
    }

    [Fact]
    public async Task Without_onlookers_no_device_is_told_but_gateways_and_health_are()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("a");
        rig["south"].Hear("a", ("power_w", 1));
        rig["south"].Online.Add("gw-1");
        var mirror = await rig["north"].AskAsync("south", live: false);
        Assert.Equal((0, "gw-1", "1.2.3"), (mirror.Count, Assert.Single(mirror.Gateways).Key, mirror.Status!.Version));
        var before = mirror.Gateways;
        Assert.True(rig["north"].Exchange.AnotherHasBook);
        rig["south"].Fault = "book";
        rig.Time.Advance(Second);
        await rig["north"].AskAsync("south", live: false);
        Assert.Same(before, mirror.Gateways); // not told again
        Assert.False(rig["north"].Exchange.AnotherHasBook);
        rig["south"].Online.Clear();
        rig.Time.Advance(Second);
        await rig["north"].AskAsync("south", live: false);
        Assert.Empty(mirror.Gateways);
    }

    [Fact]
    public async Task The_server_that_heard_a_device_last_has_the_say()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("a");
        rig["north"].Hear("a", ("power_w", 1));
        rig.Time.Advance(Second);
        rig["south"].Hear("a", ("power_w", 2));
        await rig["north"].AskAsync("south");
        var live = rig["north"].Live;
        Assert.Equal((2, 2), (live.Newest("a", "power_w")!.Value.Value, live.Look("a")!.Values[0].Value));
        Assert.Equal(Instant.From(rig.Time.GetUtcNow()), live.Heard("a")!.Value.Measured);

        rig.Time.Advance(Second);
        rig["north"].Hear("a", ("power_w", 3)); // it came back
        await rig["north"].AskAsync("south");
        Assert.Equal((3, 3), (live.Newest("a", "power_w")!.Value.Value, live.Look("a")!.Values[0].Value));
    }

    [Fact]
    public async Task A_gateway_at_another_server_is_connected_and_one_at_a_server_that_does_not_answer_is_not_known()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("a");
        rig.Holders["gw-1"] = "south";
        rig["south"].Online.Add("gw-1");
        await rig["north"].AskAsync("south");
        var live = rig["north"].Live;
        var device = rig.Registry.Current.Devices.Find("a")!.Row;
        Assert.Equal((true, 7L, null, "south"), (live.Connected("gw-1"), live.Desired("gw-1")!.Version, live.Unanswered(device), live.Holder("gw-1")));
        Assert.Equal((false, 9L), (live.Connected("gw-2"), live.Desired("gw-2")!.Version)); // connected nowhere

        await rig["south"].StopAsync();
        rig.Time.Advance(PeerMirror.AwayAfter + Second);
        Assert.NotNull((await rig["north"].AskAsync("south")).Trouble);
        Assert.Equal((null, null, "south"), (live.Connected("gw-1"), live.Desired("gw-1"), live.Unanswered(device)));

        rig.Holders["gw-1"] = "north"; // taken over
        Assert.Equal((false, null), (live.Connected("gw-1"), live.Unanswered(device)));
        rig["north"].Online.Add("gw-1");
        Assert.True(live.Connected("gw-1"));
    }

    [Fact]
    public async Task Who_begins_to_look_waits_for_one_answer_and_the_next_not_at_all()
    {
        await using var rig = await PeerRig.StartAsync("north", "south");
        await rig.PutAsync("a");
        rig["south"].Hear("a", ("power_w", 1));
        using var stop = new CancellationTokenSource();
        var running = rig["north"].Exchange.RunAsync(stop.Token);

        // On a busy machine the first question may fail: the next one comes a second later.
        await using var pace = new Timer(_ => rig.Time.Advance(Second), null, Second, Second);
        await Eventually.TrueAsync(() => rig["north"].Exchange.Of("south")?.AnsweredAgo is not null);
        Assert.Null(rig["north"].Live.Heard("a")); // nobody has looked
        await rig["north"].Live.FreshAsync(CancellationToken.None);
        Assert.NotNull(rig["north"].Live.Heard("a"));
        Assert.True(rig["north"].Live.FreshAsync(CancellationToken.None).IsCompletedSuccessfully);
        await stop.CancelAsync();
        await running;
    }
}
