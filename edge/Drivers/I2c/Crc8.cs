namespace SmartCity.Edge.Drivers.I2c;

/// <summary>CRC of eight bits, most significant bit first, not reflected, no final XOR, as Sensirion's chips send it after each two
/// bytes: polynomial 0x31 (x⁸ + x⁵ + x⁴ + 1), initial value 0xFF; over 0xBE 0xEF it is 0x92 (SHT3x-DIS datasheet, section 4.12, table 20).</summary>
internal static class Crc8
{
    /// <summary>The CRC of bytes.</summary>
    public static byte Of(ReadOnlySpan<byte> bytes, byte polynomial = 0x31, byte initial = 0xFF)
    {
        var crc = initial;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (byte)((crc & 0x80) != 0 ? (crc << 1) ^ polynomial : crc << 1);
            }
        }

        return crc;
    }
}
