using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial.Modbus;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>The PZEM-004T: the manual's example, its limits, and every way an answer can go wrong.</summary>
public sealed class PzemTests
{
    /// <summary>Section 2.3 of the PZEM-004T's manual: 220.0 V, 1.000 A, 220.0 W, 0 Wh, 50.0 Hz, 1.00, no alarm (its CRC computed).</summary>
    private static readonly byte[] Example = ModbusBytes.Seal("01 04 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00");

    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public PzemTests() => _board = new ScriptedBoard(_time);

    [Fact]
    public async Task The_manual_s_example_is_measured()
    {
        await using var meter = await PzemAsync(_ => [Example]);
        Assert.Equal(
            new()
            {
                ["voltage_v"] = 220,
                ["current_a"] = 1,
                ["power_w"] = 220,
                ["energy_kwh"] = 0,
                ["frequency_hz"] = 50,
                ["power_factor"] = 1,
            },
            await meter.MeasureAsync());
        Assert.Equal(ModbusBytes.Seal("01 04 00 00 00 0A"), Assert.Single(_board.Port.Written));
    }

    [Fact]
    public async Task Thirty_two_bit_values_have_their_low_word_first()
    {
        await using var meter = await PzemAsync(_ => [ModbusBytes.Seal("01 04 14 09 0B 86 A0 00 01 38 80 00 01 96 7F 00 98 01 F3 00 5F 00 00")]);
        var values = await meter.MeasureAsync();
        Assert.Equal(231.5, values["voltage_v"]);
        Assert.Equal(100, values["current_a"]); // 0x000186A0 mA, the most it measures
        Assert.Equal(8_000, values["power_w"]); // 0x00013880 × 0.1 W
        Assert.Equal(9_999.999, values["energy_kwh"]); // 0x0098967F Wh
        Assert.Equal(49.9, values["frequency_hz"]);
        Assert.Equal(0.95, values["power_factor"]);
    }

    [Theory]
    [InlineData("03 1F 00 00 00 00 00 00 00 00 00 00 00 00 01 F4 00 00 00 00")] // 79.9 V
    [InlineData("0A 29 00 00 00 00 00 00 00 00 00 00 00 00 01 F4 00 00 00 00")] // 260.1 V
    [InlineData("08 98 86 A1 00 01 00 00 00 00 00 00 00 00 01 F4 00 00 00 00")] // 100.001 A
    [InlineData("08 98 00 00 00 00 82 71 00 03 00 00 00 00 01 F4 00 00 00 00")] // 23,000.1 W
    [InlineData("08 98 00 00 00 00 00 00 00 00 96 80 00 98 01 F4 00 00 00 00")] // 10,000 kWh
    [InlineData("08 98 00 00 00 00 00 00 00 00 00 00 00 00 01 C1 00 00 00 00")] // 44.9 Hz
    [InlineData("08 98 00 00 00 00 00 00 00 00 00 00 00 00 02 8B 00 00 00 00")] // 65.1 Hz
    [InlineData("08 98 00 00 00 00 00 00 00 00 00 00 00 00 01 F4 00 65 00 00")] // 1.01
    [InlineData("FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF")]
    [InlineData("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00")]
    public async Task Beyond_what_it_measures_there_is_no_number(string registers)
    {
        await using var meter = await PzemAsync(_ => [ModbusBytes.Seal("01 04 14 " + registers)]);
        await meter.FaultAsync(DeviceFault.Range);
    }

    [Fact]
    public async Task The_general_address_is_answered_by_whoever_is_there()
    {
        foreach (var unit in new byte[] { 0xf8, 0x07 })
        {
            await using var meter = await PzemAsync(_ => [ModbusBytes.Seal([unit, .. Example[1..^2]])], unit: null);
            Assert.Equal(220, (await meter.MeasureAsync())["voltage_v"]);
            Assert.Equal(0xf8, _board.Port.Written[^1][0]);
        }
    }

    [Theory]
    [InlineData(1, DeviceFault.WrongChip, 1)]
    [InlineData(2, DeviceFault.WrongChip, 1)]
    [InlineData(3, DeviceFault.WrongChip, 1)]
    [InlineData(4, DeviceFault.Range, 1)]
    [InlineData(5, DeviceFault.NoAnswer, 3)]
    [InlineData(6, DeviceFault.NoAnswer, 3)]
    [InlineData(7, DeviceFault.WrongChip, 1)]
    [InlineData(8, DeviceFault.Checksum, 3)]
    [InlineData(9, DeviceFault.Frame, 1)]
    [InlineData(10, DeviceFault.NoAnswer, 3)]
    [InlineData(11, DeviceFault.NoAnswer, 3)]
    [InlineData(99, DeviceFault.Frame, 1)]
    public async Task Exceptions_are_told_in_words_and_only_passing_ones_are_asked_again(int code, object fault, int tries)
    {
        await using var meter = await PzemAsync(_ => [ModbusBytes.Seal([0x01, 0x84, (byte)code])]);
        var told = await meter.FaultAsync((DeviceFault)fault);
        Assert.StartsWith("PZEM-004T unit 1 at /dev/ttyUSB0: ", told.Message, StringComparison.Ordinal);
        Assert.Equal(tries, _board.Port.Written.Count);
    }

    [Fact]
    public async Task An_adapter_that_hears_itself_does_no_harm_also_in_pieces()
    {
        await using var meter = await PzemAsync(r => [r[..3], r[3..], Example]);
        Assert.Equal(220, (await meter.MeasureAsync())["voltage_v"]);
        _board.Port.Answer = r => [[.. r, .. Example]];
        Assert.Equal(220, (await meter.MeasureAsync())["voltage_v"]);
        _board.Port.Answer = r => [r];
        await meter.FaultAsync(DeviceFault.NoAnswer); // only itself
    }

    [Fact]
    public async Task Noise_before_the_answer_is_looked_past_and_too_much_of_it_is_a_fault()
    {
        await using var meter = await PzemAsync(_ => [[0x00, 0x01, 0x04, 0x14, .. Example]]);
        Assert.Equal(220, (await meter.MeasureAsync())["voltage_v"]);
        _board.Port.Answer = _ => [[.. new byte[ModbusRtu.MostNoise + 1], .. Example]];
        await meter.FaultAsync(DeviceFault.Frame);
    }

    [Fact]
    public async Task An_answer_cut_at_any_byte_is_a_fault_and_in_any_two_pieces_it_is_an_answer()
    {
        await using var meter = await PzemAsync(_ => []);
        for (var cut = 0; cut < Example.Length; cut++)
        {
            var at = cut;
            _board.Port.Answer = _ => [Example[..at]];
            await meter.FaultAsync(cut == 0 ? DeviceFault.NoAnswer : DeviceFault.Frame);
            _board.Port.Answer = _ => cut == 0 ? [Example] : [Example[..at], Example[at..]];
            Assert.Equal(220, (await meter.MeasureAsync())["voltage_v"]);
        }
    }

    [Fact]
    public async Task A_broken_answer_is_asked_for_again_and_one_right_answer_is_enough()
    {
        var tries = 0;
        var broken = (byte[])Example.Clone();
        broken[5]++;
        await using var meter = await PzemAsync(_ => [tries++ < 2 ? broken : Example]);
        Assert.Equal(1, (await meter.MeasureAsync())["current_a"]);
        Assert.Equal(3, tries);
        tries = -10;
        await meter.FaultAsync(DeviceFault.Checksum);
        Assert.Equal(-7, tries);
    }

    [Fact]
    public async Task Another_unit_in_its_place_is_a_fault_and_says_which()
    {
        await using var meter = await PzemAsync(_ => [ModbusBytes.Seal([0x03, .. Example[1..^2]])]);
        Assert.Contains("unit 3 answers", (await meter.FaultAsync(DeviceFault.Frame)).Message, StringComparison.Ordinal);
        _board.Port.Answer = _ => [ModbusBytes.Seal("01 03 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00")];
        await meter.FaultAsync(DeviceFault.Frame);
    }

    [Fact]
    public async Task Silence_costs_its_tries_and_no_more()
    {
        await using var meter = await PzemAsync(_ => []);
        var start = _time.GetTimestamp();
        Assert.Contains("check its supply", (await meter.FaultAsync(DeviceFault.NoAnswer)).Message, StringComparison.Ordinal);
        Assert.Equal(3, _board.Port.Written.Count);
        Assert.InRange(_time.GetElapsedTime(start).TotalSeconds, 1.5, 2);

        // Silent last time: one try, until it answers again.
        await meter.FaultAsync(DeviceFault.NoAnswer);
        Assert.Equal(4, _board.Port.Written.Count);
        _board.Port.Answer = _ => [Example];
        await meter.MeasureAsync();
        _board.Port.Answer = _ => [];
        await meter.FaultAsync(DeviceFault.NoAnswer);
        Assert.Equal(8, _board.Port.Written.Count);
    }

    [Fact]
    public async Task Units_on_one_line_take_turns_and_a_pulled_adapter_is_opened_again_by_both()
    {
        await using var first = await PzemAsync(r => [ModbusBytes.Seal([r[0], .. Example[1..^2]])]);
        await using var second = Parts.Make<Pzem004t>("pzem004t", new DriverContext(_board, _time), ("port", "/dev/ttyUSB0"), ("unit", "2"));
        await second.StartAsync(default);
        var line = Assert.Single(_board.Ports);

        await line.Turn.WaitAsync(TestContext.Current.CancellationToken);
        var busy = await Assert.ThrowsAsync<BusException>(second.MeasureAsync); // after its patience, by the clock that jumps
        Assert.Equal(BusFault.Busy, busy.Fault);
        line.Turn.Release();
        Assert.Equal(220, (await second.MeasureAsync())["voltage_v"]);
        Assert.Equal(220, (await first.MeasureAsync())["voltage_v"]);

        line.Gone = true;
        await Assert.ThrowsAsync<BusException>(first.MeasureAsync);
        await first.StartAsync(default);
        _board.Port.Answer = r => [ModbusBytes.Seal([r[0], .. Example[1..^2]])];
        Assert.NotSame(line, _board.Port);
        Assert.False(line.Disposed); // the second still holds it
        Assert.Equal(220, (await first.MeasureAsync())["voltage_v"]);
        await Assert.ThrowsAsync<BusException>(second.MeasureAsync);
        Assert.True(line.Disposed);
        await second.StartAsync(default);
        Assert.Equal(2, _board.Ports.Count);
        Assert.Equal(220, (await second.MeasureAsync())["voltage_v"]);
    }

    [Fact]
    public async Task A_meter_whose_registers_never_move_is_dead()
    {
        await using var meter = await PzemAsync(_ => [Example]);
        for (var hour = 0; hour < 12; hour++)
        {
            await meter.MeasureAsync();
            _time.Advance(TimeSpan.FromHours(1.001));
        }

        await meter.FaultAsync(DeviceFault.Stuck);
    }

    private async Task<Pzem004t> PzemAsync(Func<byte[], IEnumerable<byte[]>> answer, string? unit = "1")
    {
        (string, string)[] settings = unit is null ? [("port", "/dev/ttyUSB0")] : [("port", "/dev/ttyUSB0"), ("unit", unit)];
        var meter = Parts.Make<Pzem004t>("pzem004t", new DriverContext(_board, _time), settings);
        await meter.StartAsync(default);
        _board.Port.Answer = answer;
        return meter;
    }
}
