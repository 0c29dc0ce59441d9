using SmartCity.Edge.Buses;
using SmartCity.Edge.Buses.Linux;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>What is found, over trees of files shaped as /dev, /sys and /proc.</summary>
public sealed class InventoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("smartcity-inventory").FullName;
    private readonly LinuxInventory _inventory;

    public InventoryTests()
    {
        foreach (var part in new[] { "dev", "sys", "proc" })
        {
            Directory.CreateDirectory(Path.Combine(_root, part));
        }

        _inventory = new LinuxInventory(Path.Combine(_root, "dev"), Path.Combine(_root, "sys"), Path.Combine(_root, "proc"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_machine_with_nothing_has_nothing_and_no_exception()
    {
        Assert.Empty(_inventory.I2cBuses());
        Assert.Empty(_inventory.GpioChips());
        Assert.Empty(_inventory.Uarts());
        Assert.Empty(_inventory.PwmChips());
        Assert.Equal((0, 0), (_inventory.OneWire().Masters, _inventory.OneWire().Devices.Count));
        var probe = _inventory.ProbeI2c(1);
        Assert.Empty(probe.Found);
        Assert.Equal(BusFault.Missing, probe.Problem!.Fault);
        Assert.Contains("dtparam=i2c_arm=on", probe.Problem.Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_is_no_bus_is_a_problem_in_words()
    {
        Put("dev/i2c-10", "");
        Put("dev/i2c-9", "");
        Put("dev/i2c-x", "");
        Put("sys/class/i2c-dev/i2c-9/name", "bcm2835 (i2c@7e804000)\n");
        Put("dev/gpiochip0", "");
        var buses = _inventory.I2cBuses();
        Assert.Equal([9, 10], buses.Select(b => b.Number));
        Assert.Equal("bcm2835 (i2c@7e804000)", buses[0].Adapter);
        Assert.All(buses, b => Assert.Equal(BusFault.Unsupported, b.Problem!.Fault));
        Assert.Equal(BusFault.Unsupported, Assert.Single(_inventory.GpioChips()).Problem!.Fault);
    }

    [Fact]
    public void Serial_ports_are_those_with_hardware_and_have_their_holders()
    {
        foreach (var name in new[] { "ttyS0", "ttyS1", "ttyS2", "ttyAMA0", "ttyUSB0", "ttyACM0", "tty1", "ttyprintk" })
        {
            Put($"dev/{name}", "");
        }

        Put("sys/class/tty/ttyS0/type", "0\n");
        Put("sys/class/tty/ttyS1/type", "4\n");
        Directory.CreateDirectory(Path.Combine(_root, "sys/class/tty/ttyUSB0/device"));
        File.CreateSymbolicLink(Path.Combine(_root, "sys/class/tty/ttyUSB0/device/driver"), "../../../bus/usb-serial/drivers/ch341-uart");
        File.CreateSymbolicLink(Path.Combine(_root, "dev/serial0"), "ttyAMA0");
        Directory.CreateDirectory(Path.Combine(_root, "dev/serial/by-id"));
        File.CreateSymbolicLink(Path.Combine(_root, "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"), "../../ttyUSB0");
        Put("proc/consoles", "ttyAMA0              -W- (EC p a)    204:64\ntty1 -WU (E  p  )    4:1\n");
        Put("proc/412/comm", "agetty\n");
        Directory.CreateDirectory(Path.Combine(_root, "proc/412/fd"));
        File.CreateSymbolicLink(Path.Combine(_root, "proc/412/fd/0"), Path.Combine(_root, "dev/ttyS1"));
        Put("proc/meminfo", "");

        var ports = _inventory.Uarts().ToDictionary(p => Path.GetFileName(p.Path));
        Assert.Equal(["ttyACM0", "ttyAMA0", "ttyS1", "ttyUSB0"], ports.Keys.Order(StringComparer.Ordinal));
        Assert.EndsWith("/dev/serial0", ports["ttyAMA0"].Alias, StringComparison.Ordinal);
        Assert.Contains("console", ports["ttyAMA0"].Holder, StringComparison.Ordinal);
        Assert.Equal("agetty (412)", ports["ttyS1"].Holder);
        Assert.EndsWith("usb-1a86_USB_Serial-if00-port0", ports["ttyUSB0"].Alias, StringComparison.Ordinal);
        Assert.Equal("ch341-uart", ports["ttyUSB0"].Driver);
        Assert.Null(ports["ttyUSB0"].Holder);
        Assert.All(ports.Values, p => Assert.Null(p.Problem));
    }

    [Fact]
    public void One_wire_and_pwm_are_listed()
    {
        Directory.CreateDirectory(Path.Combine(_root, "sys/bus/w1/devices/w1_bus_master1"));
        Directory.CreateDirectory(Path.Combine(_root, "sys/bus/w1/devices/28-0316a2795b1d"));
        Put("sys/class/pwm/pwmchip2/npwm", "4\n");
        Directory.CreateDirectory(Path.Combine(_root, "sys/class/pwm/pwmchip2/pwm3"));
        File.CreateSymbolicLink(Path.Combine(_root, "sys/class/pwm/pwmchip2/device"), "../../../1f00098000.pwm");
        Assert.Equal(1, _inventory.OneWire().Masters);
        Assert.Equal(["28-0316a2795b1d"], _inventory.OneWire().Devices);
        var chip = Assert.Single(_inventory.PwmChips());
        Assert.Equal((2, "1f00098000.pwm", 4), (chip.Number, chip.Device, chip.Channels));
        Assert.Equal([3], chip.Exported);
    }

    [Fact]
    public void What_this_machine_does_not_have_is_missing_with_advice()
    {
        using var board = new LinuxBoard();
        Missing("dtparam=i2c_arm", () => board.OpenI2c(9_999, 0x76));
        Missing("dtparam=spi", () => board.OpenSpi(new SpiSettings(99, 9)));
        Missing("scan", () => board.OpenGpio(new GpioSettings("gpiochip9999", 1, GpioDirection.Input)));
        Missing("scan", () => board.OpenGpio(new GpioSettings("pinctrl-none", 1, GpioDirection.Input)));
        Missing("gpiochip0", () => board.OpenGpio(new GpioSettings("../gpiochip0", 1, GpioDirection.Input)));
        Missing("dtoverlay", () => board.OpenPwm(9_999, 0, 1_000));
        Assert.Equal(BusFault.Unsupported, Assert.Throws<BusException>(() => board.OpenI2c(1, 0x03)).Fault);
    }

    [Fact]
    public void An_edge_has_the_kernels_time_on_the_boards_clock()
    {
        var time = new FakeTime();
        Assert.Equal(time.GetTimestamp() - 2_500, LinuxGpioLine.Stamp(1_000_000_000, 1_000_250_000, time.GetTimestamp(), time.TimestampFrequency));
        Assert.Equal(time.GetTimestamp(), LinuxGpioLine.Stamp(1_000_000_000, 999_999_999, time.GetTimestamp(), time.TimestampFrequency));
        Assert.Equal(
            time.GetTimestamp() - TimeSpan.FromDays(30).Ticks, LinuxGpioLine.Stamp(5, 5 + (30L * 86_400 * 1_000_000_000), time.GetTimestamp(), time.TimestampFrequency));
    }

    [Theory]
    [InlineData(GpioDirection.Input, GpioPull.AsIs, false, 0x4ul)]
    [InlineData(GpioDirection.Input, GpioPull.Up, true, 0x106ul)]
    [InlineData(GpioDirection.Input, GpioPull.Down, false, 0x204ul)]
    [InlineData(GpioDirection.Input, GpioPull.None, false, 0x404ul)]
    [InlineData(GpioDirection.Output, GpioPull.AsIs, true, 0xAul)]
    internal void A_lines_configuration_is_in_the_kernels_flags(GpioDirection direction, GpioPull pull, bool activeLow, ulong flags)
    {
        var settings = new GpioSettings("gpiochip0", 1, direction)
        {
            Pull = pull,
            ActiveLow = activeLow,
            Initial = true,
            Debounce = direction == GpioDirection.Input ? TimeSpan.FromMilliseconds(20) : TimeSpan.Zero,
        };
        var config = GpioChip.Config(settings, watched: false);
        Assert.Equal(flags, config.Flags);
        Assert.Equal(1u, config.Count);
        Assert.Equal(1ul, config.Attributes[0].Mask);
        var attribute = config.Attributes[0].Attribute;
        Assert.Equal(direction == GpioDirection.Input ? (3u, 20_000ul) : (2u, 1ul), (attribute.Id, attribute.Value));
        Assert.Equal(flags | 0x30, GpioChip.Config(settings, watched: true).Flags);
    }

    private static void Missing(string words, Action act)
    {
        var e = Assert.Throws<BusException>(act);
        Assert.Equal(BusFault.Missing, e.Fault);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    private void Put(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
