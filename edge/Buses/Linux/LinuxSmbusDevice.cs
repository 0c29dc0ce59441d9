using System.Buffers.Binary;
using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>
/// A chip on an adapter that knows SMBus transfers only (the kernel's i2c-stub, chipset adapters). Registers work; commands that need
/// other shapes of transfer are refused in words. SMBus words are sent low byte first, so those of big-endian registers are swapped.
/// </summary>
internal sealed unsafe class LinuxSmbusDevice(DeviceHandle file, int bus, int address, uint functions) : I2cDevice
{
    /// <inheritdoc/>
    public override int Bus => bus;

    /// <inheritdoc/>
    public override int Address => address;

    /// <summary>Reads one byte (SMBus receive byte).</summary>
    public override void Read(Span<byte> into)
    {
        if (into.Length == 1)
        {
            SmbusData data = default;
            Transfer(I2cAbi.SmbusRead, 0, I2cAbi.Byte, &data);
            into[0] = data.Byte;
        }
        else if (into.Length > 1)
        {
            throw Unsupported($"a read of {into.Length} bytes without a register");
        }
    }

    /// <summary>Writes a command, a register of one byte, or a block of registers.</summary>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        SmbusData data = default;
        switch (bytes.Length)
        {
            case 0:
                break;
            case 1:
                Transfer(I2cAbi.SmbusWrite, bytes[0], I2cAbi.Byte, &data);
                break;
            case 2:
                data.Byte = bytes[1];
                Transfer(I2cAbi.SmbusWrite, bytes[0], I2cAbi.ByteData, &data);
                break;
            case <= 1 + MaximumBlock when (functions & I2cAbi.HasWriteBlock) != 0:
                data.Block[0] = (byte)(bytes.Length - 1);
                bytes[1..].CopyTo(new Span<byte>(data.Block + 1, MaximumBlock));
                Transfer(I2cAbi.SmbusWrite, bytes[0], I2cAbi.BlockData, &data);
                break;
            default:
                throw Unsupported($"a write of {bytes.Length} bytes");
        }
    }

    /// <summary>Reads registers: one, or a block.</summary>
    public override void WriteRead(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        if (into.IsEmpty)
        {
            Write(bytes);
            return;
        }

        SmbusData data = default;
        if (bytes.Length == 1 && into.Length == 1)
        {
            Transfer(I2cAbi.SmbusRead, bytes[0], I2cAbi.ByteData, &data);
            into[0] = data.Byte;
        }
        else if (bytes.Length == 1 && into.Length <= MaximumBlock && (functions & I2cAbi.HasReadBlock) != 0)
        {
            data.Block[0] = (byte)into.Length;
            Transfer(I2cAbi.SmbusRead, bytes[0], I2cAbi.BlockData, &data);

            // The kernel gives back how many it read; fewer is a chip that stopped.
            if (data.Block[0] != into.Length)
            {
                throw new BusException(BusFault.Broken, $"{Where}: {data.Block[0]} bytes came instead of {into.Length}");
            }

            new Span<byte>(data.Block + 1, into.Length).CopyTo(into);
        }
        else if (bytes.IsEmpty)
        {
            Read(into);
        }
        else
        {
            throw Unsupported($"a write of {bytes.Length} bytes with a read of {into.Length}");
        }
    }

    /// <inheritdoc/>
    public override ushort ReadRegister16(byte register)
    {
        SmbusData data = default;
        Transfer(I2cAbi.SmbusRead, register, I2cAbi.WordData, &data);
        return BinaryPrimitives.ReverseEndianness(data.Word);
    }

    /// <inheritdoc/>
    public override void WriteRegister16(byte register, ushort value)
    {
        var data = new SmbusData { Word = BinaryPrimitives.ReverseEndianness(value) };
        Transfer(I2cAbi.SmbusWrite, register, I2cAbi.WordData, &data);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }

    private string Where => string.Create(CultureInfo.InvariantCulture, $"i2c-{bus} address 0x{address:x2}");

    private BusException Unsupported(string what) => new(
        BusFault.Unsupported,
        $"{Where}: this adapter knows SMBus transfers only, and {what} is none; connect the sensor to an I²C bus of the board");

    private void Transfer(byte direction, byte command, uint size, SmbusData* data)
    {
        var request = new SmbusRequest { Direction = direction, Command = command, Size = size, Data = data };
        if (Kernel.Ioctl(file, I2cAbi.Smbus, &request) < 0)
        {
            throw BusErrors.Of(BusWork.I2c, Kernel.Errno, Where);
        }
    }
}
