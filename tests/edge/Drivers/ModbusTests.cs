using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial.Modbus;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Modbus RTU and the PZEM-004T: known vectors, the manual's example, and every way an answer can go wrong.</summary>
public sealed class ModbusTests
{
    /// <summary>Section 2.3 of the PZEM-004T's manual: 220.0 V, 1.000 A, 220.0 W, 0 Wh, 50.0 Hz, 1.00, no alarm (its CRC computed).</summary>
    private static readonly byte[] Example = Seal("01 04 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00");

    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public ModbusTests() => _board = new ScriptedBoard(_time);

    [Theory]
    [InlineData("313233343536373839", 0x4b37)] // the check value of CRC-16/MODBUS
    [InlineData("01040000000A", 0x0d70)]
    [InlineData("F8040000000A", 0x6464)]
    [InlineData("01030000000A", 0xcdc5)]
    [InlineData("0207", 0x1241)] // serial line V1.02, appendix B
    [InlineData("", 0xffff)]
    public void The_crc_is_that_of_known_vectors(string hex, int crc) => Assert.Equal(crc, ModbusRtu.Crc(Convert.FromHexString(hex)));

    [Theory]
    [InlineData(9600, 4.01)]
    [InlineData(19_200, 2.0)]
    [InlineData(38_400, 1.75)]
    [InlineData(115_200, 1.75)]
    public void Messages_are_apart_by_three_and_a_half_characters(int baud, double milliseconds) =>
        Assert.Equal(milliseconds, ModbusRtu.Silence(baud).TotalMilliseconds, 0.01);

    [Fact]
    public async Task The_manual_s_example_is_measured()
    {
        await using var meter = await PzemAsync(_ => [Example]);
        Assert.Equal(
            new()
            {
                ["voltage_v"] = 220, ["current_a"] = 1, ["power_w"] = 220, ["energy_kwh"] = 0, ["frequency_hz"] = 50, ["power_factor"] = 1,
            },
            await meter.MeasureAsync());
        Assert.Equal(Seal("01 04 00 00 00 0A"), Assert.Single(_board.Port.Written));
    }

    [Fact]
    public async Task Thirty_two_bit_values_have_their_low_word_first()
    {
        await using var meter = await PzemAsync(_ => [Seal("01 04 14 09 0B 86 A0 00 01 38 80 00 01 96 7F 00 98 01 F3 00 5F 00 00")]);
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
        await using var meter = await PzemAsync(_ => [Seal("01 04 14 " + registers)]);
        await meter.FaultAsync(DeviceFault.Range);
    }

    [Fact]
    public async Task The_general_address_is_answered_by_whoever_is_there()
    {
        foreach (var unit in new byte[] { 0xf8, 0x07 })
        {
            await using var meter = await PzemAsync(_ => [Seal([unit, .. Example[1..^2]])], unit: null);
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
        await using var meter = await PzemAsync(_ => [Seal([0x01, 0x84, (byte)code])]);
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
    public void A_wrong_bit_anywhere_is_never_an_answer() =>
        Prop.ForAll(Gen.Choose(0, (Example.Length * 8) - 1).ToArbitrary(), bit =>
        {
            var answer = (byte[])Example.Clone();
            answer[bit / 8] ^= (byte)(1 << (bit % 8));
            var found = ModbusRtu.Read(answer, Request(1, 4, 0, 10), new ushort[10], out _);
            Assert.NotEqual(ModbusAnswer.Registers, found);
            Assert.NotEqual(ModbusAnswer.Exception, found);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Whatever_comes_is_read_without_an_exception_and_taken_only_with_its_crc() =>
        Prop.ForAll(
            Gen.OneOf(Gen.Choose(0, 255).Select(b => (byte)b), Gen.Elements<byte>(1, 4, 0x84, 2, 0)).ArrayOf().ToArbitrary(),
            Gen.Choose(1, 125).ToArbitrary(),
            (bytes, count) =>
            {
                var into = new ushort[count];
                var answer = ModbusRtu.Read(bytes, Request(1, 4, 0, count), into, out _);
                var whole = Enumerable.Range(0, bytes.Length).Any(i => Enumerable.Range(i + 1, bytes.Length - i).Any(
                    end => end - i >= 5 && end <= bytes.Length && ModbusRtu.Crc(bytes.AsSpan(i, end - i)) == 0));
                Assert.True(answer is not (ModbusAnswer.Registers or ModbusAnswer.Exception) || whole);
            }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Fact]
    public void Any_registers_come_back_as_they_were_after_noise() =>
        Prop.ForAll(Gen.Choose(0, 65_535).Select(v => (ushort)v).NonEmptyListOf().ToArbitrary(), Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(6).ToArbitrary(), (words, noise) =>
        {
            var values = words.Take(125).ToArray();
            var answer = Seal([1, 3, (byte)(values.Length * 2), .. values.SelectMany(v => new[] { (byte)(v >> 8), (byte)v })]);
            var into = new ushort[values.Length];
            Assert.Equal(ModbusAnswer.Registers, ModbusRtu.Read([.. noise, .. answer], Request(1, 3, 0, values.Length), into, out _));
            Assert.Equal(values, into);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1_000));

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
    public async Task A_late_answer_never_meets_the_next_request()
    {
        // The first request is answered after its time is over; the item of no bytes is the silence in between.
        var asked = 0;
        var board = _board;
        await using var unit = await RegistersAsync("a=0:u16,b=9:u16", r => ++asked == 1 ? [[], Seal("05 03 02 00 63")] : [Seal($"05 03 02 00 {r[3] + 1:X2}")]);
        var values = await unit.MeasureAsync();
        Assert.Equal(1, values["a"]);
        Assert.Equal(10, values["b"]);
        Assert.Empty(board.Port.Arrived);
    }

    [Fact]
    public async Task Another_unit_in_its_place_is_a_fault_and_says_which()
    {
        await using var meter = await PzemAsync(_ => [Seal([0x03, .. Example[1..^2]])]);
        Assert.Contains("unit 3 answers", (await meter.FaultAsync(DeviceFault.Frame)).Message, StringComparison.Ordinal);
        _board.Port.Answer = _ => [Seal("01 03 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00")];
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
    }

    [Fact]
    public async Task Units_on_one_line_take_turns_and_a_pulled_adapter_is_opened_again_by_both()
    {
        await using var first = await PzemAsync(r => [Seal([r[0], .. Example[1..^2]])]);
        await using var second = Parts.Make<Pzem004t>("pzem004t", new DriverContext(_board, _time), ("port", "/dev/ttyUSB0"), ("unit", "2"));
        await second.StartAsync(default);
        var line = Assert.Single(_board.Ports);

        await line.Turn.WaitAsync(TestContext.Current.CancellationToken);
        var busy = await Assert.ThrowsAsync<BusException>(second.MeasureAsync); // a minute later, by the clock that jumps
        Assert.Equal(BusFault.Busy, busy.Fault);
        line.Turn.Release();
        Assert.Equal(220, (await second.MeasureAsync())["voltage_v"]);
        Assert.Equal(220, (await first.MeasureAsync())["voltage_v"]);

        line.Gone = true;
        await Assert.ThrowsAsync<BusException>(first.MeasureAsync);
        await first.StartAsync(default);
        _board.Port.Answer = r => [Seal([r[0], .. Example[1..^2]])];
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

    [Fact]
    public async Task A_register_map_reads_every_type_in_as_few_requests_as_it_can()
    {
        var memory = new ushort[300];
        memory[0] = 65_535;
        memory[1] = unchecked((ushort)-125);
        memory[2] = 0x0001;
        memory[3] = 0x86a0;
        memory[4] = 0x86a0;
        memory[5] = 0x0001;
        memory[6] = 0xffff;
        memory[7] = 0xfffe;
        memory[200] = 0x41bc;
        memory[201] = 0x0000; // 23.5
        memory[202] = 0x0000;
        memory[203] = 0x41bc;
        await using var unit = await RegistersAsync(
            "a=0:u16,b=1:i16:0.1,c=0x2:u32,d=4:u32-low:0.001:5,e=6:i32,f=200:f32,g=202:f32-low",
            r => [Seal([5, 3, (byte)(r[5] * 2), .. memory.Skip((r[2] << 8) | r[3]).Take(r[5]).SelectMany(v => new[] { (byte)(v >> 8), (byte)v })])]);
        var values = await unit.MeasureAsync();
        Assert.Equal(65_535, values["a"]);
        Assert.Equal(-12.5, values["b"]);
        Assert.Equal(100_000, values["c"]);
        Assert.Equal(105, values["d"], 1e-9);
        Assert.Equal(-2, values["e"]);
        Assert.Equal(23.5, values["f"]);
        Assert.Equal(23.5, values["g"]);
        Assert.Equal(2, _board.Port.Written.Count);
        Assert.Equal(new SerialSettings("/dev/ttyUSB1", 19_200, SerialParity.Even), _board.Port.Settings);
    }

    [Fact]
    public void Rows_are_at_most_125_registers_and_never_cross_a_gap()
    {
        var faults = new List<string>();
        var map = RegisterMap.Of(new("p", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["registers"] = string.Join(',', Enumerable.Range(0, 50).Select(i => $"m{i}={i * 2}:u32").Concat(["x=100:u16", "y=124:u32", "z=126:u32", "again=0:i16"])),
        }, faults));
        Assert.Empty(faults);
        Assert.Equal([new RegisterRow(0, 101), new RegisterRow(124, 4)], map.Rows);

        Prop.ForAll(Gen.Choose(0, 400).NonEmptyListOf().ToArbitrary(), addresses =>
        {
            var items = addresses.Distinct().Take(60).Select(a => $"m{a}={a}:{(a % 2 == 0 ? "u16" : "f32")}");
            var rows = RegisterMap.Of(new("p", new Dictionary<string, string>(StringComparer.Ordinal) { ["registers"] = string.Join(',', items) }, faults));
            Assert.All(rows.Rows, r => Assert.InRange(r.Count, 1, 125));
            Assert.All(rows.Values, v => Assert.Contains(rows.Rows, r => r.First <= v.Address && v.Address + v.Words <= r.First + r.Count));
            Assert.Empty(faults);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData("a", "not an item")]
    [InlineData("a=1", "not an item")]
    [InlineData("a=1:u16:1:0:0", "not an item")]
    [InlineData("=1:u16", "not an item")]
    [InlineData("A b=1:u16", "no name of a metric")]
    [InlineData("a=65536:u16", "no address")]
    [InlineData("a=65535:u32", "no address")]
    [InlineData("a=-1:u16", "no address")]
    [InlineData("a=0xzz:u16", "no address")]
    [InlineData("a=1:u17", "none of u16")]
    [InlineData("a=1:2", "none of u16")]
    [InlineData("a=1:u16-low", "none of u16")]
    [InlineData("a=1:u16:x", "numbers")]
    [InlineData("a=1:u16:0", "numbers")]
    [InlineData("a=1:u16:1:NaN", "numbers")]
    [InlineData("a=1:u16,a=2:u16", "twice")]
    [InlineData("", "missing")]
    public void Faults_of_a_register_map_say_which_item_and_why(string registers, string why)
    {
        var faults = Parts.Faults("modbus", new(_board, _time), ("port", "/dev/ttyS0"), ("unit", "5"), ("registers", registers));
        Assert.Contains(faults, f => f.Contains("registers", StringComparison.Ordinal) && f.Contains(why, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_float_that_is_none_is_a_fault_of_the_whole_unit()
    {
        await using var unit = await RegistersAsync("a=0:u16,b=1:f32", _ => [Seal("05 03 06 00 01 7F C0 00 00")]);
        Assert.Contains("b is no number", (await unit.FaultAsync(DeviceFault.Range)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_of_a_line_are_checked()
    {
        Assert.Contains("12345 is none of", string.Join('\n', Parts.Faults("modbus", new(_board, _time), ("port", "p"), ("unit", "5"), ("registers", "a=1:u16"), ("baud", "12345"))), StringComparison.Ordinal);
        Assert.Contains("part.unit", string.Join('\n', Parts.Faults("modbus", new(_board, _time), ("port", "p"), ("unit", "248"), ("registers", "a=1:u16"))), StringComparison.Ordinal);
        Assert.Contains("part.parity", string.Join('\n', Parts.Faults("modbus", new(_board, _time), ("port", "p"), ("unit", "1"), ("registers", "a=1:u16"), ("parity", "mark"))), StringComparison.Ordinal);
        Assert.Contains("part.unit", string.Join('\n', Parts.Faults("pzem004t", new(_board, _time), ("port", "p"), ("unit", "0"))), StringComparison.Ordinal);
    }

    private static byte[] Request(byte unit, byte function, int first, int count)
    {
        var request = new byte[ModbusRtu.RequestLength];
        ModbusRtu.WriteRequest(request, unit, function, first, count);
        return request;
    }

    private static byte[] Seal(string hex) => Seal(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    private static byte[] Seal(byte[] message)
    {
        var crc = ModbusRtu.Crc(message);
        return [.. message, (byte)crc, (byte)(crc >> 8)];
    }

    private async Task<Pzem004t> PzemAsync(Func<byte[], IEnumerable<byte[]>> answer, string? unit = "1")
    {
        (string, string)[] settings = unit is null ? [("port", "/dev/ttyUSB0")] : [("port", "/dev/ttyUSB0"), ("unit", unit)];
        var meter = Parts.Make<Pzem004t>("pzem004t", new DriverContext(_board, _time), settings);
        await meter.StartAsync(default);
        _board.Port.Answer = answer;
        return meter;
    }

    private async Task<ModbusRegisters> RegistersAsync(string registers, Func<byte[], IEnumerable<byte[]>> answer)
    {
        var unit = Parts.Make<ModbusRegisters>(
            "modbus", new DriverContext(_board, _time), ("port", "/dev/ttyUSB1"), ("unit", "5"), ("baud", "19200"), ("parity", "even"), ("registers", registers));
        await unit.StartAsync(default);
        _board.Port.Answer = answer;
        return unit;
    }
}
