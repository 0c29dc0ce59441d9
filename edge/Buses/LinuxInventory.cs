using System.Globalization;
using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Buses;

/// <summary>What the kernel of this machine has.</summary>
/// <param name="dev">Where device nodes are.</param>
/// <param name="sys">Where sysfs is.</param>
/// <param name="proc">Where the process tree is, for the holders of serial ports.</param>
internal sealed unsafe class LinuxInventory(string dev = "/dev", string sys = "/sys", string proc = "/proc") : Inventory
{
    private const int FirstAddress = 0x08;
    private const int LastAddress = 0x77;

    /// <inheritdoc/>
    public override IReadOnlyList<I2cBusInfo> I2cBuses() => Numbered(dev, "i2c-").Select(n => Bus(n.Number, n.Path)).ToList();

    /// <inheritdoc/>
    public override I2cProbe ProbeI2c(int bus)
    {
        var found = new List<I2cFound>();
        try
        {
            using var file = I2cBus.OpenBus(dev, bus, out var functions);
            for (var address = FirstAddress; address <= LastAddress; address++)
            {
                if (Kernel.Ioctl(file, I2cAbi.Slave, (nuint)address) < 0)
                {
                    if (Kernel.Errno != Errno.Busy)
                    {
                        throw BusErrors.Of(BusWork.I2c, Kernel.Errno, string.Create(CultureInfo.InvariantCulture, $"i2c-{bus}"));
                    }

                    found.Add(new I2cFound(address, I2cPresence.Held, I2cBus.Driver(sys, bus, address)));
                }
                else if (Answers(file, functions, bus, address))
                {
                    found.Add(new I2cFound(address, I2cPresence.Answers, null));
                }
            }

            return new I2cProbe(bus, found, null);
        }
        catch (BusException e)
        {
            return new I2cProbe(bus, found, Problem(e));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<GpioChipInfo> GpioChips() => GpioChip.Nodes(dev).Select(Chip).ToList();

    /// <inheritdoc/>
    public override IReadOnlyList<UartInfo> Uarts() => LinuxUarts.Find(dev, sys, proc);

    /// <inheritdoc/>
    public override OneWireInfo OneWire() => OneWireBus(sys);

    /// <inheritdoc/>
    public override IReadOnlyList<PwmChipInfo> PwmChips() =>
        Numbered(Path.Combine(sys, "class/pwm"), "pwmchip").Select(n => Pwm(n.Number, n.Path)).ToList();

    /// <summary>The 1-Wire bus of a sysfs.</summary>
    public static OneWireInfo OneWireBus(string sys)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(Path.Combine(sys, "bus/w1/devices")).Select(p => Path.GetFileName(p)!).ToList();
            return new OneWireInfo(
                names.Count(n => n.StartsWith("w1_bus_master", StringComparison.Ordinal)),
                names.Where(LinuxOneWireDevice.IsName).Order(StringComparer.Ordinal).ToList(),
                null);
        }
        catch (DirectoryNotFoundException)
        {
            return new OneWireInfo(0, [], null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new OneWireInfo(0, [], new BusProblem(BusFault.Denied, $"1-Wire: {e.Message}"));
        }
    }

    /// <summary>Entries of a folder whose names are a word and a number, by number.</summary>
    public static IReadOnlyList<(int Number, string Path)> Numbered(string folder, string word)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder, word + "*")
                .Select(p => (
                    Number: int.TryParse(Path.GetFileName(p).AsSpan(word.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1,
                    Path: p))
                .Where(e => e.Number >= 0)
                .OrderBy(e => e.Number)
                .ToList();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A problem in words instead of an exception.</summary>
    internal static BusProblem Problem(BusException e) => new(e.Fault, e.Message);

    private static bool Answers(DeviceHandle file, uint functions, int bus, int address)
    {
        // A write of no bytes may be taken for a write by EEPROMs, and locks up the Atmel AT24RF08; a read may confuse write-only chips.
        var read = address is (>= 0x30 and <= 0x37) or (>= 0x50 and <= 0x5F);
        if ((functions & I2cAbi.HasQuick) == 0)
        {
            read = true;
        }

        if (read && (functions & I2cAbi.HasReadByte) == 0)
        {
            return false;
        }

        SmbusData data = default;
        var request = new SmbusRequest
        {
            Direction = read ? I2cAbi.SmbusRead : I2cAbi.SmbusWrite,
            Size = read ? I2cAbi.Byte : I2cAbi.Quick,
            Data = read ? &data : null,
        };
        if (Kernel.Ioctl(file, I2cAbi.Smbus, &request) >= 0)
        {
            return true;
        }

        // Silence is an answer here; a bus that is stuck is not, and would cost a timeout at each of 112 addresses.
        var error = Kernel.Errno;
        return error is Errno.TimedOut or Errno.Busy
            ? throw BusErrors.Of(BusWork.I2c, error, string.Create(CultureInfo.InvariantCulture, $"i2c-{bus} address 0x{address:x2}"))
            : false;
    }

    private I2cBusInfo Bus(int number, string path)
    {
        var adapter = SysFile.Read(
            Path.Combine(sys, "class/i2c-dev", string.Create(CultureInfo.InvariantCulture, $"i2c-{number}"), "name"), "");
        try
        {
            using var file = I2cBus.OpenBus(dev, number, out var functions);
            return new I2cBusInfo(number, path, adapter, (functions & I2cAbi.HasI2c) != 0, null);
        }
        catch (BusException e)
        {
            return new I2cBusInfo(number, path, adapter, false, Problem(e));
        }
    }

    private static GpioChipInfo Chip(string node)
    {
        var name = Path.GetFileName(node);
        var label = "";
        var lines = new List<GpioLineInfo>();
        try
        {
            using var chip = GpioChip.OpenNode(node);
            label = chip.Label;
            for (var line = 0; line < chip.Lines; line++)
            {
                lines.Add(chip.Line(line));
            }

            return new GpioChipInfo(name, node, label, lines, null);
        }
        catch (BusException e)
        {
            return new GpioChipInfo(name, node, label, lines, Problem(e));
        }
    }

    private static PwmChipInfo Pwm(int number, string path)
    {
        var device = SysFile.LinkName(Path.Combine(path, "device")) ?? "";
        var exported = Numbered(path, "pwm").Select(n => n.Number).ToList();
        return SysFile.TryRead(Path.Combine(path, "npwm"), out var error) is { } text
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var channels)
            ? new PwmChipInfo(number, device, channels, exported, null)
            : new PwmChipInfo(number, device, 0, exported, Problem(BusErrors.Of(BusWork.Sysfs, error, path)));
    }
}
