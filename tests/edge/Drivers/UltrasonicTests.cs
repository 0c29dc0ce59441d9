using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>A02YYUW: the datasheet's frame, limits, waves and echoes.</summary>
public sealed class UltrasonicTests
{
    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public UltrasonicTests() => _board = new ScriptedBoard(_time);

    [Fact]
    public async Task The_datasheet_s_frame_is_1953_mm()
    {
        await using var sensor = await StartAsync("4.000");
        Send([0xff, 0x07, 0xa1, 0xa7], 5);
        Assert.Equal(new() { ["water_level_m"] = 2.047 }, await sensor.MeasureAsync());
    }

    [Theory]
    [InlineData("5", 30, 4.97)]
    [InlineData("5", 4500, 0.5)]
    [InlineData("-1.5", 1000, -2.5)]
    [InlineData("0x", 0, 0)]
    public async Task Level_is_mount_less_distance_within_the_sensor_s_limits(string mount, int millimetres, double level)
    {
        if (mount == "0x")
        {
            Assert.Contains("part.mount", Parts.Faults("a02yyuw", new(_board, _time), ("port", "/dev/ttyS0"), ("mount", mount))[0], StringComparison.Ordinal);
            return;
        }

        await using var sensor = await StartAsync(mount);
        Send(Frames.A02(millimetres), 5);
        Assert.Equal(level, (await sensor.MeasureAsync())["water_level_m"]);
    }

    [Theory]
    [InlineData(29)]
    [InlineData(4501)]
    [InlineData(0)]
    [InlineData(0xfffd)] // what it sends without an echo
    [InlineData(0xfffe)] // and when another one disturbs it
    public async Task Out_of_range_is_a_fault(int millimetres)
    {
        await using var sensor = await StartAsync("5");
        Send(Frames.A02(millimetres), 40);
        var fault = await sensor.FaultAsync(DeviceFault.Range);
        Assert.Contains("echo", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 2000, 2030, 1980, 2010, 1990 }, 3.0)] // waves
    [InlineData(new[] { 2000, 700, 2001, 4400, 2002 }, 2.999)] // two stray echoes
    [InlineData(new[] { 300, 300, 2001, 2000, 2002 }, 3.0)] // near ones
    public async Task The_median_of_five_stands_waves_and_stray_echoes(int[] millimetres, double level)
    {
        await using var sensor = await StartAsync("5");
        foreach (var one in millimetres)
        {
            Send(Frames.A02(one), 1);
        }

        Assert.Equal(level, (await sensor.MeasureAsync())["water_level_m"]);
    }

    [Fact]
    public async Task Five_that_disagree_are_asked_again_and_three_times_five_are_a_fault()
    {
        int[] wild = [500, 1000, 1500, 2000, 2500];
        await using var sensor = await StartAsync("5");
        foreach (var one in wild)
        {
            Send(Frames.A02(one), 1);
        }

        Send(Frames.A02(1234), 5);
        Assert.Equal(3.766, (await sensor.MeasureAsync())["water_level_m"]);

        for (var i = 0; i < 3; i++)
        {
            foreach (var one in wild)
            {
                Send(Frames.A02(one), 1);
            }
        }

        Assert.Contains("spread", (await sensor.FaultAsync(DeviceFault.Range)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Echoes_mostly_out_of_range_are_no_level()
    {
        await using var sensor = await StartAsync("5");
        for (var i = 0; i < 20; i++)
        {
            Send(Frames.A02(0xfffd), 3);
            Send(Frames.A02(900), 1);
        }

        await sensor.FaultAsync(DeviceFault.Range);
    }

    [Fact]
    public async Task Fewer_than_five_frames_in_its_patience_are_silence_or_what_was_wrong_with_them()
    {
        await using var sensor = await StartAsync("5");
        await sensor.FaultAsync(DeviceFault.NoAnswer);
        await sensor.StartAsync(default);
        Send([0xff, 0x07, 0xa1, 0xa6], 30);
        await sensor.FaultAsync(DeviceFault.Checksum);
        Send([0x55, 0x07], 3);
        await sensor.FaultAsync(DeviceFault.Frame);
        Send(Frames.A02(1000), 4);
        await sensor.FaultAsync(DeviceFault.Frame);
    }

    [Fact]
    public async Task A_day_without_one_millimetre_of_change_is_a_dead_sensor()
    {
        await using var sensor = await StartAsync("5");
        for (var hour = 0; hour < 24; hour++)
        {
            Send(Frames.A02(1000), 5);
            await sensor.MeasureAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }

        Send(Frames.A02(1000), 5);
        await sensor.FaultAsync(DeviceFault.Stuck);
        Send(Frames.A02(1001), 5);
        await sensor.MeasureAsync();
    }

    private async Task<A02yyuw> StartAsync(string mount)
    {
        var sensor = Parts.Make<A02yyuw>("a02yyuw", new DriverContext(_board, _time), ("port", "/dev/ttyAMA2"), ("mount", mount));
        await sensor.StartAsync(default);
        return sensor;
    }

    private void Send(byte[] frame, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _board.Port.Coming.Enqueue(frame);
        }
    }
}
