using SmartCity.TestSupport;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests.Shared;

/// <summary>Two hosts over one book: what one of them must know, and must not say, of the other's devices.</summary>
public sealed class TwoServersTests
{
    private readonly FakeTime _time = new();
    private readonly TestDirectory _directory = new();
    private readonly SharedBook _book = new(Telemetry.Lane.Alarm);
    private readonly TestServer _a;
    private readonly TestServer _b;

    public TwoServersTests()
    {
        _directory.Add(new ZoneInfo("hall") { AcknowledgeWithin = TimeSpan.FromSeconds(90) });
        _directory.Add(new DeviceInfo("d1", "fire_detector", "hall", "g1"));
        _directory.Add(new DeviceInfo("d2", "fire_detector", "hall", "g2"));
        _directory.Add(new DeviceInfo("w1", "water_level", null, "g1", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["I"] = 4, ["II"] = 5.5 }));
        _a = new TestServer("a", _book, _directory, _time);
        _b = new TestServer("b", _book, _directory, _time);
    }

    private long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    [Fact]
    public async Task Two_detectors_on_two_servers_make_one_fire()
    {
        await StartAsync();
        await SendAsync(_a, "g1", Line("fire_detector", "d1", "loop_state=1i", Now));
        _time.Advance(TimeSpan.FromSeconds(20));
        await SendAsync(_b, "g2", Line("fire_detector", "d2", "loop_state=1i", Now)); // it has not heard of the other's zone
        Assert.Equal(["fire-prealarm Raised", "fire-prealarm Cleared", "fire Raised"], Said);
        Assert.Contains("d1 loop-alarm", _book.Changes[^1].Detail, StringComparison.Ordinal);
        Assert.Equal(Stories.ReadsZones ? 0 : 1, _book.Conflicts);
    }

    [Fact]
    public async Task An_officer_acknowledges_on_the_other_server_and_no_tick_of_either_makes_a_fire()
    {
        await StartAsync();
        await SendAsync(_a, "g1", Line("fire_detector", "d1", "loop_state=1i", Now));
        Assert.True(_b.Host.Acknowledge(_book.Changes[0].AlertId, Now));
        await _b.TickAsync(); // before the other's zone was heard of here
        _b.Hear();
        await _b.TickAsync();
        _time.Advance(TimeSpan.FromMinutes(5));
        await _a.TickAsync(); // never told by anybody
        await _b.TickAsync();
        Assert.Equal(["fire-prealarm Raised"], Said);
    }

    [Fact]
    public async Task A_prealarm_of_a_server_that_died_becomes_a_fire_at_the_living_one()
    {
        await StartAsync();
        await SendAsync(_a, "g1", Line("fire_detector", "d1", "loop_state=1i", Now));
        _b.Hear();
        _time.Advance(TimeSpan.FromSeconds(100));
        await _b.TickAsync();
        Assert.Equal(["fire-prealarm Raised", "fire-prealarm Cleared", "fire Raised"], Said);
        await _a.RestartAsync();
        await _a.TickAsync();
        Assert.Equal(3, _book.Changes.Count);
    }

    [Fact]
    public async Task An_alert_goes_on_at_the_server_that_takes_the_session()
    {
        await StartAsync();
        await SendAsync(_a, "g1", Line("water_level", "w1", "water_level_m=4.5", Now));
        _time.Advance(TimeSpan.FromMinutes(1));
        _b.Take("g1");
        await SendAsync(_b, "g1", Line("water_level", "w1", "water_level_m=5.8", Now));
        _time.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(_b, "g1", Line("water_level", "w1", "water_level_m=3", Now));
        Assert.Equal(["flood Raised", "flood Updated", "flood Cleared"], Said);
        Assert.Single(_book.Changes.Select(c => c.AlertId).Distinct());
    }

    [Fact]
    public async Task A_server_that_slept_through_the_takeover_writes_nothing_and_acknowledges_nothing()
    {
        await StartAsync();
        var fire = Line("fire_detector", "d1", "loop_state=1i", Now);
        _a.Append("g1", fire, Now); // and then it was stopped
        _b.Take("g1");
        await SendAsync(_b, "g1", fire);
        await SendAsync(_b, "g1", Line("fire_detector", "d1", "loop_state=0i", Now + Second));
        var before = _book.Rows(_ => true).Select(r => (r.Grain, r.Revision)).ToList();
        _a.Read();
        await _a.CommitAsync();
        Assert.Equal(["g1"], _a.Refused);
        Assert.Equal(["fire-prealarm Raised"], Said);
        Assert.Equal(before, _book.Rows(_ => true).Select(r => (r.Grain, r.Revision)));
    }

    [Fact]
    public async Task A_zone_hears_of_its_own_device_though_another_one_of_the_batch_is_lost()
    {
        await StartAsync();
        _a.Append("g1", Line("fire_detector", "d1", "loop_state=1i", Now), Now);
        _a.Take("g2");
        _b.Take("g1");
        _a.Append("g2", Line("fire_detector", "d2", "loop_state=1i", Now + Second), Now);
        _a.Read();
        await _a.CommitAsync();
        Assert.Equal(["fire-prealarm Raised"], Said);
        Assert.Equal(("d2", Now + Second), (_book.Changes[0].Device, _book.Changes[0].MeasuredAt));
        Assert.Equal(["g1"], _a.Refused);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_known_though_more_was_read_meanwhile_and_another_server_changed_the_zone()
    {
        await StartAsync();
        var faults = new Queue<bool?>([true, false, false]);
        _a.Fault = () => faults.TryDequeue(out var fault) ? fault : null;
        _a.Append("g1", Line("fire_detector", "d1", "loop_state=1i", Now), Now);
        _a.Read();
        Assert.False(await _a.TryCommitAsync());
        Assert.Equal(["fire-prealarm"], _a.Host.Pending.Select(p => p.Kind)); // for all it knows
        _time.Advance(TimeSpan.FromSeconds(5));
        await SendAsync(_b, "g2", Line("fire_detector", "d2", "loop_state=1i", Now));
        _a.Append("g1", Line("fire_detector", "d1", "loop_state=0i", Now), Now);
        _a.Append("g1", Line("water_level", "w1", "water_level_m=4.5", Now), Now);
        _a.Read();
        Assert.False(await _a.TryCommitAsync());
        Assert.Equal(Stories.ReadsZones ? ["flood"] : ["fire-prealarm", "flood"], _a.Host.Pending.Select(p => p.Kind));
        await _a.CommitAsync();
        Assert.Empty(_a.Host.Pending);
        Assert.Equal(["fire-prealarm Raised", "fire-prealarm Cleared", "fire Raised", "flood Raised"], Said);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_known_though_a_session_was_taken_meanwhile()
    {
        await StartAsync();
        var faults = new Queue<bool?>([true]);
        _a.Fault = () => faults.TryDequeue(out var fault) ? fault : null;
        _a.Append("g1", Line("fire_detector", "d1", "loop_state=1i", Now) + Line("fire_detector", "d1", "loop_state=0i", Now + Second), Now);
        _a.Read();
        Assert.False(await _a.TryCommitAsync());
        _time.Advance(TimeSpan.FromSeconds(70));
        await _b.TickAsync();
        _b.Hear();
        await _b.TickAsync(); // all is quiet again
        _b.Take("g1");
        _a.Take("g1"); // and came back: what waits is said anew, without what it said for the session that was lost
        await SendAsync(_a, "g1", Line("water_level", "w1", "water_level_m=4.5", Now));
        _time.Advance(TimeSpan.FromSeconds(70));
        await _a.TickAsync();
        Assert.Equal(["fire-prealarm Raised", "fire-prealarm Cleared", "flood Raised"], Said);
    }

    [Fact]
    public async Task Silence_is_the_holders_to_judge_and_counts_from_when_it_took_over()
    {
        await StartAsync();
        await SendAsync(_a, "g1", Line("fire_detector", "d1", "loop_state=0i", Now));
        await _a.Host.CheckpointAsync(default);
        await QuietAsync(60, _a, _b);
        _b.Take("g1");
        _a.Hear();
        await QuietAsync(60, _a, _b);
        Assert.DoesNotContain("silence", _book.Changes.Where(c => c.Device == "d1").Select(c => c.Kind));
        await QuietAsync(600, _a, _b);
        Assert.Single(_book.Changes, c => c is { Device: "d1", Kind: "fire-fault" or "silence" });
    }

    [Fact]
    public async Task A_strangers_alarm_goes_on_at_the_server_that_takes_the_gateway_it_is_heard_through()
    {
        await StartAsync();
        await SendAsync(_b, "g2", Line("water_level", "stranger", "water_level_m=90", Now));
        await SendAsync(_b, "g2", Line("fire_detector", "other", "loop_state=1i", Now));
        var said = _book.Changes.Count;
        Assert.Contains("other", _book.Changes.Select(c => c.Device));
        _time.Advance(TimeSpan.FromSeconds(10));
        _a.Take("g2");
        await SendAsync(_a, "g2", Line("fire_detector", "other", "loop_state=1i", Now));
        Assert.Equal(said, _book.Changes.Count);
    }

    [Fact]
    public async Task A_gateway_that_stayed_through_a_restart_is_heard_though_nothing_was_registered_behind_it_then()
    {
        _book.Take("g3", "b");
        await StartAsync();
        await SendAsync(_b, "g3", Line("fire_detector", "stranger", "loop_state=1i", Now));
        Assert.Empty(_b.Refused);
        _directory.Add(new DeviceInfo("d3", "fire_detector", "hall", "g3"));
        await SendAsync(_b, "g3", Line("fire_detector", "d3", "loop_state=1i", Now));
        Assert.Empty(_b.Refused);
        Assert.Equal(["stranger", "d3"], _book.Changes.Select(c => c.Device).Distinct());
    }

    [Fact]
    public async Task A_prealarm_of_a_device_that_was_taken_out_and_put_back_is_ticked_by_whoever_remembers_it_from_before()
    {
        var info = new DeviceInfo("d4", "fire_detector", null, "g1");
        _directory.Add(info);
        await StartAsync();
        foreach (var state in new[] { 1, 0, 1, 0 })
        {
            await SendAsync(_a, "g1", Line("fire_detector", "d4", $"loop_state={state}i", Now));
            _time.Advance(TimeSpan.FromMinutes(20));
            await _a.TickAsync();
        }

        _b.Hear();
        await _b.TickAsync();
        _directory.Remove("d4");
        await _a.TickAsync();
        await _a.Host.CheckpointAsync(default);
        Assert.Empty(_book.Rows(g => g == "alone/d4"));
        _directory.Add(info);
        _book.Changes.Clear();
        await SendAsync(_a, "g1", Line("fire_detector", "d4", "loop_state=1i", Now));
        _b.Hear();
        _time.Advance(TimeSpan.FromMinutes(10)); // and its server is dead
        await _b.TickAsync();
        Assert.Contains("fire Raised", Said);
    }

    [Fact]
    public async Task The_row_of_a_device_that_was_taken_out_is_its_holders_to_delete()
    {
        await StartAsync();
        await SendAsync(_a, "g1", Line("water_level", "w1", "water_level_m=4.5", Now));
        _b.Take("g1"); // a has not heard of it
        _time.Advance(TimeSpan.FromSeconds(10));
        await SendAsync(_b, "g1", Line("water_level", "w1", "water_level_m=6", Now));
        _directory.Remove("w1");
        await _a.TickAsync();
        await _a.Host.CheckpointAsync(default);
        Assert.Single(_book.Rows(g => g == "device/w1"));
        await _b.TickAsync();
        await _b.Host.CheckpointAsync(default);
        Assert.Empty(_book.Rows(g => g == "device/w1"));
    }

    [Fact]
    public async Task What_no_session_names_is_the_leaders_and_goes_on_with_the_next_leader()
    {
        _directory.Add(new DeviceInfo("w2", "water_level", null, "never-here", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["I"] = 4 }));
        await StartAsync();
        await SendAsync(_a, "key", Line("water_level", "w2", "water_level_m=4.5", Now));
        Assert.Equal(["flood Raised"], Said);
        _time.Advance(TimeSpan.FromSeconds(10));
        await SendAsync(_b, "key", Line("water_level", "w2", "water_level_m=4.6", Now));
        Assert.Equal(["key"], _b.Refused.Select(_ => "key"));
        _b.Lead();
        _time.Advance(TimeSpan.FromSeconds(10));
        await SendAsync(_b, "key", Line("water_level", "w2", "water_level_m=3", Now));
        Assert.Equal(["flood Raised", "flood Cleared"], Said);
    }

    private IEnumerable<string> Said => _book.Changes.Select(c => $"{c.Kind} {c.What}");

    private async Task StartAsync()
    {
        _book.Take("g1", "a");
        _book.Take("g2", "b");
        await _a.RestartAsync();
        await _b.RestartAsync();
    }

    private async Task SendAsync(TestServer server, string gateway, string lines)
    {
        server.Append(gateway, lines, Now);
        server.Read();
        await server.CommitAsync();
    }

    private async Task QuietAsync(int seconds, params TestServer[] servers)
    {
        for (var n = 0; n < seconds; n += 10)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            foreach (var server in servers)
            {
                await server.TickAsync();
            }
        }
    }
}
