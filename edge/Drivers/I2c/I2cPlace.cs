using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>Where a chip sits.</summary>
/// <param name="Bus">Number of the bus: <c>/dev/i2c-{bus}</c>.</param>
/// <param name="Address">Seven-bit address.</param>
internal readonly record struct I2cPlace(int Bus, int Address)
{
    /// <summary>Highest number of a bus that a configuration may name; multiplexers number theirs from 10 up.</summary>
    private const int LastBus = 255;

    /// <summary>Reads <c>bus</c> (default 1, the one on a Raspberry Pi's header) and <c>address</c> from a part's settings.</summary>
    /// <param name="settings">The part's.</param>
    /// <param name="addresses">Addresses that the chip can have (its address pins); the first is the default.</param>
    public static I2cPlace Read(PartSettings settings, params ReadOnlySpan<int> addresses)
    {
        var bus = settings.Whole("bus", 0, LastBus, 1);
        var address = settings.Whole("address", 0x08, 0x77, addresses[0]);
        if (!addresses.Contains(address))
        {
            var words = new List<string>();
            foreach (var each in addresses)
            {
                words.Add($"0x{each:x2}");
            }

            settings.Fault("address", $"0x{address:x2} is none of this chip's: {string.Join(", ", words)}");
        }

        return new I2cPlace(bus, address);
    }

    /// <inheritdoc/>
    public override string ToString() => $"i2c-{Bus} 0x{Address:x2}";
}
