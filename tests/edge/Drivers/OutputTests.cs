using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Outputs;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Relay and PWM: target, feedback, and an output that does not follow.</summary>
public sealed class OutputTests
{
    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public OutputTests() => _board = new ScriptedBoard(_time);

    private DriverContext Context => new(_board, _time);

    [Theory]
    [InlineData("false", "false", false)]
    [InlineData("true", "false", true)]
    [InlineData("false", "true", true)]
    [InlineData("true", "true", false)]
    public async Task A_relay_is_off_until_it_is_told_however_it_is_wired(string activeLow, string invert, bool low)
    {
        await using var relay = Parts.Make<Relay>("relay", Context, ("line", "17"), ("activeLow", activeLow), ("invert", invert));
        await relay.StartAsync(default);
        Assert.Equal(low, _board.Line.Settings.ActiveLow);
        Assert.False(_board.Line.Settings.Initial);
        Assert.Equal(0, await relay.FeedbackAsync(default));
        await relay.SetAsync(1, default);
        Assert.True(_board.Line.Level);
        Assert.Equal(100, await relay.FeedbackAsync(default));
        await relay.SetAsync(0, default);
        Assert.Equal(0, await relay.FeedbackAsync(default));
    }

    [Fact]
    public async Task A_relay_opened_again_after_a_fault_is_what_it_was_told_last()
    {
        await using var relay = Parts.Make<Relay>("relay", Context, ("line", "17"));
        await relay.StartAsync(default);
        await relay.SetAsync(100, default);
        await relay.StartAsync(default);
        Assert.True(_board.Lines[0].Disposed);
        Assert.True(_board.Line.Settings.Initial);
        Assert.Equal(100, await relay.FeedbackAsync(default));
    }

    [Fact]
    public async Task A_lamp_s_relay_may_be_on_from_the_beginning()
    {
        await using var relay = Parts.Make<Relay>("relay", Context, ("line", "17"), ("initial", "on"));
        await relay.StartAsync(default);
        Assert.True(_board.Line.Settings.Initial);
    }

    [Fact]
    public async Task A_relay_with_a_memory_is_what_it_was_told_last_also_after_a_restart()
    {
        var home = Directory.CreateTempSubdirectory("edge-relay");
        try
        {
            var context = Context with { State = Path.Combine(home.FullName, "state", "lamp.output") };
            foreach (var (before, told) in new[] { (false, 100.0), (true, 100.0), (true, 0.0), (false, 0.0) })
            {
                await using var relay = Parts.Make<Relay>("relay", context, ("line", "17"));
                await relay.StartAsync(default);
                Assert.Equal(before, _board.Line.Settings.Initial);
                await relay.SetAsync(told, default);
            }

            // Another line remembers for itself, and rubbish is nothing.
            await using var other = Parts.Make<Relay>("relay", context, ("line", "18"), ("initial", "on"));
            await other.StartAsync(default);
            Assert.True(_board.Line.Settings.Initial);
            File.WriteAllText(Assert.Single(Directory.GetFiles(context.State)), "\0\0");
            await using var again = Parts.Make<Relay>("relay", context, ("line", "17"));
            await again.StartAsync(default);
            Assert.False(_board.Line.Settings.Initial);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_shorted_line_does_not_follow_and_says_so()
    {
        await using var relay = Parts.Make<Relay>("relay", Context, ("line", "17"));
        await relay.StartAsync(default);
        _board.Line.Shorted = false;
        Assert.Equal(DeviceFault.Stuck, (await Assert.ThrowsAsync<DriverException>(async () => await relay.SetAsync(100, default))).Fault);
        Assert.Equal(0, await relay.FeedbackAsync(default));
    }

    [Theory]
    [InlineData("relay", "line")]
    [InlineData("pwm", "pwm")]
    public async Task An_output_takes_no_level_before_its_start_and_none_that_is_none(string driver, string setting)
    {
        await using var output = driver == "relay" ? (OutputDriver)Parts.Make<Relay>(driver, Context, (setting, "0")) : Parts.Make<Pwm>(driver, Context, (setting, "0"));
        await Assert.ThrowsAsync<DriverException>(async () => await output.SetAsync(5, default));
        await Assert.ThrowsAsync<DriverException>(async () => await output.FeedbackAsync(default));
        await output.StartAsync(default);
        foreach (var level in new[] { -0.1, 100.1, double.NaN, double.PositiveInfinity })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await output.SetAsync(level, default));
        }

        Assert.Empty(await output.MeasureAsync());
    }

    [Theory]
    [InlineData("0", "100", "false", 0, 0)]
    [InlineData("0", "100", "false", 50, 0.5)]
    [InlineData("0", "100", "false", 100, 1)]
    [InlineData("10", "90", "false", 0, 0)]
    [InlineData("10", "90", "false", 50, 0.5)]
    [InlineData("10", "90", "false", 1, 0.108)]
    [InlineData("10", "90", "false", 100, 0.9)]
    [InlineData("0", "100", "true", 0, 1)]
    [InlineData("0", "100", "true", 25, 0.75)]
    [InlineData("10", "90", "true", 100, 0.1)]
    public async Task A_level_becomes_a_duty_and_the_duty_read_back_is_the_level(string min, string max, string invert, double level, double duty)
    {
        await using var pwm = Parts.Make<Pwm>("pwm", Context, ("pwm", "0"), ("channel", "1"), ("frequency", "1000"), ("min", min), ("max", max), ("invert", invert));
        await pwm.StartAsync(default);
        await pwm.SetAsync(level, default);
        Assert.Equal(duty, _board.Pwm.Duty, 1e-9);
        Assert.Equal(level, await pwm.FeedbackAsync(default));
    }

    [Fact]
    public async Task Opening_changes_nothing_and_a_duty_that_nobody_here_set_is_no_level()
    {
        _board.Pwm.Duty = 0.97;
        await using var pwm = Parts.Make<Pwm>("pwm", Context, ("min", "10"), ("max", "90"));
        await pwm.StartAsync(default);
        Assert.Equal(0.97, _board.Pwm.Duty);
        Assert.True(double.IsNaN(await pwm.FeedbackAsync(default)));
        _board.Pwm.Duty = 0.07;
        Assert.True(double.IsNaN(await pwm.FeedbackAsync(default)));
        _board.Pwm.Duty = 0.5;
        Assert.Equal(50, await pwm.FeedbackAsync(default));
    }

    [Fact]
    public async Task A_channel_that_another_program_drives_does_not_follow_and_says_so()
    {
        await using var pwm = Parts.Make<Pwm>("pwm", Context);
        await pwm.StartAsync(default);
        _board.Pwm.Held = 0.2;
        Assert.Equal(DeviceFault.Stuck, (await Assert.ThrowsAsync<DriverException>(async () => await pwm.SetAsync(80, default))).Fault);
        Assert.Equal(20, await pwm.FeedbackAsync(default));
    }

    [Fact]
    public void A_map_that_does_not_rise_is_a_fault() =>
        Assert.Contains(Parts.Faults("pwm", Context, ("min", "90"), ("max", "10")), f => f.StartsWith("part.max:", StringComparison.Ordinal));
}
