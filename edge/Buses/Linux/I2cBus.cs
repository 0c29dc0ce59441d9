using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Opening of I²C buses: adapter, address, and who holds it.</summary>
internal static unsafe class I2cBus
{
    private const string WhenMissing =
        "switch I²C on (raspi-config, Interface Options; or dtparam=i2c_arm=on in /boot/firmware/config.txt) and load the module i2c-dev";

    /// <summary>A chip.</summary>
    /// <exception cref="BusException">The bus is missing or denied, or a kernel driver holds the address.</exception>
    public static I2cDevice Open(string dev, string sys, int bus, int address)
    {
        if (address is < 0x08 or > 0x77)
        {
            throw new BusException(
                BusFault.Unsupported,
                string.Create(CultureInfo.InvariantCulture, $"0x{address:x2} is no address of a chip: they go from 0x08 to 0x77"));
        }

        var file = OpenBus(dev, bus, out var functions);
        if (Kernel.Ioctl(file, I2cAbi.Slave, (nuint)address) < 0)
        {
            var error = Kernel.Errno;
            file.Dispose();
            throw error == Errno.Busy
                ? new BusException(BusFault.Busy, Held(sys, bus, address))
                : BusErrors.Of(BusWork.I2c, error, string.Create(CultureInfo.InvariantCulture, $"i2c-{bus} address 0x{address:x2}"));
        }

        return (functions & I2cAbi.HasI2c) != 0
            ? new LinuxI2cDevice(file, bus, address)
            : new LinuxSmbusDevice(file, bus, address, functions);
    }

    /// <summary>A bus without an address.</summary>
    /// <exception cref="BusException">It is missing or denied.</exception>
    public static DeviceHandle OpenBus(string dev, int bus, out uint functions)
    {
        var node = Node(dev, bus);
        var file = Kernel.Open(node, Kernel.ReadWrite);
        if (file.IsInvalid)
        {
            throw BusErrors.OfOpening(Kernel.Errno, node, WhenMissing);
        }

        nuint all;
        if (Kernel.Ioctl(file, I2cAbi.Functions, &all) < 0)
        {
            var error = Kernel.Errno;
            file.Dispose();
            throw BusErrors.OfOpening(error, node, WhenMissing);
        }

        functions = (uint)all;
        return file;
    }

    /// <summary>Path of a bus.</summary>
    public static string Node(string dev, int bus) => Path.Combine(dev, string.Create(CultureInfo.InvariantCulture, $"i2c-{bus}"));

    /// <summary>The kernel driver that holds an address; null when the kernel names none.</summary>
    public static string? Driver(string sys, int bus, int address) => SysFile.LinkName(Path.Combine(
        sys, "bus/i2c/devices", string.Create(CultureInfo.InvariantCulture, $"{bus}-{address:x4}"), "driver"));

    /// <summary>That a kernel driver holds an address, and how it is taken from it.</summary>
    public static string Held(string sys, int bus, int address)
    {
        var driver = Driver(sys, bus, address);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"i2c-{bus} address 0x{address:x2} is held by the kernel driver {driver ?? "of this chip"}; remove its overlay from /boot/firmware/config.txt{(driver is null ? "" : $" or unload it (sudo modprobe -r {driver})")}");
    }
}
