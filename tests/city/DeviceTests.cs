namespace SmartCity.City.Tests;

/// <summary>Devices as the built-in kinds describe them.</summary>
public sealed class DeviceTests
{
    [Fact]
    public void A_fire_loop_tells_its_zone_of_the_alarm_and_raises_cut_and_short_itself()
    {
        var detector = Bench.Of("fire_detector");
        detector.Read(0, ("loop_state", 0)).Read(10, ("loop_state", 1)).Read(20, ("loop_state", 2)).Read(30, ("loop_state", 3)).Read(40, ("loop_state", 0));
        Assert.Equal(["Detector True 10", "Detector False 40"], detector.Signals.Select(s => $"{s.Kind} {s.On} {Bench.Seconds(s.MeasuredAt)}"));
        Assert.Equal(
            ["loop-open Raised 20", "loop-open Cleared 30", "loop-short Raised 30", "loop-short Cleared 40"],
            detector.Changes.Select(c => $"{c.Rule} {c.What} {Bench.Seconds(c.MeasuredAt)}"));
        Assert.All(detector.Changes, c => Assert.Equal(("fire-fault", Severity.Major), (c.Kind, c.Severity)));
    }

    [Fact]
    public void A_loop_state_nobody_knows_is_a_fault_and_no_silence()
    {
        var detector = Bench.Of("fire_detector").Read(0, 0, ReadingFaults.Range, ("loop_state", 9));
        Assert.Contains("loop state unknown; value outside its plausible range", detector.Changes.Single().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Gas_raises_its_own_alert_and_tells_the_zone_nothing()
    {
        var detector = Bench.Of("fire_detector").Read(0, ("combustible_ppm", 2_099)).Read(10, ("combustible_ppm", 2_100))
            .Read(20, ("combustible_ppm", 1_001)).Read(30, ("combustible_ppm", 1_000));
        Assert.Equal(
            ["gas gas Raised 10 Major", "gas gas Cleared 30 Major"],
            detector.Changes.Select(c => $"{c.Rule} {c.Kind} {c.What} {Bench.Seconds(c.MeasuredAt)} {c.Severity}"));
        Assert.Empty(detector.Signals);
    }

    [Fact]
    public void Heat_is_told_by_level_and_by_rise()
    {
        var level = Bench.Of("fire_detector").Read(0, ("temperature_celsius", 58)).Read(60, ("temperature_celsius", 49));
        Assert.Equal(["heat True 0", "heat False 60"], level.Signals.Select(s => $"{s.Rule} {s.On} {Bench.Seconds(s.MeasuredAt)}"));
        var rise = Bench.Of("fire_detector").Read(0, ("temperature_celsius", 30)).Read(60, ("temperature_celsius", 40)).Read(120, ("temperature_celsius", 41));
        Assert.Equal(["heat-rise True 60", "heat-rise False 120"], rise.Signals.Select(s => $"{s.Rule} {s.On} {Bench.Seconds(s.MeasuredAt)}"));
        var noon = Bench.Of("fire_detector").Read(0, ("temperature_celsius", 30)).Read(60, ("temperature_celsius", 39.9));
        Assert.Empty(noon.Signals);
    }

    [Fact]
    public void A_call_point_says_so_by_its_button_and_by_its_loop()
    {
        var button = Bench.Of("manual_call_point").Read(0, ("pressed", 1)).Read(5, ("pressed", 0));
        var loop = Bench.Of("manual_call_point").Read(0, ("loop_state", 1));
        Assert.Equal(["CallPoint True", "CallPoint False"], button.Signals.Select(s => $"{s.Kind} {s.On}"));
        Assert.Equal(ZoneSignalKind.CallPoint, loop.Signals.Single().Kind);
    }

    [Fact]
    public void A_late_alarm_is_told_to_the_zone_as_late_once()
    {
        var detector = Bench.Of("fire_detector").Read(100, ("loop_state", 0)).Read(50, ("loop_state", 1)).Read(55, ("loop_state", 1)).Read(50, ("loop_state", 1));
        var signal = Assert.Single(detector.Signals);
        Assert.True(signal.Late);
        Assert.Equal(Bench.At(50), signal.MeasuredAt);
    }

    [Theory]
    // a clock set back by ten minutes: on and off are heard a minute apart, as they are stamped
    [InlineData("400@1005=1 460@1065=0", "True 400 late|False 460")]
    [InlineData("400@1005=1 430@1035=1 460@1065=0 500@1105=1", "True 400 late|False 460|True 500 late")]
    // the clock is right again while it burns
    [InlineData("400@1005=1 1065@1065=1 1100@1100=0", "True 400 late|False 1100")]
    // a log of the past: both are heard in one breath
    [InlineData("400@1005=1 460@1005.1=0", "True 400 late|False 460 late")]
    [InlineData("400@1005=1 460@1005.1=0 400@1006=1 460@1006=0", "True 400 late|False 460 late")]
    // too short to tell
    [InlineData("400@1005=1 405@1005=0", "True 400 late|False 405")]
    // an end from before ends nothing
    [InlineData("400@1005=1 399@1006=0", "True 400 late")]
    [InlineData("1001@1001=1 400@1005=0", "True 1001")]
    public void An_alarm_stamped_long_before_the_newest_reading_is_live_and_ends_by_its_own_clock(string readings, string said)
    {
        var detector = Bench.Of("fire_detector").Read(1_000, ("loop_state", 0));
        foreach (var reading in readings.Split(' '))
        {
            var parts = reading.Split('@', '=').Select(p => double.Parse(p, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            detector.Read(parts[0], parts[1], ReadingFaults.None, ("loop_state", parts[2])).Reload();
        }

        Assert.Equal(said, string.Join('|', detector.Signals.Select(s => $"{s.On} {Bench.Seconds(s.MeasuredAt)}{(s.Late ? " late" : "")}")));
        Assert.All(detector.Signals.Where(s => s is { On: true, Late: true }), s => Assert.True(s.Faults.HasFlag(ReadingFaults.Clock)));
    }

    [Theory]
    // seconds of night, from 20:00; rated 60 W; dark below 3 W
    [InlineData("100/0*11", "lamp-failure 0")]
    [InlineData("100/2.9*10 100/3.1", "")]
    [InlineData("4/0*11", "")] // below 5 % it is not asked on
    [InlineData("0/60 0/60 0/60", "lamp-unexpected-on 0")]
    [InlineData("50/60 50/60 50/60 50/60 50/60 50/60", "lamp-dimming 0")]
    [InlineData("50/44 50/44 50/44 50/44 50/44 50/44", "")] // 30 W expected, 15 W tolerated
    [InlineData("100/60 100/60 100/60 100/60 100/60 100/60", "")]
    public void A_lamp_is_compared_with_what_it_was_told(string readings, string said)
    {
        var lamp = Lamp();
        var at = 20 * 3600;
        foreach (var reading in readings.Split(' ').SelectMany(r => Enumerable.Repeat(r.Split('*')[0], r.Contains('*', StringComparison.Ordinal) ? int.Parse(r.Split('*')[1], System.Globalization.CultureInfo.InvariantCulture) : 1)))
        {
            var parts = reading.Split('/').Select(p => double.Parse(p, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            lamp.Read(at, ("dim_percent", parts[0]), ("power_w", parts[1]));
            at += 60;
        }

        Assert.Equal(said, string.Join('|', lamp.Changes.Select(c => $"{c.Rule} {((c.MeasuredAt - Bench.Start) / Bench.Second) - (20 * 3600)}")));
    }

    [Fact]
    public void A_day_burner_burns_after_the_sun_is_up_and_without_a_place_nobody_can_say()
    {
        foreach (var placed in new[] { true, false })
        {
            var lamp = Lamp(placed);
            for (var at = 4 * 3600; at <= 8 * 3600; at += 60)
            {
                lamp.Read(at, ("dim_percent", 100), ("power_w", 60));
            }

            if (!placed)
            {
                Assert.Empty(lamp.Changes);
                continue;
            }

            // On 1 September the sun rises at 5:39 in Thanh Hóa and is six degrees high about half an hour later.
            var raised = Assert.Single(lamp.Changes);
            Assert.Equal("lamp-day-burner", raised.Rule);
            Assert.InRange((raised.MeasuredAt - Bench.Start) / Bench.Second / 60.0, (6 * 60) + 0, (6 * 60) + 15);
        }
    }

    [Fact]
    public void Feedback_and_power_of_different_times_say_nothing_about_each_other()
    {
        var lamp = Lamp().Read(0, ("dim_percent", 100), ("power_w", 60)).Read(600, ("power_w", 0)).Read(660, ("power_w", 0)).Read(720, ("power_w", 0)).Read(780, ("power_w", 0));
        Assert.Empty(lamp.Changes);
    }

    [Fact]
    public void A_reading_that_says_nothing_allocates_nothing_for_any_kind()
    {
        foreach (var kind in KindCatalog.BuiltIn.All)
        {
            var (logic, state, sink) = (new DeviceLogic(kind), new DeviceState(kind), new ChangeSink());
            var device = new DeviceContext(kind, "dev-1", "zone-1") { Latitude = 19.8, Longitude = 105.78 };
            var row = new double[kind.Metrics.Count];
            var night = Bench.At(22 * 3600);
            long allocated = 0;
            for (var i = 0; i < 200; i++)
            {
                for (var m = 0; m < row.Length; m++)
                {
                    // calm values: nothing that any rule minds
                    row[m] = kind.Metrics[m].Name switch
                    {
                        "online" or "recording" => 1,
                        "voltage_v" => 230 + (i % 3),
                        "battery_volt" => 13,
                        "dim_percent" or "power_w" => 0,
                        "temperature_celsius" => 25 + (i % 2),
                        _ when kind.Metrics[m].Minimum < 0 => 0.5,
                        _ => kind.Metrics[m].Minimum,
                    };
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                var at = night + (i * Bench.Second);
                logic.Apply(device, state, new ReadingView(at, at, row), sink);
                logic.IsDue(device, state, new TickView(at, true, night));
                allocated += i > 10 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
                Assert.True(sink.IsEmpty, kind.Name);
            }

            Assert.True(allocated == 0, $"{kind.Name} allocated {allocated} B");
        }
    }

    private static Bench Lamp(bool placed = true)
    {
        var kind = KindCatalog.BuiltIn.Find("streetlight")!;
        var own = new Dictionary<string, double>(StringComparer.Ordinal) { ["rated_w"] = 60 };
        return new Bench(kind, placed
            ? new DeviceContext(kind, "lamp-1", null, true, own) { Latitude = 19.8, Longitude = 105.78 }
            : new DeviceContext(kind, "lamp-1", null, true, own));
    }
}
