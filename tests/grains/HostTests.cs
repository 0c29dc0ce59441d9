using SmartCity.City;
using SmartCity.Telemetry;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests;

public sealed class HostTests
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    private static void AddFire(TestCity city)
    {
        city.Directory.Add(new ZoneInfo("hall") { AcknowledgeWithin = TimeSpan.FromSeconds(90) });
        city.Directory.Add(new DeviceInfo("d1", "fire_detector", "hall", "gw"));
        city.Directory.Add(new DeviceInfo("d2", "fire_detector", "hall", "gw"));
        city.Directory.Add(new DeviceInfo("c1", "manual_call_point", "hall", "gw"));
    }

    [Fact]
    public async Task Two_detectors_make_a_fire_whose_alert_is_in_the_book_when_the_commit_returns()
    {
        var city = new TestCity();
        AddFire(city);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
        Assert.Equal("fire-prealarm", Assert.Single(city.Book.Changes).Kind);
        city.Time.Advance(OneSecond * 20);
        await city.SendAsync(Line("fire_detector", "d2", "loop_state=1i", city.Now));
        var fire = city.Book.Changes.Single(c => c.Kind == "fire");
        Assert.Equal(("hall", Severity.Critical, false, city.Now), (fire.Zone, fire.Severity, fire.AutoResolve, fire.MeasuredAt));
        Assert.Contains("d1 loop-alarm at ", fire.Detail, StringComparison.Ordinal);
        Assert.Contains("d2 loop-alarm at ", fire.Detail, StringComparison.Ordinal);
        Assert.Equal(["device/d1", "device/d2", "zone/hall"], city.Book.Grains);
    }

    [Fact]
    public async Task The_first_alarm_after_an_officer_ended_a_fire_is_a_new_one_even_in_the_very_next_frame()
    {
        var city = new TestCity();
        AddFire(city);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
        await city.SendAsync(Line("fire_detector", "d2", "loop_state=1i", city.Now));
        var fire = city.Book.Changes.Single(c => c.Kind == "fire");
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=0i", city.Now + 1) + Line("fire_detector", "d2", "loop_state=0i", city.Now + 1));
        city.Time.Advance(OneSecond);
        Assert.True(city.Host.Reset(fire.AlertId, city.Now));
        city.Time.Advance(OneSecond);
        await city.SendAsync(Line("manual_call_point", "c1", "pressed=true", city.Now));
        var second = city.Book.Changes.Last(c => c.Kind == "fire");
        Assert.NotEqual(fire.AlertId, second.AlertId);
        Assert.Equal((AlertChangeKind.Raised, city.Now), (second.What, second.MeasuredAt));
    }

    [Fact]
    public async Task What_goes_on_at_a_reset_is_raised_again_at_once_unless_its_device_is_gone()
    {
        foreach (var gone in new[] { false, true })
        {
            var city = new TestCity();
            AddFire(city);
            await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
            var first = Assert.Single(city.Book.Changes);
            if (gone)
            {
                city.Directory.Remove("d1");
                await city.TickAsync(OneSecond);
            }

            city.Time.Advance(OneSecond * 20);
            var at = city.Now;
            Assert.True(city.Host.Reset(first.AlertId, at));
            await city.TickAsync(OneSecond);
            await city.RestartAsync();
            await city.TickAsync(OneSecond);
            var raised = city.Book.Changes.Where(c => c.What == AlertChangeKind.Raised).Select(c => (c.AlertId, c.MeasuredAt)).ToList();
            Assert.Equal(gone ? [(first.AlertId, first.MeasuredAt)] : [(first.AlertId, first.MeasuredAt), (AlertIds.Make("zone/hall", "fire-prealarm", at), at)], raised);
        }
    }

    [Theory]
    [InlineData("market", true)]
    [InlineData("market", false)]
    [InlineData(null, true)]
    public async Task A_fire_whose_device_was_moved_meanwhile_is_raised_where_it_is_now_when_its_old_zone_is_reset(string? zone, bool seen)
    {
        var city = new TestCity();
        AddFire(city);
        city.Directory.Add(new ZoneInfo("market"));
        await city.SendAsync(Line("manual_call_point", "c1", "pressed=true", city.Now));
        var first = city.Book.Changes.Single(c => c.Kind == "fire");
        city.Directory.Add(new DeviceInfo("c1", "manual_call_point", zone, "gw"));
        if (seen)
        {
            await city.TickAsync(OneSecond);
        }

        city.Time.Advance(OneSecond);
        var at = city.Now;
        Assert.True(city.Host.Reset(first.AlertId, at));
        await city.TickAsync(OneSecond);
        await city.RestartAsync();
        await city.TickAsync(OneSecond);
        var second = city.Book.Changes.Single(c => c.What == AlertChangeKind.Raised && c.AlertId != first.AlertId);
        Assert.Equal(("fire", zone, "c1", at), (second.Kind, second.Zone, second.Device, second.MeasuredAt));
        await city.SendAsync(Line("manual_call_point", "c1", "pressed=false", city.Now));
        await city.TickAsync(OneSecond * 300);
        Assert.Contains(city.Book.Changes, c => c.AlertId == second.AlertId && c.What == AlertChangeKind.Cleared);
    }

    [Fact]
    public async Task A_detector_that_was_pushed_out_of_the_zones_memory_is_heard_again_at_a_reset()
    {
        var city = new TestCity();
        city.Directory.Add(new ZoneInfo("hall"));
        var devices = Enumerable.Range(0, ZoneState.Remembered + 8).Select(n => $"p{n:00}").ToList();
        foreach (var device in devices)
        {
            city.Directory.Add(new DeviceInfo(device, "manual_call_point", "hall", "gw"));
            await city.SendAsync(Line("manual_call_point", device, "pressed=true", city.Now));
            city.Time.Advance(OneSecond);
        }

        // All end but the very first, where it burns.
        foreach (var device in devices.Skip(1))
        {
            await city.SendAsync(Line("manual_call_point", device, "pressed=false", city.Now));
        }

        var first = city.Book.Changes.First(c => c.Kind == "fire");
        var at = city.Now;
        Assert.True(city.Host.Reset(first.AlertId, at));
        await city.TickAsync(OneSecond);
        var again = city.Book.Changes.Single(c => c.What == AlertChangeKind.Raised && c.AlertId != first.AlertId);
        Assert.Equal(("fire", "p00", at), (again.Kind, again.Device, again.MeasuredAt));
    }

    [Fact]
    public async Task A_pre_alarm_nobody_acknowledges_becomes_a_fire_by_a_tick_and_an_acknowledged_one_does_not()
    {
        foreach (var acknowledged in new[] { false, true })
        {
            var city = new TestCity();
            AddFire(city);
            await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
            var alarm = Assert.Single(city.Book.Changes);
            await city.TickAsync(OneSecond * 30);
            if (acknowledged)
            {
                Assert.True(city.Host.Acknowledge(alarm.AlertId, city.Now));
                await city.TickAsync(OneSecond);
                await city.RestartAsync();
            }

            await city.TickAsync(OneSecond * 70);
            Assert.Equal(!acknowledged, city.Book.Changes.Exists(c => c.Kind == "fire"));
            if (!acknowledged)
            {
                Assert.Equal(alarm.MeasuredAt + (90 * Second), city.Book.Changes.Single(c => c.Kind == "fire").MeasuredAt);
            }
        }
    }

    [Fact]
    public async Task After_a_reset_the_next_alarm_is_a_new_alert_and_unknown_or_too_many_requests_are_counted()
    {
        var city = new TestCity(options: new HostOptions { MaximumRequests = 1 });
        AddFire(city);
        await city.SendAsync(Line("manual_call_point", "c1", "pressed=true", city.Now));
        var first = Assert.Single(city.Book.Changes);
        Assert.Equal("fire", first.Kind);
        await city.SendAsync(Line("manual_call_point", "c1", "pressed=false", city.Now + 1));
        Assert.True(city.Host.Reset(first.AlertId, city.Now));
        Assert.False(city.Host.Reset(first.AlertId, city.Now));
        await city.TickAsync(OneSecond);
        Assert.True(city.Host.Acknowledge("no-such-alert", city.Now));
        await city.TickAsync(OneSecond);
        Assert.Equal(2, city.Host.Counters.RefusedRequests);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
        Assert.Equal(["fire", "fire-prealarm"], city.Book.Changes.Select(c => c.Kind));
    }

    [Fact]
    public async Task A_commit_that_fails_before_or_after_is_repeated_and_nothing_is_said_twice_or_lost()
    {
        foreach (var failure in new[] { TestBook.Failure.Before, TestBook.Failure.After })
        {
            var city = new TestCity();
            AddFire(city);
            city.Book.Failures.Enqueue(failure);
            city.Append(Line("fire_detector", "d1", "loop_state=1i", city.Now));
            city.Read();
            await Assert.ThrowsAsync<IOException>(async () => await city.Host.CommitAsync(default));
            Assert.Empty(failure == TestBook.Failure.Before ? city.Book.Changes : city.Book.Changes.Skip(1)); // what was read is seen; what it means is not said
            city.Append(Line("fire_detector", "d2", "loop_state=1i", city.Now));
            Assert.Throws<InvalidOperationException>(city.Read);
            await city.Host.CommitAsync(default);
            Assert.Equal(1, city.Host.Look("d1")!.Values.Single().Value);
            city.Read();
            await city.Host.CommitAsync(default);
            Assert.Equal(["raised", "confirmed", "raised"], city.Book.Changes.Select(c => c.Cause.Split('@')[0]));
        }
    }

    [Fact]
    public async Task An_unregistered_detector_raises_and_only_so_many_are_remembered()
    {
        var city = new TestCity(options: new HostOptions { MaximumUnregistered = 2, SnapshotInterval = TimeSpan.Zero });
        await city.SendAsync(Line("fire_detector", "stranger", "loop_state=1i", city.Now), FrameFlags.Unregistered | FrameFlags.ArrivalTime);
        var alarm = Assert.Single(city.Book.Changes);
        Assert.Equal(("fire-prealarm", "stranger", null), (alarm.Kind, alarm.Device, alarm.Zone));
        Assert.Contains("not registered", alarm.Detail, StringComparison.Ordinal);
        Assert.Contains("time of arrival", alarm.Detail, StringComparison.Ordinal);
        for (var i = 0; i < 5; i++)
        {
            city.Time.Advance(OneSecond);
            await city.SendAsync(Line("fire_detector", $"ghost-{i}", "loop_state=0i", city.Now), FrameFlags.Unregistered);
        }

        Assert.Equal((2, 4), (city.Host.Devices, (int)city.Host.Counters.Evicted));
        Assert.Null(city.Host.Look("stranger"));
        await city.Host.CheckpointAsync(default);
        Assert.Equal(["device/ghost-3", "device/ghost-4"], city.Book.Grains);
    }

    [Fact]
    public async Task A_clock_fault_cannot_make_later_alarms_look_old()
    {
        var city = new TestCity();
        AddFire(city);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=0i", 4_102_444_800 * Second), FrameFlags.ClockFault); // the year 2100
        city.Time.Advance(OneSecond);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
        Assert.False(Assert.Single(city.Book.Changes).Historical);
    }

    [Fact]
    public async Task Silence_is_judged_only_when_caught_up_and_after_the_device_and_the_host_had_their_time()
    {
        var city = new TestCity();
        AddFire(city);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=0i", city.Now));
        var heard = city.Now;
        await city.TickAsync(OneSecond);
        await city.TickAsync(OneSecond * 300, caughtUp: false);
        Assert.Empty(city.Book.Changes);
        await city.TickAsync(OneSecond);
        await city.TickAsync(OneSecond * 179);
        Assert.Empty(city.Book.Changes); // the host listens for 179 s only
        await city.RestartAsync();
        await city.TickAsync(OneSecond * 2);
        await city.TickAsync(OneSecond * 180);
        Assert.Empty(city.Book.Changes); // a restart invents no silence
        await city.TickAsync(OneSecond);
        var silence = Assert.Single(city.Book.Changes);
        Assert.Equal(("silence", heard + (180 * Second)), (silence.Kind, silence.MeasuredAt));
        await city.TickAsync(OneSecond * 600);
        Assert.Single(city.Book.Changes);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=0i", city.Now));
        Assert.Equal(AlertChangeKind.Cleared, city.Book.Changes[1].What);
        Assert.Equal(silence.AlertId, city.Book.Changes[1].AlertId);
    }

    [Fact]
    public async Task A_detector_that_never_reported_is_silent_from_its_registration_on()
    {
        var city = new TestCity();
        city.Directory.Add(new DeviceInfo("never", "fire_detector", "z", "gw") { RegisteredAt = city.Now });
        city.Directory.Add(new DeviceInfo("lamp-1", "streetlight", null, "gw") { RegisteredAt = city.Now });
        var registered = city.Now;
        await city.TickAsync(OneSecond);
        await city.TickAsync(OneSecond * 180);
        Assert.Empty(city.Book.Changes);
        await city.TickAsync(OneSecond);
        var silence = Assert.Single(city.Book.Changes);
        Assert.Equal(("silence", "never", registered + (180 * Second)), (silence.Rule, silence.Device, silence.MeasuredAt));
        Assert.Contains("never reported", silence.Detail, StringComparison.Ordinal);
        Assert.Equal(0, city.Host.Devices);
        Assert.Null(city.Host.Look("never"));

        await city.RestartAsync();
        await city.TickAsync(OneSecond);
        await city.TickAsync(OneSecond * 500);
        Assert.Single(city.Book.Changes); // told once, over a restart too
        Assert.Equal(0, city.Host.Devices);
        await city.SendAsync(Line("fire_detector", "never", "loop_state=0i", city.Now));
        Assert.Equal((AlertChangeKind.Cleared, silence.AlertId), (city.Book.Changes[1].What, city.Book.Changes[1].AlertId));
        Assert.Equal(1, city.Host.Devices);
        Assert.NotNull(city.Host.Look("never"));
    }

    [Fact]
    public async Task A_decommissioned_device_is_forgotten_and_no_silence()
    {
        var city = new TestCity(options: new HostOptions { SnapshotInterval = TimeSpan.Zero });
        AddFire(city);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=0i", city.Now));
        city.Directory.Remove("d1");
        await city.TickAsync(OneSecond);
        await city.TickAsync(OneSecond * 500);
        Assert.Empty(city.Book.Changes);
        Assert.Null(city.Host.Look("d1"));
        Assert.Empty(city.Book.Grains);
    }

    [Fact]
    public async Task A_hold_runs_over_a_crash()
    {
        foreach (var crash in new[] { false, true })
        {
            var city = new TestCity(Lane.Telemetry, new HostOptions { SnapshotInterval = TimeSpan.Zero });
            city.Directory.Add(new DeviceInfo("lamp-1", "streetlight", null, "gw", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["rated_w"] = 60 }));
            var onset = city.Now;
            await city.SendAsync(Line("streetlight", "lamp-1", "dim_percent=100,power_w=0", city.Now));
            for (var i = 0; i < 9; i++)
            {
                city.Time.Advance(OneSecond * 60);
                await city.SendAsync(Line("streetlight", "lamp-1", "dim_percent=100,power_w=0", city.Now));
            }

            if (crash)
            {
                await city.RestartAsync();
            }

            await city.TickAsync(OneSecond * 30);
            Assert.Empty(city.Book.Changes);
            await city.TickAsync(OneSecond * 31);
            var lamp = Assert.Single(city.Book.Changes);
            Assert.Equal(("lamp-failure", onset), (lamp.Rule, lamp.MeasuredAt));
        }
    }

    [Fact]
    public async Task A_checkpoint_saves_in_chunks_moves_the_cursor_last_and_survives_failures()
    {
        var city = new TestCity(Lane.Telemetry, new HostOptions { SnapshotChunk = 10 });
        for (var i = 0; i < 35; i++)
        {
            city.Directory.Add(new DeviceInfo($"cam-{i}", "camera", null, "gw"));
            await city.SendAsync(Line("camera", $"cam-{i}", "online=true,recording=true", city.Now));
        }

        Assert.Null(city.Host.Cursor);
        city.Time.Advance(OneSecond * 31);
        city.Book.Failures.Enqueue(TestBook.Failure.None);
        city.Book.Failures.Enqueue(TestBook.Failure.Before);
        city.Book.Failures.Enqueue(TestBook.Failure.After);
        var target = city.Host.Position;
        for (var i = 0; i < 3; i++)
        {
            await city.CommitAsync();
            Assert.Null(city.Host.Cursor);
        }

        await city.CommitAsync();
        Assert.Equal(target, city.Host.Cursor);
        Assert.Equal((35, 10), (city.Book.Grains.Count(), city.Book.LargestCommit));
        await city.RestartAsync();
        Assert.Equal(35, city.Host.Devices);
        Assert.Equal((0, 0), (city.Host.Counters.Lines, city.Host.Counters.Skipped));
        Assert.Equal(1, city.Host.Look("cam-7")!.Values.Single(v => v.Name == "recording").Value);
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_read_is_counted_told_and_built_again_from_the_log()
    {
        var warnings = new List<string>();
        var city = new TestCity(options: new HostOptions { Warn = warnings.Add });
        AddFire(city);
        await city.SendAsync(Line("fire_detector", "d1", "loop_state=1i", city.Now));
        city.Book.Damage("device/d1");
        city.Book.Damage("zone/hall");
        await city.RestartAsync();
        Assert.Equal(2, city.Host.Counters.Unreadable);
        Assert.Equal(2, warnings.Count);
        await city.CommitAsync();
        Assert.Single(city.Book.Changes); // said again, known
        Assert.Equal(1, city.Host.Look("d1")!.Values.Single().Value);
    }

    [Fact]
    public async Task Bad_lines_unknown_kinds_and_the_wrong_lane_are_counted_beside_the_good()
    {
        var city = new TestCity();
        AddFire(city);
        await city.SendAsync(
            "fire_detector,device= loop_state=1i\nspaceship,device=x a=1 5\n" + Line("streetlight", "l", "power_w=1", 5)
            + Line("fire_detector", "d1", "loop_state=1i", city.Now));
        var counters = city.Host.Counters;
        Assert.Equal((1, 1, 1, 1), (counters.BadLines, counters.UnknownKinds, counters.WrongLane, counters.Lines));
        Assert.Single(city.Book.Changes);
        await city.SendAsync("[{\"reason\":\"syntax\"}]", FrameFlags.Rejected);
        Assert.Equal(1, counters.BadLines);
    }

    [Fact]
    public async Task A_changed_word_of_the_registry_counts_from_the_next_line_on()
    {
        var city = new TestCity();
        city.Directory.Add(new DeviceInfo("g1", "water_level", null, "gw"));
        await city.SendAsync(Line("water_level", "g1", "water_level_m=5.2", city.Now));
        Assert.Empty(city.Book.Changes); // no figures, no stage
        city.Directory.Add(new DeviceInfo("g1", "water_level", null, "gw", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["I"] = 4, ["II"] = 5.5 }));
        city.Time.Advance(OneSecond * 300);
        await city.SendAsync(Line("water_level", "g1", "water_level_m=5.3", city.Now));
        Assert.Equal(("flood", 4.0), (city.Book.Changes.Single().Kind, city.Book.Changes.Single().Threshold));
        var view = city.Host.Look("g1")!;
        Assert.Equal(1, view.Derived.Single(d => d.Name == "flood_stage").Value);
    }

    [Fact]
    public async Task Many_silences_are_spread_over_ticks()
    {
        var city = new TestCity(Lane.Telemetry, new HostOptions { MaximumChangesPerTick = 4 });
        for (var i = 0; i < 10; i++)
        {
            city.Directory.Add(new DeviceInfo($"cam-{i}", "camera", null, "gw"));
            await city.SendAsync(Line("camera", $"cam-{i}", "online=true", city.Now));
        }

        await city.TickAsync(OneSecond);
        foreach (var expected in new[] { 4, 8, 10, 10 })
        {
            await city.TickAsync(OneSecond * 200);
            Assert.Equal(expected, city.Book.Changes.Count);
        }
    }

    [Fact]
    public async Task Readings_that_say_nothing_allocate_nothing_once_warm()
    {
        var city = new TestCity(Lane.Telemetry);
        city.Directory.Add(new DeviceInfo("st-1", "environment_station", null, "gw"));
        city.Directory.Add(new DeviceInfo("lamp-1", "streetlight", null, "gw") { Latitude = 19.8, Longitude = 105.78 });
        var start = city.Now;
        var frames = new byte[300][];
        for (var i = 0; i < frames.Length; i++)
        {
            var at = start + (i * 10 * Second);
            frames[i] = System.Text.Encoding.UTF8.GetBytes(
                Line("environment_station", "st-1", $"temperature_celsius=2{i % 10}.5,pm2_5_ug_m3=1{i % 7}.25,pm10_ug_m3=30,o3_ug_m3=12", at)
                + Line("streetlight", "lamp-1", "dim_percent=0,power_w=0.5,voltage_v=229.9", at));
        }

        await city.SendAsync(System.Text.Encoding.UTF8.GetString(frames[0]));
        var log = city.Host.Position!.Value.LogId;
        long allocated = 0;
        for (var i = 1; i < frames.Length; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            city.Host.ApplyFrame(new LogCursor(log, Lane.Telemetry, 1000 + (i * 100)), FrameFlags.None, start + (i * 10 * Second), frames[i]);
            var commit = city.Host.CommitAsync(default);
            Assert.True(commit.IsCompletedSuccessfully);
            allocated += i > 20 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
        }

        Assert.Equal(0, allocated);
        Assert.Empty(city.Book.Changes);
        Assert.Equal(600, city.Host.Counters.Lines);
    }
}
