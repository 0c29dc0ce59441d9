using System.Buffers.Binary;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// The trimming parameters of one BME280 and its compensation formulas, in the integer arithmetic of the datasheet (BST-BME280-DS002,
/// section 4.2.2 with table 16, section 4.2.3). Every chip has its own.
/// </summary>
internal sealed record Bme280Calibration(
    ushort T1, short T2, short T3,
    ushort P1, short P2, short P3, short P4, short P5, short P6, short P7, short P8, short P9,
    byte H1, short H2, byte H3, short H4, short H5, sbyte H6)
{
    /// <summary>Bytes from 0x88 on: T1 … P9, one reserved, H1 at 0xA1.</summary>
    public const int FirstLength = 26;

    /// <summary>Bytes from 0xE1 on: H2 … H6.</summary>
    public const int SecondLength = 7;

    /// <summary>Takes the parameters from the two blocks of registers; null when they cannot be a chip's: all bytes 0x00 or 0xFF
    /// (a bus that hangs low or high, memory not copied), or a zero divisor.</summary>
    public static Bme280Calibration? Parse(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (IsBlank(first[..24]) || IsBlank(second))
        {
            return null;
        }

        var calibration = new Bme280Calibration(
            (ushort)Word(first, 0), Word(first, 2), Word(first, 4),
            (ushort)Word(first, 6), Word(first, 8), Word(first, 10), Word(first, 12), Word(first, 14),
            Word(first, 16), Word(first, 18), Word(first, 20), Word(first, 22),
            first[25],
            Word(second, 0),
            second[2],
            // Twelve bits each, with a sign; the byte at 0xE5 has the low half of both.
            (short)(((sbyte)second[3] << 4) | (second[4] & 0x0F)),
            (short)(((sbyte)second[5] << 4) | (second[4] >> 4)),
            (sbyte)second[6]);
        return calibration.T1 == 0 || calibration.T2 == 0 || calibration.P1 == 0 || calibration.H2 == 0 ? null : calibration;
    }

    /// <summary>Temperature of a raw value of 20 bits.</summary>
    /// <param name="raw">adc_T.</param>
    /// <param name="fine">t_fine, for the other two formulas.</param>
    /// <returns>Hundredths of a degree Celsius.</returns>
    public int Temperature(int raw, out int fine)
    {
        var linear = ((long)((raw >> 3) - (T1 << 1)) * T2) >> 11;
        long offset = (raw >> 4) - T1;
        var square = (((offset * offset) >> 12) * T3) >> 14;
        fine = (int)(linear + square);
        return ((fine * 5) + 128) >> 8;
    }

    /// <summary>Pressure of a raw value of 20 bits.</summary>
    /// <param name="raw">adc_P.</param>
    /// <param name="fine">From <see cref="Temperature"/>.</param>
    /// <returns>Pascal in Q24.8 (256ths); 0 when the parameters would divide by zero.</returns>
    public long Pressure(int raw, int fine)
    {
        var t = (long)fine - 128_000;
        var offset = (t * t * P6) + ((t * P5) << 17) + ((long)P4 << 35);
        var scale = ((t * t * P3) >> 8) + ((t * P2) << 12);
        scale = (((1L << 47) + scale) * P1) >> 33;
        if (scale == 0)
        {
            return 0;
        }

        var p = ((((1_048_576L - raw) << 31) - offset) * 3_125) / scale;
        var second = (P9 * (p >> 13) * (p >> 13)) >> 25;
        var first = (P8 * p) >> 19;
        return ((p + second + first) >> 8) + ((long)P7 << 4);
    }

    /// <summary>Relative humidity of a raw value of 16 bits.</summary>
    /// <param name="raw">adc_H.</param>
    /// <param name="fine">From <see cref="Temperature"/>.</param>
    /// <returns>Percent in Q22.10 (1024ths), held within 0 … 100 % as the datasheet does.</returns>
    public int Humidity(int raw, int fine)
    {
        long t = fine - 76_800;
        var x = ((((long)raw << 14) - ((long)H4 << 20) - (H5 * t)) + 16_384) >> 15;
        var y = (((((((t * H6) >> 10) * (((t * H3) >> 11) + 32_768)) >> 10) + 2_097_152) * H2) + 8_192) >> 14;
        var v = x * y;
        v -= ((((v >> 15) * (v >> 15)) >> 7) * H1) >> 4;
        return (int)(Math.Clamp(v, 0, 419_430_400) >> 12);
    }

    private static short Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt16LittleEndian(bytes[at..]);

    private static bool IsBlank(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0x00) || !bytes.ContainsAnyExcept((byte)0xFF);
}
