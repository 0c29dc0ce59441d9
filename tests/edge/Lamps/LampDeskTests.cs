using System.Text.Json.Nodes;
using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Lamps;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

public sealed class LampDeskTests
{
    private const string Programmes = """
        "programmes":{"night":{"points":[{"at":"18:00","level":100},{"at":"22:00","level":60,"rampSeconds":100},{"at":"06:00","level":0}]},
                      "always":{"points":[{"at":"12:00","level":80}]}},
        "calendars":{"default":{"default":"night"},"c":{"default":"always"}}
        """;

    // 17:59:50 in Thanh Hóa.
    private static readonly DateTimeOffset Evening = new(2026, 11, 22, 10, 59, 50, TimeSpan.Zero);

    private static DesiredDocument Usual { get; } = LampRig.Document($$"""{"version":1,{{Programmes}}}""");

    [Fact]
    public async Task A_lamp_follows_its_programme_and_a_ramp_goes_in_steps_of_one_percent_to_its_exact_end()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Desk.Use(Usual);
        rig.Start();
        Assert.Equal((0.0, 0.0, LightReason.Programme), (rig.Status.Target, rig.Status.Feedback, rig.Status.Reason));
        rig.Advance(8);
        Assert.Empty(rig.Output.Told);
        rig.Advance(1);
        Assert.Equal([(new DateTimeOffset(2026, 11, 22, 11, 0, 0, TimeSpan.Zero), 100.0)], rig.Output.Told);
        Assert.Equal("programme night", rig.Status.Words);

        rig.Advance((4 * 3600) + 200);
        var ramp = rig.Output.Told.Skip(1).ToList();
        Assert.InRange(ramp.Count, 30, 41);
        Assert.Equal(60, ramp[^1].Percent);
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 15, 1, 41, TimeSpan.Zero), ramp[^1].At);
        Assert.All(ramp.Zip(ramp.Skip(1)), pair => Assert.InRange(pair.First.Percent - pair.Second.Percent, 0.001, 1.61));
    }

    [Fact]
    public async Task Large_steps_of_a_cabinet_are_spread_over_four_seconds_always_in_the_same_order()
    {
        List<DateTimeOffset>? first = null;
        for (var run = 0; run < 2; run++)
        {
            await using var rig = new LampRig(new FakeTime(Evening), lamps: 41);
            rig.Desk.Use(Usual);
            rig.Start();
            rig.Advance(20);
            var on = rig.Outputs.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => Assert.Single(o.Value.Told).At).ToList();
            Assert.Equal(on.Order(), on);
            Assert.Equal(TimeSpan.FromSeconds(4), on[^1] - on[0]);
            Assert.Equal(41, on.Distinct().Count());
            Assert.Equal(first ?? on, on);
            first = on;

            // "Everything on" is no different for the fuse.
            const string on20 = """{"overrides":[{"id":"o","level":20,"priority":1000,"start":"2026-11-22T00:00:00Z"}]}""";
            var lamps = string.Join(',', rig.Outputs.Keys.Select(k => $"\"{k}\":{on20}"));
            rig.Desk.Use(LampRig.Document("{\"version\":2," + Programmes + ",\"lamps\":{" + lamps + "}}"));
            rig.Advance(4);
            Assert.All(rig.Outputs.Values, o => Assert.Equal(20, o.Level));
            Assert.InRange(rig.Outputs.Values.Max(o => o.Told[^1].At) - rig.Outputs.Values.Min(o => o.Told[^1].At), TimeSpan.FromSeconds(3.9), TimeSpan.FromSeconds(4));
        }
    }

    [Fact]
    public async Task The_hand_at_the_pole_comes_before_any_programme_and_is_a_sensor()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Switch.Turn(on: true, rig.Time);
        Assert.Equal((100.0, 100.0, LightReason.Sensor), (rig.Status.Target, rig.Output.Level, rig.Status.Reason));
        Assert.Equal("switched on by hand at the pole", rig.Status.Words);
        rig.Switch.Turn(on: false, rig.Time);
        rig.Advance(1);
        Assert.Equal((0.0, 0.0), (rig.Status.Target, rig.Output.Level));

        // A broken switch is off, and a fault of the device.
        rig.Switch.Turn(on: true, rig.Time);
        rig.Switch.Broken = true;
        rig.Switch.Turn(on: true, rig.Time);
        rig.Advance(1);
        Assert.Equal(LightReason.Programme, rig.Status.Reason);
        Assert.Contains("switch: the line is gone", rig.Unit.FaultWords, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_refuses_is_the_devices_fault_and_is_tried_again()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Output.Refuses = new BusException(BusFault.NoAnswer, "i2c-1 0x40: nothing answers");
        rig.Advance(10);
        Assert.Equal(LightReason.Fault, rig.Status.Reason);
        Assert.Equal("i2c-1 0x40: nothing answers", rig.Status.Words);
        Assert.Equal((100.0, null), (rig.Status.Target, rig.Status.Feedback));
        Assert.Contains("lamp-00 fault_code=1", rig.Lines);
        rig.Output.Refuses = null;
        rig.Advance(120);
        Assert.Equal((100.0, 100.0, LightReason.Programme), (rig.Status.Target, rig.Output.Level, rig.Status.Reason));
        Assert.Equal("lamp-00 dim_percent=100 fault_code=0", rig.Lines[^1]);
    }

    [Fact]
    public async Task An_output_that_lost_its_level_is_told_again_within_ten_seconds()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(30);
        rig.Output.Level = 0;
        rig.Advance(11);
        Assert.Equal(100, rig.Output.Level);
        Assert.Equal(2, rig.Output.Told.Count);
    }

    [Fact]
    public async Task Feedback_is_what_the_output_says_and_never_the_target()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Output.Mute = true;
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(120);
        Assert.Equal((100.0, null), (rig.Status.Target, rig.Status.Feedback));
        Assert.DoesNotContain(rig.Lines, l => l.Contains("dim_percent", StringComparison.Ordinal));
        Assert.Null(rig.Status.Actual);
    }

    [Fact]
    public async Task A_restart_moves_no_lamp_that_stands_right()
    {
        await using var rig = new LampRig(new FakeTime(Evening.AddHours(1)), before: _ => 100);
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(60);
        Assert.Empty(rig.Output.Told);
        Assert.Equal(100, rig.Status.Feedback);
    }

    [Fact]
    public async Task A_device_that_is_made_anew_takes_its_lamp_along()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(9);
        await rig.ReloadAsync();
        rig.Advance(5);
        Assert.Equal((100.0, 100.0, LightReason.Programme), (rig.Output.Level, rig.Status.Feedback, rig.Status.Reason));
        await rig.DisposeAsync();
        Assert.False(rig.Output.Open);
        Assert.Equal(100, rig.Output.Level);
    }

    [Fact]
    public async Task The_meter_is_asked_two_seconds_after_a_step_and_at_most_every_ten_on_a_ramp()
    {
        await using var rig = new LampRig(new FakeTime(Evening));
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(10);
        Assert.Empty(rig.Hurried);
        rig.Advance(2);
        Assert.Equal(["lamp-00"], rig.Hurried);
        rig.Advance((4 * 3600) + 300);
        Assert.InRange(rig.Hurried.Count, 9, 12);
    }

    [Fact]
    public async Task Each_lamp_is_measured_two_seconds_after_its_own_step_also_of_an_order_soon_after_another()
    {
        var hurried = new List<(string Lamp, DateTimeOffset At)>();
        var time = new FakeTime(Evening.AddHours(1));
        await using var rig = new LampRig(time, lamps: 43, with: s => s with { Hurry = lamp => hurried.Add((lamp, time.GetUtcNow())) });
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(60);
        foreach (var level in new[] { 40, 90, 97 })
        {
            // The third is a step too small to wait for its place, and 7 s after the second: it is measured all the same.
            hurried.Clear();
            var order = "{\"overrides\":[{\"id\":\"o\",\"level\":" + level + ",\"start\":\"2026-11-22T00:00:00Z\"}]}";
            rig.Desk.Use(LampRig.Document("{\"version\":2," + Programmes + ",\"lamps\":{" + string.Join(',', rig.Outputs.Keys.Select(k => $"\"{k}\":{order}")) + "}}"));
            rig.Advance(7);
            Assert.Equal(rig.Outputs.Select(o => (o.Key, At: o.Value.Told[^1].At.AddSeconds(2))).OrderBy(h => h.Key, StringComparer.Ordinal), hurried.OrderBy(h => h.Lamp, StringComparer.Ordinal));
            Assert.All(rig.Desk.Status, s => Assert.Equal(s.SettledAt, Assert.Single(hurried, h => h.Lamp == s.Lamp).At.UtcTicks));
        }
    }

    [Theory]
    [InlineData(null, 100, LightReason.Default)]
    [InlineData(5.0, 100, LightReason.Sensor)]
    [InlineData(50.0, 100, LightReason.Sensor)] // between the borders: as before, and dark at first
    [InlineData(500.0, 0, LightReason.Sensor)]
    public async Task Without_a_clock_a_lamp_follows_the_photocell_or_burns(double? lux, double percent, LightReason reason)
    {
        var time = new FakeTime(Evening);
        await using var rig = new LampRig(time, with: s => s with { Light = () => lux is { } l ? (l, time.GetTimestamp()) : null }) { ClockKnown = false };
        rig.Desk.Use(Usual);
        rig.Start();
        rig.Advance(5);
        Assert.Equal((percent, percent, reason), (rig.Status.Target, rig.Output.Level, rig.Status.Reason));

        // When the time is known the programme is followed at once: 18:00 has not come.
        rig.ClockKnown = true;
        rig.Advance(2);
        Assert.Equal((0.0, LightReason.Programme), (rig.Status.Target, rig.Status.Reason));
    }

    [Fact]
    public async Task A_photocell_that_has_been_mute_for_ten_minutes_is_none()
    {
        var time = new FakeTime(Evening);
        var at = time.GetTimestamp();
        await using var rig = new LampRig(time, with: s => s with { Light = () => (500, at) });
        rig.Start();
        rig.Advance(590);
        Assert.Equal((0.0, LightReason.Sensor), (rig.Status.Target, rig.Status.Reason));
        rig.Advance(20);
        Assert.Equal((100.0, LightReason.Default), (rig.Status.Target, rig.Status.Reason));
    }

    [Fact]
    public async Task The_configurations_programmes_hold_until_a_document_has_calendars_of_its_own()
    {
        var initial = LightingSection.Read(
            (JsonObject)JsonNode.Parse("{" + Programmes + ",\"lamps\":{\"lamp-00\":{\"calendar\":\"c\"}}}")!, "Asia/Ho_Chi_Minh");
        await using var rig = new LampRig(new FakeTime(Evening), initial: initial);
        rig.Start();
        rig.Advance(1);
        Assert.Equal(80, rig.Output.Level);

        rig.Desk.Use(LampRig.Document("""{"version":1,"lamps":{"lamp-00":{"minimum":10}}}"""));
        rig.Advance(1);
        Assert.Equal(80, rig.Output.Level);
        rig.Desk.Use(LampRig.Document("""{"version":2,"lamps":{"lamp-00":{"overrides":[{"id":"o","level":5,"start":"2026-01-01T00:00:00Z"}],"minimum":10}}}"""));
        rig.Advance(1);
        Assert.Equal((10.0, LightReason.Override), (rig.Output.Level, rig.Status.Reason));
        rig.Desk.Use(LampRig.Document($$"""{"version":3,{{Programmes}}}"""));
        rig.Advance(1);
        Assert.Equal((0.0, LightReason.Programme), (rig.Output.Level, rig.Status.Reason));

        var wrong = Assert.Throws<DesiredException>(() => LightingSection.Read((JsonObject)JsonNode.Parse("""{"calendars":{"c":{"default":"x"}}}""")!, "UTC"));
        Assert.Equal("lighting.calendars.c.default: there is no programme 'x'", wrong.Message);
    }

    [Fact]
    public async Task A_test_burns_for_its_time_and_gives_the_lamp_back()
    {
        await using var rig = new LampRig(new FakeTime(Evening.AddMinutes(-5)), lamps: 2, with: s => s with { Meter = _ => (61.2, s.Time.GetTimestamp()) });
        rig.Desk.Use(Usual);
        rig.Start();
        var test = rig.Desk.TestAsync("lamp-00", 60, TimeSpan.FromSeconds(5), CancellationToken.None);
        Assert.Equal((60.0, LightReason.Override, "a technician's test"), (rig.Output.Level, rig.Status.Reason, rig.Status.Words));
        Assert.Contains("is being tested", (await rig.Desk.TestAsync("lamp-00", 50, TimeSpan.FromSeconds(1), CancellationToken.None)).Detail, StringComparison.Ordinal);
        rig.Advance(5);
        var result = await Wait.ForAsync(test, "the test ended");
        Assert.True(result.Done);
        Assert.Equal("asked 60 %, the output says 60 %, measured 61.2 W", result.Detail);
        rig.Advance(5);
        Assert.Equal(0, rig.Output.Level);
        Assert.Empty(rig.Outputs["lamp-01"].Told);

        Assert.False((await rig.Desk.TestAsync("lamp-99", 60, TimeSpan.FromSeconds(5), CancellationToken.None)).Done);
        Assert.False((await rig.Desk.TestAsync("lamp-00", 101, TimeSpan.FromSeconds(5), CancellationToken.None)).Done);
        Assert.False((await rig.Desk.TestAsync("lamp-00", 60, TimeSpan.FromHours(5), CancellationToken.None)).Done);
    }
}
