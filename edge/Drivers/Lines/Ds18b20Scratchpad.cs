using System.Buffers.Binary;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>The nine bytes of a DS18B20's scratchpad (datasheet 19-7487 rev 6, figures 4, 9 and 10, tables 1 and 2).</summary>
internal static class Ds18b20Scratchpad
{
    /// <summary>What the temperature register holds after every power-up, before a conversion: +85 °C (table 1, note).</summary>
    public const short PowerOn = 0x0550;

    /// <summary>CRC of 1-Wire devices: X⁸ + X⁵ + X⁴ + 1, bits reversed (0x8C), begun with 0 (figure 11).</summary>
    public static byte Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x8c;
            }
        }

        return (byte)crc;
    }

    /// <summary>Judges a scratchpad and reads its temperature.</summary>
    /// <param name="pad">What was read.</param>
    /// <param name="raw">Temperature in sixteenths of a degree; the bits below the resolution, which the datasheet leaves undefined, are 0.</param>
    /// <returns>The fault, or none.</returns>
    public static DeviceFault Read(ReadOnlySpan<byte> pad, out short raw)
    {
        raw = 0;
        if (pad.Length != 9)
        {
            return DeviceFault.Frame;
        }

        if (!pad.ContainsAnyExcept((byte)0xff))
        {
            return DeviceFault.NoAnswer; // nobody pulls the bus down
        }

        if (!pad.ContainsAnyExcept((byte)0))
        {
            return DeviceFault.ShortCircuit; // the bus is held down; the CRC of zeros is 0, and says nothing
        }

        if (Crc(pad[..8]) != pad[8])
        {
            return DeviceFault.Checksum;
        }

        if ((pad[4] & 0x9f) != 0x1f)
        {
            return DeviceFault.Frame; // reserved bits of the configuration register (figure 10)
        }

        var unused = 3 - ((pad[4] >> 5) & 3);
        raw = (short)(BinaryPrimitives.ReadInt16LittleEndian(pad) & ~((1 << unused) - 1));
        return raw is >= -55 * 16 and <= 125 * 16 ? DeviceFault.None : DeviceFault.Range;
    }
}
