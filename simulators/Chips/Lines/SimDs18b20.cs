namespace SmartCity.Simulators.Chips.Lines;

/// <summary>A DS18B20 (datasheet 19-7487, figures 4 and 9: temperature, scratchpad).</summary>
/// <param name="celsius">Temperature around it, °C.</param>
internal sealed class SimDs18b20(Func<double> celsius) : SimOneWireChip
{
    private short? _last;

    /// <summary>What is wrong with it; a broken frame is a scratchpad of which the bus gave half, the rest reads as ones.</summary>
    public SimFault Fault { get; set; }

    /// <summary>It lost its supply and has not converted since: the scratchpad says 85 °C, as after every power-up.</summary>
    public bool PoweredUp { get; set; }

    /// <summary>Bits of resolution, 9 … 12.</summary>
    public int Resolution { get; set; } = 12;

    /// <inheritdoc/>
    public override byte[] Scratchpad()
    {
        var raw = PoweredUp ? (short)0x0550
            : Fault == SimFault.Stuck && _last is { } last ? last
            : (short)Math.Clamp(Math.Round(celsius() * 16), -55 * 16, 125 * 16);
        raw = (short)(raw & ~((1 << (12 - Resolution)) - 1));
        _last = raw;
        byte[] pad = [(byte)raw, (byte)(raw >> 8), 0x4b, 0x46, (byte)(((Resolution - 9) << 5) | 0x1f), 0xff, 0x0c, 0x10, 0];
        pad[8] = Crc(pad.AsSpan(0, 8));
        switch (Fault)
        {
            case SimFault.BadChecksum:
                pad[8] ^= 0x01;
                break;
            case SimFault.BrokenFrame:
                pad.AsSpan(4).Fill(0xff);
                break;
        }

        return pad;
    }

    /// <summary>CRC of 1-Wire devices: X⁸ + X⁵ + X⁴ + 1, bits reversed, begun with 0.</summary>
    private static byte Crc(ReadOnlySpan<byte> bytes)
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
}
