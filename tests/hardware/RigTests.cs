using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>The guest itself: the devices are there, they are the kernel's, and the second opinion works.</summary>
public sealed class RigTests
{
    [GuestFact]
    public void The_kernel_has_made_the_devices()
    {
        Assert.Equal("SMBus stub driver", File.ReadAllText("/sys/bus/i2c/devices/i2c-0/name").Trim());
        Assert.Contains("I801", File.ReadAllText("/sys/bus/i2c/devices/i2c-1/name"), StringComparison.Ordinal);
        Assert.Equal("bench plain I2C", File.ReadAllText("/sys/bus/i2c/devices/i2c-2/name").Trim());
        Assert.All(
            ["/dev/gpiochip0", "/dev/i2c-0", "/dev/i2c-1", "/dev/i2c-2", "/dev/spidev0.0", "/dev/spidev0.1", "/dev/ttyS2", "/dev/ttyS3"],
            path => Assert.True(File.Exists(path), path));
        Assert.Equal("2", File.ReadAllText("/sys/class/pwm/pwmchip0/npwm").Trim());
    }

    [GuestFact]
    public async Task A_register_set_by_the_tools_reads_the_same()
    {
        var chip = new Chip(0x77);
        await chip.SetAsync(0x10, 1, 2, 3);
        await chip.SetWordAsync(0x20, 0x12, 0x34);
        Assert.Equal(2, await chip.GetAsync(0x11));
        Assert.Equal((0x12, 0x34), await chip.GetWordAsync(0x20));
    }

    [GuestFact]
    public void A_simulated_line_is_pulled_and_goes()
    {
        using var gpio = new SimulatedGpio(4, new Dictionary<int, string> { [2] = "DOOR" });
        Assert.True(File.Exists($"/dev/{gpio.Chip}"));
        Assert.False(gpio.Level(2));
        gpio.Pull(2, up: true);
        Assert.True(gpio.Level(2));
    }
}
