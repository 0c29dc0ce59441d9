using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>PMS5003 and SDS011: the datasheets' frames and every fault.</summary>
public sealed class DustTests
{
    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public DustTests() => _board = new ScriptedBoard(_time);

    // SDS011: the example of its control protocol V1.3 (section 3.2), and a frame recorded from a sensor.
    [Theory]
    [InlineData("sds011", "AA C0 D4 04 3A 0A A1 60 1D AB", 123.6, 261.8)]
    [InlineData("sds011", "AA C0 8C 00 94 00 BC F9 D5 AB", 14.0, 14.8)]
    [InlineData("sds011", "AA C0 00 00 00 00 A1 60 01 AB", 0, 0)]
    [InlineData("sds011", "AA C0 0F 27 0F 27 A1 60 6D AB", 999.9, 999.9)]
    [InlineData("pms5003", "42 4D 00 1C 00 0A 00 0F 00 14 00 09 00 0E 00 13 06 D6 02 00 00 64 00 0A 00 02 00 00 97 00 02 E7", 14, 19)]
    public async Task A_frame_of_the_datasheet_is_measured_once_the_sensor_is_warm(string driver, string hex, double fine, double coarse)
    {
        await using var sensor = await WarmAsync(driver, Bytes(hex));
        _board.Port.Coming.Enqueue(Bytes(hex));
        var values = await sensor.MeasureAsync();
        Assert.Equal(fine, values["pm2_5_ug_m3"]);
        Assert.Equal(coarse, values["pm10_ug_m3"]);
        Assert.Equal(new SerialSettings("/dev/ttyAMA1", 9600), _board.Port.Settings);
    }

    [Fact]
    public async Task The_atmospheric_words_are_reported_and_not_the_factory_s()
    {
        await using var sensor = await WarmAsync("pms5003", Frames.Pms5003(1, 2, 3, 4, 5, 6, 700));
        _board.Port.Coming.Enqueue(Frames.Pms5003(91, 92, 93, 4, 5, 6, 700));
        Assert.Equal(new() { ["pm2_5_ug_m3"] = 5, ["pm10_ug_m3"] = 6 }, await sensor.MeasureAsync());
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public async Task For_thirty_seconds_after_its_first_frame_it_is_warming_up(string driver)
    {
        await using var sensor = Make(driver);
        await sensor.StartAsync(default);
        for (var second = 0; second < 30; second++)
        {
            _board.Port.Coming.Enqueue(Good(driver, second));
            var fault = await sensor.FaultAsync(DeviceFault.WarmingUp);
            Assert.Contains("warming up", fault.Message, StringComparison.Ordinal);
            _time.Advance(TimeSpan.FromMilliseconds(999));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        _board.Port.Coming.Enqueue(Good(driver, 31));
        Assert.Equal(2, (await sensor.MeasureAsync()).Count);
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public async Task A_restart_after_a_broken_frame_does_not_warm_up_again_and_one_after_silence_does(string driver)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        _board.Port.Coming.Enqueue(Spoilt(driver));
        await sensor.FaultAsync(DeviceFault.Checksum);
        await sensor.StartAsync(default);
        _board.Port.Coming.Enqueue(Good(driver, 1));
        Assert.Equal(2, (await sensor.MeasureAsync()).Count);
        Assert.All(_board.Ports, p => Assert.Empty(p.Written));

        await sensor.FaultAsync(DeviceFault.NoAnswer);
        await sensor.StartAsync(default);
        Assert.NotEmpty(_board.Port.Written); // woken
        _board.Port.Coming.Enqueue(Good(driver, 2));
        await sensor.FaultAsync(DeviceFault.WarmingUp);
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public async Task What_was_sent_before_the_measurement_is_no_measurement(string driver)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        _board.Port.Arrived.AddRange(Good(driver, 1));
        await sensor.FaultAsync(DeviceFault.NoAnswer);
    }

    [Theory]
    [InlineData("pms5003", DeviceFault.Checksum)]
    [InlineData("sds011", DeviceFault.Checksum)]
    public async Task Wrong_sums_are_a_fault_and_the_next_right_frame_is_a_measurement(string driver, object expected)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        _board.Port.Coming.Enqueue(Spoilt(driver));
        _board.Port.Coming.Enqueue(Spoilt(driver));
        var fault = await sensor.FaultAsync((DeviceFault)expected);
        Assert.Contains("/dev/ttyAMA1", fault.Message, StringComparison.Ordinal);

        _board.Port.Coming.Enqueue(Spoilt(driver));
        _board.Port.Coming.Enqueue([0x00, 0x42, 0xaa]);
        _board.Port.Coming.Enqueue(Good(driver, 1));
        Assert.Equal(2, (await sensor.MeasureAsync()).Count);
    }

    [Fact]
    public async Task A_sensor_that_loses_two_bytes_of_each_frame_never_measures()
    {
        // Recorded from a PMS5003 on a port that dropped bytes: 30 of 32 arrive, and the next header stands where the sum should be.
        byte[] thirty = [66, 77, 0, 28, 0, 4, 0, 5, 0, 5, 0, 4, 0, 5, 0, 3, 126, 0, 226, 0, 23, 0, 2, 0, 0, 0, 0, 151, 0, 2];
        await using var sensor = await WarmAsync("pms5003", Good("pms5003", 0));
        for (var i = 0; i < 5; i++)
        {
            _board.Port.Coming.Enqueue(thirty);
        }

        await sensor.FaultAsync(DeviceFault.Checksum);
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public async Task A_frame_cut_at_any_byte_is_a_fault(string driver)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        var whole = Good(driver, 1);
        for (var cut = 1; cut < whole.Length; cut++)
        {
            _board.Port.Coming.Enqueue(whole[..cut]);
            await sensor.FaultAsync(DeviceFault.Frame);
        }
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public async Task A_frame_in_pieces_is_a_frame(string driver)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        var random = new Random(7);
        for (var round = 0; round < 50; round++)
        {
            var stream = new[] { Good(driver, 1)[3..], Good(driver, 2) }.SelectMany(b => b).ToArray();
            for (var at = 0; at < stream.Length;)
            {
                var piece = Math.Min(random.Next(1, 9), stream.Length - at);
                _board.Port.Coming.Enqueue(stream[at..(at + piece)]);
                at += piece;
            }

            Assert.Equal(Expected(driver, 2), await sensor.MeasureAsync());
        }
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public async Task Endless_noise_ends_in_a_fault(string driver)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        _board.Port.Pace = TimeSpan.Zero;
        for (var i = 0; i < 1_000; i++)
        {
            _board.Port.Coming.Enqueue([.. Enumerable.Range(0, 100).Select(b => (byte)(b * 7))]);
        }

        await sensor.FaultAsync(DeviceFault.Frame);
        Assert.NotEmpty(_board.Port.Coming);
    }

    [Theory]
    [InlineData("pms5003", "42 4D 00 14 00 0A 00 0F 00 14 00 09 00 0E 00 13 06 D6 02 00 00 64 01 F0")] // a PMS3003's
    [InlineData("sds011", "AA C0 D4 04 3A 0A A1 60 1D AA")]
    public async Task Another_sensor_s_frames_are_a_fault(string driver, string hex)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        _board.Port.Coming.Enqueue(Bytes(hex));
        await sensor.FaultAsync(DeviceFault.Frame);
    }

    [Theory]
    [InlineData("pms5003", 1001, 5)]
    [InlineData("pms5003", 5, 1001)]
    [InlineData("sds011", 10_000, 5)]
    [InlineData("sds011", 5, 65_535)]
    public async Task Beyond_what_it_measures_there_is_no_number(string driver, int fine, int coarse)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        _board.Port.Coming.Enqueue(driver == "sds011" ? Frames.Sds011(fine, coarse) : Frames.Pms5003(0, 0, 0, 1, (ushort)fine, (ushort)coarse, 900));
        await sensor.FaultAsync(DeviceFault.Range);
    }

    [Theory]
    [InlineData("pms5003", 30)]
    [InlineData("sds011", 120)]
    public async Task Frames_that_never_change_are_a_dead_sensor_also_after_a_restart(string driver, int minutes)
    {
        await using var sensor = await WarmAsync(driver, Good(driver, 0));
        for (var minute = 0; minute < minutes; minute++)
        {
            _board.Port.Coming.Enqueue(Good(driver, 1));
            await sensor.MeasureAsync();
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        _board.Port.Coming.Enqueue(Good(driver, 1));
        await sensor.FaultAsync(DeviceFault.Stuck);
        await sensor.StartAsync(default);
        _board.Port.Coming.Enqueue(Good(driver, 1));
        await sensor.FaultAsync(DeviceFault.Stuck);
        _board.Port.Coming.Enqueue(Good(driver, 2));
        Assert.Equal(2, (await sensor.MeasureAsync()).Count);
    }

    [Fact]
    public async Task A_fan_at_rest_sees_no_particle_and_gives_no_number()
    {
        await using var sensor = await WarmAsync("pms5003", Good("pms5003", 0));
        _board.Port.Coming.Enqueue(Frames.Pms5003());
        await sensor.FaultAsync(DeviceFault.Stuck);
        _board.Port.Coming.Enqueue(Good("pms5003", 1));
        await sensor.FaultAsync(DeviceFault.WarmingUp); // it has been off
        _time.Advance(TimeSpan.FromSeconds(30));
        _board.Port.Coming.Enqueue(Good("pms5003", 2));
        Assert.Equal(2, (await sensor.MeasureAsync()).Count);
    }

    [Fact]
    public async Task An_adapter_that_is_pulled_out_and_put_back_is_opened_again()
    {
        await using var sensor = await WarmAsync("sds011", Good("sds011", 0));
        var dead = _board.Port;
        dead.Gone = true;
        await Assert.ThrowsAsync<BusException>(sensor.MeasureAsync);
        Assert.True(dead.Disposed);
        await sensor.FaultAsync(DeviceFault.Unavailable);
        _board.Unplugged = true;
        await Assert.ThrowsAsync<BusException>(async () => await sensor.StartAsync(default));
        _board.Unplugged = false;
        await sensor.StartAsync(default);
        Assert.NotSame(dead, _board.Port);
        _board.Port.Coming.Enqueue(Good("sds011", 1));
        await sensor.FaultAsync(DeviceFault.WarmingUp);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static byte[] Good(string driver, int number) =>
        driver == "sds011" ? Frames.Sds011(100 + number, 200) : Frames.Pms5003(1, 2, 3, 4, (ushort)(10 + number), 50, 700, 3);

    private static Dictionary<string, double> Expected(string driver, int number) => driver == "sds011"
        ? new() { ["pm2_5_ug_m3"] = (100 + number) / 10.0, ["pm10_ug_m3"] = 20 }
        : new() { ["pm2_5_ug_m3"] = 10 + number, ["pm10_ug_m3"] = 50 };

    private static byte[] Spoilt(string driver)
    {
        var frame = Good(driver, 9);
        frame[driver == "sds011" ? 8 : 31]++;
        return frame;
    }

    private StreamDriver Make(string driver) => driver == "sds011"
        ? Parts.Make<Sds011>(driver, new DriverContext(_board, _time), ("port", "/dev/ttyAMA1"))
        : Parts.Make<Pms5003>(driver, new DriverContext(_board, _time), ("port", "/dev/ttyAMA1"));

    private async Task<StreamDriver> WarmAsync(string driver, byte[] frame)
    {
        var sensor = Make(driver);
        await sensor.StartAsync(default);
        _board.Port.Coming.Enqueue(frame);
        await sensor.FaultAsync(DeviceFault.WarmingUp);
        _time.Advance(TimeSpan.FromSeconds(30));
        return sensor;
    }
}
