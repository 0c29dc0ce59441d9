using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>The way Sensirion's chips talk: commands of two bytes, words of two bytes, most significant first, each followed by its CRC
/// (SHT3x-DIS datasheet, section 4.12; SCD4x datasheet, sections 3.3 to 3.11).</summary>
internal static class Sensirion
{
    /// <summary>Most words that any command used here answers.</summary>
    private const int MostWords = 3;

    /// <summary>Sends a command.</summary>
    public static void Command(I2cDevice device, ushort command) => device.Write([(byte)(command >> 8), (byte)command]);

    /// <summary>Sends a command with a word.</summary>
    public static void Command(I2cDevice device, ushort command, ushort word)
    {
        Span<byte> bytes = [(byte)(command >> 8), (byte)command, (byte)(word >> 8), (byte)word, 0];
        bytes[4] = Crc8.Of(bytes[2..4]);
        device.Write(bytes);
    }

    /// <summary>Reads words and checks each one's CRC; nothing is given when one is wrong.</summary>
    /// <exception cref="DriverException">A CRC is wrong.</exception>
    public static void Read(I2cDevice device, Span<ushort> words, string where)
    {
        Span<byte> bytes = stackalloc byte[MostWords * 3];
        bytes = bytes[..(words.Length * 3)];
        device.Read(bytes);
        for (var i = 0; i < words.Length; i++)
        {
            var word = bytes.Slice(i * 3, 2);
            if (Crc8.Of(word) != bytes[(i * 3) + 2])
            {
                words.Clear();
                throw new DriverException(
                    DeviceFault.Checksum, $"{where}: CRC of word {i + 1} is wrong: check cable length, pull-ups and interference");
            }

            words[i] = (ushort)((word[0] << 8) | word[1]);
        }
    }
}
