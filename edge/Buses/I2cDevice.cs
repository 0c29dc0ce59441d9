namespace SmartCity.Edge.Buses;

/// <summary>
/// A chip on an I²C bus, shaped after System.Device.I2c's type. Chips with registers are read through the register calls, which also
/// work on adapters that know SMBus transfers only; chips with commands (no registers) need a plain I²C adapter.
/// </summary>
internal abstract class I2cDevice : IDisposable
{
    /// <summary>Longest block of an SMBus transfer (I2C_SMBUS_BLOCK_MAX of the kernel's i2c.h).</summary>
    public const int MaximumBlock = 32;

    /// <summary>Number of the bus.</summary>
    public abstract int Bus { get; }

    /// <summary>Seven-bit address.</summary>
    public abstract int Address { get; }

    /// <summary>Reads bytes after the address.</summary>
    /// <exception cref="BusException">No answer, broken transfer, or the adapter knows SMBus only.</exception>
    public abstract void Read(Span<byte> into);

    /// <summary>Writes bytes after the address.</summary>
    /// <exception cref="BusException">As for reading.</exception>
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Writes, then reads after a repeated start.</summary>
    /// <exception cref="BusException">As for reading.</exception>
    public abstract void WriteRead(ReadOnlySpan<byte> bytes, Span<byte> into);

    /// <summary>One register of one byte.</summary>
    public virtual byte ReadRegister(byte register)
    {
        Span<byte> value = stackalloc byte[1];
        WriteRead([register], value);
        return value[0];
    }

    /// <summary>Writes one register of one byte.</summary>
    public virtual void WriteRegister(byte register, byte value) => Write([register, value]);

    /// <summary>One register of two bytes, most significant first on the wire, as TI's converters have it.</summary>
    public virtual ushort ReadRegister16(byte register)
    {
        Span<byte> value = stackalloc byte[2];
        WriteRead([register], value);
        return (ushort)((value[0] << 8) | value[1]);
    }

    /// <summary>Writes one register of two bytes, most significant first on the wire.</summary>
    public virtual void WriteRegister16(byte register, ushort value) => Write([register, (byte)(value >> 8), (byte)value]);

    /// <summary>Consecutive registers of one byte, at most <see cref="MaximumBlock"/>; the chip must count up by itself.</summary>
    public virtual void ReadRegisters(byte first, Span<byte> into) => WriteRead([first], into);

    /// <summary>Writes consecutive registers of one byte, at most <see cref="MaximumBlock"/>.</summary>
    public virtual void WriteRegisters(byte first, ReadOnlySpan<byte> bytes)
    {
        Span<byte> all = stackalloc byte[1 + MaximumBlock];
        all[0] = first;
        bytes.CopyTo(all[1..]);
        Write(all[..(1 + bytes.Length)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes it.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
