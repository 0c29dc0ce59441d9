using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial.Modbus;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Any unit by its register map.</summary>
public sealed class RegisterMapTests
{
    private readonly JumpTime _time = new();
    private readonly ScriptedBoard _board;

    public RegisterMapTests() => _board = new ScriptedBoard(_time);

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
            r => [ModbusBytes.Seal([5, 3, (byte)(r[5] * 2), .. memory.Skip((r[2] << 8) | r[3]).Take(r[5]).SelectMany(v => new[] { (byte)(v >> 8), (byte)v })])]);
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
        await using var unit = await RegistersAsync("a=0:u16,b=1:f32", _ => [ModbusBytes.Seal("05 03 06 00 01 7F C0 00 00")]);
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

    [Fact]
    public async Task A_late_answer_never_meets_the_next_request()
    {
        // The first request is answered after its time is over; the item of no bytes is the silence in between.
        var asked = 0;
        var board = _board;
        await using var unit = await RegistersAsync("a=0:u16,b=9:u16", r => ++asked == 1 ? [[], ModbusBytes.Seal("05 03 02 00 63")] : [ModbusBytes.Seal($"05 03 02 00 {r[3] + 1:X2}")]);
        var values = await unit.MeasureAsync();
        Assert.Equal(1, values["a"]);
        Assert.Equal(10, values["b"]);
        Assert.Empty(board.Port.Arrived);
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
