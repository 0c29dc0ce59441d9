namespace SmartCity.Hardware.Tests;

/// <summary>The guest itself: the devices are there and they are the kernel's.</summary>
public sealed class RigTests
{
    [GuestFact]
    public void The_kernel_has_made_the_devices()
    {
        Assert.True(File.Exists("/dev/gpiochip0"));
        Assert.Equal("SMBus stub driver", File.ReadAllText("/sys/bus/i2c/devices/i2c-0/name").Trim());
        Assert.Contains("I801", File.ReadAllText("/sys/bus/i2c/devices/i2c-1/name"), StringComparison.Ordinal);
    }
}
