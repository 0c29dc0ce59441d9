using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Lines;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>DS18B20: the datasheet's table of temperatures, resolutions, CRC, the power-on value.</summary>
public sealed class Ds18b20Tests
{
    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public Ds18b20Tests() => _board = new ScriptedBoard(_time);

    // Table 1 of the datasheet, but for 85 °C, which has its own test.
    [Theory]
    [InlineData(0x07d0, 125)]
    [InlineData(0x0191, 25.0625)]
    [InlineData(0x00a2, 10.125)]
    [InlineData(0x0008, 0.5)]
    [InlineData(0x0000, 0)]
    [InlineData(0xfff8, -0.5)]
    [InlineData(0xff5e, -10.125)]
    [InlineData(0xfe6f, -25.0625)]
    [InlineData(0xfc90, -55)]
    public async Task The_datasheet_s_temperatures(int raw, double celsius)
    {
        await using var thermometer = await StartAsync();
        _board.Scratchpad = () => Pad(raw);
        Assert.Equal(new() { ["temperature_celsius"] = celsius }, await thermometer.MeasureAsync());
    }

    [Theory]
    [InlineData(9, 0x0197, 25.0)]
    [InlineData(10, 0x0197, 25.25)]
    [InlineData(11, 0x0197, 25.375)]
    [InlineData(12, 0x0197, 25.4375)]
    [InlineData(9, 0xffff, -0.5)]
    public async Task Bits_below_the_resolution_are_undefined_and_left_out(int bits, int raw, double celsius)
    {
        await using var thermometer = await StartAsync();
        _board.Scratchpad = () => Pad(raw, (byte)(((bits - 9) << 5) | 0x1f));
        Assert.Equal(celsius, (await thermometer.MeasureAsync())["temperature_celsius"]);
    }

    [Theory]
    [InlineData("313233343536373839", 0xa1)] // the check value of CRC-8/MAXIM
    [InlineData("021C B801000000", 0xa2)] // the ROM code of Maxim's application note 27
    [InlineData("", 0)]
    public void The_crc_is_that_of_known_vectors(string hex, int crc) =>
        Assert.Equal(crc, Ds18b20Scratchpad.Crc(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    [Fact]
    public async Task The_power_on_value_is_a_fault_until_a_temperature_near_it_was_measured()
    {
        await using var thermometer = await StartAsync();
        _board.Scratchpad = () => Pad(0x0550);
        await thermometer.FaultAsync(DeviceFault.Reset);
        await thermometer.FaultAsync(DeviceFault.Reset);
        _board.Scratchpad = () => Pad(0x0191);
        await thermometer.MeasureAsync();
        _board.Scratchpad = () => Pad(0x0550); // from 25 to 85 at once
        await thermometer.FaultAsync(DeviceFault.Reset);

        foreach (var raw in new[] { 80 * 16, (85 * 16) + 1, 85 * 16, 85 * 16, (85 * 16) - 1 })
        {
            _board.Scratchpad = () => Pad(raw);
            Assert.Equal(raw / 16.0, (await thermometer.MeasureAsync())["temperature_celsius"]);
        }

        // Gone from the bus in between: what was before proves nothing.
        _board.Scratchpad = () => throw new BusException(BusFault.NoAnswer, "gone");
        await Assert.ThrowsAsync<BusException>(thermometer.MeasureAsync);
        _board.Scratchpad = () => Pad(0x0550);
        await thermometer.FaultAsync(DeviceFault.Reset);
    }

    [Theory]
    [InlineData("000000000000000000", DeviceFault.ShortCircuit)] // its CRC is right
    [InlineData("FFFFFFFFFFFFFFFFFF", DeviceFault.NoAnswer)]
    [InlineData("", DeviceFault.Frame)]
    [InlineData("91014B467FFF0C10", DeviceFault.Frame)]
    public void A_bus_held_down_or_left_alone_is_no_temperature(string hex, object fault) =>
        Assert.Equal((DeviceFault)fault, Ds18b20Scratchpad.Read(Convert.FromHexString(hex), out _));

    [Fact]
    public async Task Reserved_bits_and_impossible_temperatures_are_faults()
    {
        await using var thermometer = await StartAsync();
        _board.Scratchpad = () => Pad(0x0191, config: 0x80);
        await thermometer.FaultAsync(DeviceFault.Frame);
        _board.Scratchpad = () => Pad(0x07d1);
        await thermometer.FaultAsync(DeviceFault.Range);
        _board.Scratchpad = () => Pad(0xfc8f);
        await thermometer.FaultAsync(DeviceFault.Range);
    }

    [Fact]
    public void A_wrong_bit_anywhere_is_a_fault() =>
        Prop.ForAll(Gen.Choose(0, 71).ToArbitrary(), Gen.Choose(-55 * 16, 125 * 16).ToArbitrary(), (bit, raw) =>
        {
            var pad = Pad(raw);
            pad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(DeviceFault.None, Ds18b20Scratchpad.Read(pad, out _));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Whatever_the_bus_says_is_read_without_an_exception() =>
        Prop.ForAll(Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().ToArbitrary(), bytes =>
        {
            var fault = Ds18b20Scratchpad.Read(bytes, out var raw);
            Assert.True(fault != DeviceFault.None || (bytes.Length == 9 && raw is >= -880 and <= 2000));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public async Task A_day_of_one_temperature_to_the_last_bit_is_a_dead_sensor()
    {
        await using var thermometer = await StartAsync();
        _board.Scratchpad = () => Pad(0x0191);
        for (var hour = 0; hour <= 24; hour++)
        {
            await thermometer.MeasureAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }

        await thermometer.FaultAsync(DeviceFault.Stuck);
    }

    [Theory]
    [InlineData("10-0316a2795b1d")]
    [InlineData("28-0316a2795b1")]
    [InlineData("28-0316a2795bxy")]
    [InlineData("28/../../etc/pwd")]
    public void Only_a_ds18b20_s_name_is_taken(string id) =>
        Assert.Contains(Parts.Faults("ds18b20", new DriverContext(_board, _time), ("id", id)), f => f.StartsWith("part.id:", StringComparison.Ordinal));

    private static byte[] Pad(int raw, byte config = 0x7f)
    {
        byte[] pad = [(byte)raw, (byte)(raw >> 8), 0x4b, 0x46, config, 0xff, 0x0c, 0x10, 0];
        pad[8] = Ds18b20Scratchpad.Crc(pad.AsSpan(0, 8));
        return pad;
    }

    private async Task<Ds18b20> StartAsync()
    {
        var thermometer = Parts.Make<Ds18b20>("ds18b20", new DriverContext(_board, _time), ("id", "28-0316A2795b1d"));
        await thermometer.StartAsync(default);
        return thermometer;
    }
}
