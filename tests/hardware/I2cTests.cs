using SmartCity.Edge.Buses;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>Our I²C code on the kernel's i2c-dev: what it writes is what the tools find, and each way to fail has its word.</summary>
public sealed class I2cTests : IDisposable
{
    private readonly LinuxBoard _board = Boards.Linux();

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    [GuestFact]
    public async Task Registers_of_one_byte_go_both_ways()
    {
        var chip = new Chip(0x77);
        using var device = _board.OpenI2c(Chip.Stub, 0x77);
        await chip.SetAsync(0xd0, 0x60);
        Assert.Equal(0x60, device.ReadRegister(0xd0));
        device.WriteRegister(0xf4, 0x27);
        Assert.Equal(0x27, await chip.GetAsync(0xf4));
    }

    [GuestFact]
    public async Task Registers_of_two_bytes_have_the_first_byte_on_the_wire_as_the_upper()
    {
        var chip = new Chip(0x77);
        using var device = _board.OpenI2c(Chip.Stub, 0x77);
        await chip.SetWordAsync(0x00, 0x83, 0xc5);
        Assert.Equal(0x83c5, device.ReadRegister16(0x00));
        device.WriteRegister16(0x01, 0xc583);
        Assert.Equal((0xc5, 0x83), await chip.GetWordAsync(0x01));
    }

    [GuestFact]
    public async Task Blocks_up_to_the_longest_go_both_ways()
    {
        var chip = new Chip(0x77);
        using var device = _board.OpenI2c(Chip.Stub, 0x77);
        var written = Enumerable.Range(1, I2cDevice.MaximumBlock).Select(i => (byte)(i * 7)).ToArray();
        device.WriteRegisters(0x40, written);
        Assert.Equal(written[0], await chip.GetAsync(0x40));
        Assert.Equal(written[^1], await chip.GetAsync(0x40 + written.Length - 1));
        await chip.SetAsync(0x41, 0xaa);
        var read = new byte[written.Length];
        device.ReadRegisters(0x40, read);
        written[1] = 0xaa;
        Assert.Equal(written, read);
    }

    [GuestFact]
    public void Plain_transfers_are_refused_where_the_adapter_has_none()
    {
        using var device = _board.OpenI2c(Chip.Stub, 0x77);
        var error = Assert.Throws<BusException>(() => device.Read(new byte[6]));
        Assert.Equal(BusFault.Unsupported, error.Fault);
        Assert.Contains("i2c-0", error.Message, StringComparison.Ordinal);
    }

    [GuestFact]
    public async Task Plain_transfers_write_read_and_join()
    {
        using var memory = _board.OpenI2c(Chip.Plain, 0x30);
        memory.Write([0x10, 1, 2, 3, 4]);
        var read = new byte[3];
        memory.WriteRead([0x11], read);
        Assert.Equal([2, 3, 4], read);
        Assert.Equal(0x0304, memory.ReadRegister16(0x12));

        // A chip of commands: no registers, an answer that is read later. The datasheet's example of the checksum is 0xbeef, 0x92.
        await File.WriteAllTextAsync("/sys/module/bench/parameters/sht31", "48879,32768", TestContext.Current.CancellationToken);
        using var commands = _board.OpenI2c(Chip.Plain, 0x44);
        commands.Write([0x24, 0x00]);
        commands.Read(read);
        Assert.Equal([0xbe, 0xef, 0x92], read);
        Assert.Equal(BusFault.NoAnswer, Assert.Throws<BusException>(() => commands.Read(new byte[6])).Fault);
    }

    [GuestFact]
    public void Nobody_at_an_address_is_told_as_no_answer_whatever_the_controller_calls_it()
    {
        // i2c-stub says ENODEV, i801 and plain controllers ENXIO, the Raspberry Pi's EREMOTEIO.
        foreach (var (bus, address) in new[] { (Chip.Stub, 0x10), (Chip.Board, 0x10), (Chip.Plain, 0x10), (Chip.Plain, 0x31) })
        {
            using var device = _board.OpenI2c(bus, address);
            var error = Assert.Throws<BusException>(() => device.ReadRegister(0));
            Assert.Equal(BusFault.NoAnswer, error.Fault);
            Assert.Contains($"0x{address:x2}", error.Message, StringComparison.Ordinal);
            Assert.Contains($"i2c-{bus}", error.Message, StringComparison.Ordinal);
        }
    }

    [GuestFact]
    public async Task The_boards_own_controller_reaches_its_chips()
    {
        var chip = new Chip(0x50, Chip.Board);
        using var memory = _board.OpenI2c(Chip.Board, 0x50);
        memory.WriteRegister(0x10, 0xa5);
        Assert.Equal(0xa5, await chip.GetAsync(0x10));
        await chip.SetWordAsync(0x12, 0x12, 0x34);
        Assert.Equal(0x1234, memory.ReadRegister16(0x12));
    }

    [GuestFact]
    public void Other_troubles_of_the_bus_have_words_of_their_own()
    {
        foreach (var (address, fault) in new[] { (0x32, BusFault.Broken), (0x33, BusFault.Timeout), (0x34, BusFault.Broken) })
        {
            using var device = _board.OpenI2c(Chip.Plain, address);
            Assert.Equal(fault, Assert.Throws<BusException>(() => device.Write([0])).Fault);
        }

        Assert.Equal(BusFault.Missing, Assert.Throws<BusException>(() => _board.OpenI2c(17, 0x76)).Fault);
    }
}
