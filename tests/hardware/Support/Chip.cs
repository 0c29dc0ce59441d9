using System.Globalization;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>The registers behind an address of i2c-stub, by busybox's own tools: what a test sets or finds there has not passed through our code.</summary>
internal sealed class Chip(int address, int bus = Chip.Stub)
{
    /// <summary>Bus of i2c-stub.</summary>
    public const int Stub = 0;

    /// <summary>Bus of the emulated board's own controller.</summary>
    public const int Board = 1;

    /// <summary>Bus of plain transfers (module/bench.c).</summary>
    public const int Plain = 2;

    private readonly string _bus = bus.ToString(CultureInfo.InvariantCulture);
    private readonly string _address = Hex(address);

    /// <summary>Sets consecutive registers of one byte.</summary>
    public async Task SetAsync(int first, params byte[] values)
    {
        foreach (var (at, block) in values.Chunk(32).Select((b, i) => (first + (32 * i), b)))
        {
            await I2cAsync(["i2cset", "-y", _bus, _address, Hex(at), .. block.Select(b => Hex(b)), "i"]);
        }
    }

    /// <summary>Sets a register of two bytes, given as they lie on the wire.</summary>
    public async Task SetWordAsync(int register, byte first, byte second) =>
        await I2cAsync(["i2cset", "-y", _bus, _address, Hex(register), Hex(first | (second << 8)), "w"]);

    /// <summary>A register of one byte.</summary>
    public async Task<byte> GetAsync(int register) => (byte)Parse(await I2cAsync(["i2cget", "-y", _bus, _address, Hex(register)]));

    /// <summary>A register of two bytes, as they lie on the wire.</summary>
    public async Task<(byte First, byte Second)> GetWordAsync(int register)
    {
        var word = Parse(await I2cAsync(["i2cget", "-y", _bus, _address, Hex(register), "w"]));
        return ((byte)word, (byte)(word >> 8));
    }

    private static async Task<string> I2cAsync(string[] command)
    {
        var said = await Tool.RunAsync(command[0], command[1..]);
        Assert.True(said.Code == 0, $"{string.Join(' ', command)}: {said.Text}");
        return said.Text.Trim();
    }

    private static int Parse(string text) => int.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Hex(int value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x2}");
}
