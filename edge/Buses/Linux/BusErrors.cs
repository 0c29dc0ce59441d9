using System.Globalization;
using System.Runtime.InteropServices;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>What was tried when the kernel said no: one error number means different things.</summary>
internal enum BusWork
{
    /// <summary>Opening a node.</summary>
    Open,

    /// <summary>A transfer on I²C; the kernel's Documentation/i2c/fault-codes says what its numbers mean there.</summary>
    I2c,

    /// <summary>A transfer on SPI.</summary>
    Spi,

    /// <summary>A request to a GPIO chip.</summary>
    Gpio,

    /// <summary>Reading or writing a serial port.</summary>
    Serial,

    /// <summary>Reading or writing a file of sysfs.</summary>
    Sysfs,
}

/// <summary>The kernel's error numbers as kinds of trouble and words.</summary>
internal static class BusErrors
{
    private const string Gone = "it is gone: the adapter was pulled out or its driver has stopped; plug it in again";

    /// <summary>What an error number means for what was tried.</summary>
    public static (BusFault Fault, string Why) Judge(BusWork work, int error) => (work, error) switch
    {
        (BusWork.I2c, Errno.NoDeviceOrAddress or Errno.RemoteInputOutput or Errno.NoDevice) =>
            (BusFault.NoAnswer, "nothing answers there: check the address, the four wires and the supply of the sensor"),
        (BusWork.I2c, Errno.InputOutput) =>
            (BusFault.Broken, "the transfer broke off: check plugs, length of the cable and pull-up resistors"),
        (BusWork.I2c, Errno.Again) =>
            (BusFault.Broken, "the bus was lost in the middle of the transfer: another master, or noise on the wires"),
        (BusWork.I2c, Errno.Busy) =>
            (BusFault.Broken, "the bus stays occupied: a chip holds a wire low; switch the sensors' supply off and on"),
        (BusWork.I2c, Errno.Protocol or Errno.BadMessage) =>
            (BusFault.Broken, "the chip answered against the protocol: check that it is the configured one, and the wires"),
        (BusWork.I2c or BusWork.Spi, Errno.TimedOut) =>
            (BusFault.Timeout, "the bus gave no end to the transfer: a chip holds the clock low; switch the sensors' supply off and on"),
        (BusWork.I2c, Errno.Shutdown) => (BusFault.Failed, "the adapter is asleep (suspended)"),
        (BusWork.Spi, Errno.InputOutput or Errno.RemoteInputOutput) => (BusFault.Broken, "the transfer broke off: check the wires"),
        (BusWork.Spi, Errno.MessageSize) =>
            (BusFault.Unsupported, "the transfer is longer than the kernel's buffer (spidev.bufsiz)"),
        (BusWork.Serial, Errno.InputOutput or Errno.NoDeviceOrAddress or Errno.NoDevice) => (BusFault.Missing, Gone),
        (BusWork.Gpio or BusWork.Spi, Errno.NoDevice) => (BusFault.Missing, Gone),
        (BusWork.Gpio, Errno.NoDeviceOrAddress) =>
            (BusFault.Unsupported, "this line gives no interrupts, which edges and debouncing need: use another line"),
        (BusWork.Gpio, Errno.NotPermitted) => (BusFault.Unsupported, "the line is an input and cannot be driven"),
        (BusWork.Sysfs, Errno.InputOutput) => (BusFault.NoAnswer, "the device did not answer: check the wire and the supply"),
        (BusWork.Open, Errno.NoDeviceOrAddress) => (BusFault.Missing, "the node is there but no hardware stands behind it"),
        (_, Errno.NoEntry or Errno.NotDirectory or Errno.NoDevice) => (BusFault.Missing, "it is not there"),
        (_, Errno.Access or Errno.NotPermitted) => (BusFault.Denied, "this user may not use it"),
        (_, Errno.ReadOnlyFiles) => (BusFault.Denied, "it is mounted read-only"),
        (_, Errno.Busy) => (BusFault.Busy, "another program or a kernel driver holds it"),
        (_, Errno.Again) => (BusFault.Busy, "it is occupied"),
        (_, Errno.TimedOut) => (BusFault.Timeout, "nothing came in time"),
        (_, Errno.InputOutput) => (BusFault.Broken, "the transfer broke off"),
        (_, Errno.NotTerminal) => (BusFault.Unsupported, "the file is not such a device"),
        (_, Errno.Invalid or Errno.NotSupported or Errno.NotImplemented) =>
            (BusFault.Unsupported, "the driver of this adapter cannot do that"),
        (_, Errno.TooManyFiles or Errno.TableFull) => (BusFault.Failed, "too many files are open (raise LimitNOFILE)"),
        (_, Errno.NoMemory) => (BusFault.Failed, "the kernel has no memory left for it"),
        _ => (BusFault.Failed, "the kernel refused"),
    };

    /// <summary>The error of a transfer or request.</summary>
    /// <param name="work">What was tried.</param>
    /// <param name="error">Error number.</param>
    /// <param name="subject">What it is about: <c>i2c-1 address 0x76</c>.</param>
    public static BusException Of(BusWork work, int error, string subject)
    {
        var (fault, why) = Judge(work, error);
        return new BusException(fault, $"{subject}: {why} ({Word(error)})");
    }

    /// <summary>The error of opening a node.</summary>
    /// <param name="error">Error number.</param>
    /// <param name="node">Path of it.</param>
    /// <param name="whenMissing">What to do when it is not there.</param>
    /// <param name="holder">Who holds it, where that is known.</param>
    public static BusException OfOpening(int error, string node, string whenMissing, string? holder = null)
    {
        var (fault, why) = Judge(BusWork.Open, error);
        return fault switch
        {
            BusFault.Missing => new BusException(fault, $"{node}: {why}; {whenMissing}"),
            BusFault.Denied => new BusException(fault, $"{node}: {why}; {NodeOwner.Advice(node)}"),
            BusFault.Busy when holder is not null => new BusException(fault, $"{node} is held by {holder}; stop it or choose another"),
            _ => new BusException(fault, $"{node}: {why} ({Word(error)})"),
        };
    }

    /// <summary>The kernel's own word for an error, with its number.</summary>
    private static string Word(int error) =>
        string.Create(CultureInfo.InvariantCulture, $"{Marshal.GetPInvokeErrorMessage(error)}, errno {error}");
}
