using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>A chip on an adapter that transfers any bytes (I2C_RDWR).</summary>
internal sealed unsafe class LinuxI2cDevice(DeviceHandle file, int bus, int address) : I2cDevice
{
    /// <inheritdoc/>
    public override int Bus => bus;

    /// <inheritdoc/>
    public override int Address => address;

    /// <inheritdoc/>
    public override void Read(Span<byte> into)
    {
        Check(into.Length);
        fixed (byte* bytes = into)
        {
            var message = Message(I2cAbi.MessageRead, bytes, into.Length);
            Transfer(&message, 1);
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Check(bytes.Length);
        fixed (byte* start = bytes)
        {
            var message = Message(0, start, bytes.Length);
            Transfer(&message, 1);
        }
    }

    /// <inheritdoc/>
    public override void WriteRead(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        Check(bytes.Length);
        Check(into.Length);
        fixed (byte* start = bytes, target = into)
        {
            var messages = stackalloc I2cMessage[2];
            messages[0] = Message(0, start, bytes.Length);
            messages[1] = Message(I2cAbi.MessageRead, target, into.Length);
            Transfer(messages, 2);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }

    private static void Check(int length) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, I2cAbi.LongestMessage, "bytes");

    private I2cMessage Message(ushort flags, byte* bytes, int length) =>
        new() { Address = (ushort)address, Flags = flags, Length = (ushort)length, Bytes = bytes };

    private void Transfer(I2cMessage* messages, uint count)
    {
        var request = new I2cMessages { First = messages, Count = count };
        if (Kernel.Ioctl(file, I2cAbi.ReadWrite, &request) < 0)
        {
            throw BusErrors.Of(BusWork.I2c, Kernel.Errno, string.Create(CultureInfo.InvariantCulture, $"i2c-{bus} address 0x{address:x2}"));
        }
    }
}
