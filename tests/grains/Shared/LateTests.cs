using SmartCity.Telemetry;
using SmartCity.TestSupport;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests.Shared;

/// <summary>What a server that was away finds in its telemetry log, of devices that another one holds by then.</summary>
public sealed class LateTests
{
    private readonly FakeTime _time = new();
    private readonly TestDirectory _directory = new();
    private readonly SharedBook _book = new(Lane.Telemetry);
    private readonly TestServer _a;
    private readonly TestServer _b;

    public LateTests()
    {
        _directory.Add(new DeviceInfo("m1", "manhole", null, "g1"));
        _directory.Add(new DeviceInfo("l1", "streetlight", null, "g2"));
        _a = new TestServer("a", _book, _directory, _time, Lane.Telemetry);
        _b = new TestServer("b", _book, _directory, _time, Lane.Telemetry);
    }

    private long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    [Fact]
    public async Task What_is_over_is_told_whole_and_what_goes_on_is_the_holders_to_say()
    {
        await StartAsync();
        var first = Now;
        Cover(_a, open: true);
        Cover(_a, open: false);
        Cover(_a, open: true); // acknowledged, and then it died
        _b.Take("g1");
        Cover(_b, open: true);
        _b.Read();
        await _b.CommitAsync();
        await _b.TickAsync();
        var live = Assert.Single(_book.Changes);
        Assert.Equal(("manhole Raised", Now - (60 * Second)), ($"{live.Kind} {live.What}", live.MeasuredAt));

        await _a.RestartAsync();
        _a.Read();
        await _a.CommitAsync();
        await _a.TickAsync();
        Assert.Single(_book.Changes);
        Assert.Equal([("raised", first, true), ($"cleared@{first + (60 * Second)}", first + (60 * Second), true)], _book.Late.Select(c => (c.Cause, c.MeasuredAt, c.Historical)));
        Assert.Null(_a.Host.Heard("m1")); // all is read: it is forgotten here
        Assert.NotNull(_b.Host.Heard("m1"));
    }

    [Fact]
    public async Task A_session_that_goes_while_its_alert_waits_for_the_book_leaves_it_to_the_next_holder()
    {
        await StartAsync();
        Cover(_a, open: true);
        _a.Fault = () => false;
        _a.Read();
        Assert.False(await _a.TryCommitAsync());
        Assert.Single(_a.Host.Pending);
        _b.Take("g1");
        Cover(_a, open: false);
        _a.Read();
        Assert.False(await _a.TryCommitAsync());
        _a.Fault = () => null;
        await _a.CommitAsync();
        Assert.Empty(_book.Changes);
        Assert.Equal(["raised", "cleared"], _book.Late.Select(c => c.Cause[..Math.Min(7, c.Cause.Length)].TrimEnd('@')));
    }

    [Fact]
    public async Task A_hold_that_ran_at_the_takeover_begins_anew()
    {
        await StartAsync();
        Lamp(_a, 0);
        await _a.Host.CheckpointAsync(default);
        _time.Advance(TimeSpan.FromMinutes(30)); // what was read meanwhile nobody saved
        _b.Take("g2");
        Lamp(_b, 0);
        Assert.Empty(_book.Changes);

        void Lamp(TestServer server, int power)
        {
            server.Append("g2", Line("streetlight", "l1", $"dim_percent=100,power_w={power}", Now), Now);
            server.Read();
            server.CommitAsync().GetAwaiter().GetResult();
        }
    }

    private async Task StartAsync()
    {
        _book.Take("g1", "a");
        _book.Take("g2", "a");
        await _a.RestartAsync();
        await _b.RestartAsync();
    }

    private void Cover(TestServer server, bool open)
    {
        server.Append("g1", Line("manhole", "m1", $"cover_open={(open ? "true" : "false")}", Now), Now);
        _time.Advance(TimeSpan.FromSeconds(60));
    }
}
