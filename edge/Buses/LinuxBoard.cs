using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Buses;

/// <summary>
/// The machine that this program runs on, through the kernel's own interface: i2c-dev, spidev, the GPIO character device (version 2,
/// kernel 5.10 and later), termios, and sysfs for 1-Wire and PWM. One thread waits for all of it, and starts when it is first needed.
/// </summary>
/// <param name="dev">Where device nodes are.</param>
/// <param name="sys">Where sysfs is.</param>
/// <param name="time">Clock of waits and stamps; null = the system's.</param>
internal sealed class LinuxBoard(string dev = "/dev", string sys = "/sys", TimeProvider? time = null) : Board
{
    private readonly Poller _poller = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>What there is on this machine.</summary>
    public Inventory Inventory { get; } = new LinuxInventory(dev, sys);

    /// <inheritdoc/>
    public override I2cDevice OpenI2c(int bus, int address) => I2cBus.Open(dev, sys, bus, address);

    /// <inheritdoc/>
    public override SpiDevice OpenSpi(SpiSettings settings) => LinuxSpiDevice.Open(dev, settings);

    /// <inheritdoc/>
    public override GpioLine OpenGpio(GpioSettings settings) => LinuxGpioLine.Open(dev, settings, _poller, _time);

    /// <inheritdoc/>
    public override PwmChannel OpenPwm(int chip, int channel, int frequency) => LinuxPwmChannel.Open(sys, chip, channel, frequency);

    /// <inheritdoc/>
    public override OneWireDevice OpenOneWire(string id) => LinuxOneWireDevice.Open(sys, id);

    /// <inheritdoc/>
    protected override SerialPort CreateSerial(SerialSettings settings) => LinuxSerialPort.Open(settings, _poller, _time);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _poller.Dispose();
    }
}
