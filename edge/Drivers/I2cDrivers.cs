using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Drivers;

/// <summary>Chips on I²C.</summary>
internal static class I2cDrivers
{
    private const string Stuck = "a reading that does not move for longer is a fault, 0s = never";

    private static readonly Dictionary<string, string> Converter = new(StringComparer.Ordinal)
    {
        ["bus"] = "number of the bus, default 1",
        ["address"] = "0x48 (ADDR to ground), 0x49 (supply), 0x4a (SDA) or 0x4b (SCL)",
        ["channel"] = "0 … 3, against ground",
    };

    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } =
    [
        new("bme280", "i2c", ["temperature_celsius", "relative_humidity_percent", "pressure_hpa"],
            "Bosch BME280: temperature, humidity, pressure", static (s, c) => new Bme280(s, c))
        {
            Addresses = [0x76, 0x77],
            Settings = Of(("bus", "number of the bus, default 1"), ("address", "0x76 (SDO to ground) or 0x77"),
                ("oversampling", "1, 2, 4, 8 or 16; default 1"), ("stuckAfter", Stuck + "; default 1h")),
        },
        new("sht31", "i2c", ["temperature_celsius", "relative_humidity_percent"],
            "Sensirion SHT31: temperature, humidity", static (s, c) => new Sht31(s, c))
        {
            Addresses = [0x44, 0x45],
            Settings = Of(("bus", "number of the bus, default 1"), ("address", "0x44 (ADDR to ground) or 0x45"), ("stuckAfter", Stuck + "; default 1h")),
        },
        new("scd41", "i2c", ["co2_ppm", "temperature_celsius", "relative_humidity_percent"],
            "Sensirion SCD41: carbon dioxide", static (s, c) => new Scd41(s, c))
        {
            Addresses = [0x62],
            Settings = Of(("bus", "number of the bus, default 1"), ("address", "0x62"), ("altitude", "metres above the sea, 0 … 3000, default 0"),
                ("pressure", "air pressure in hPa, 700 … 1200, instead of the altitude"), ("temperatureOffset", "°C of self-heating, 0 … 20, default 4"),
                ("climate", "report its temperature and humidity too, default false"), ("stuckAfter", Stuck + "; default 1h")),
        },
        new("bh1750", "i2c", ["illuminance_lux"], "ROHM BH1750: illuminance", static (s, c) => new Bh1750(s, c))
        {
            Addresses = [0x23, 0x5C],
            Settings = Of(("bus", "number of the bus, default 1"), ("address", "0x23 (ADDR to ground) or 0x5c"),
                ("factor", "light outside for light behind the window, default 1"), ("stuckAfter", Stuck + "; default 24h")),
        },
        new("ads1115-level", "i2c", ["water_level_m"], "Level probe of 4 … 20 mA on an ADS1115", static (s, c) => new Ads1115Level(s, c))
        {
            Addresses = [.. Ads1115.Addresses],
            Settings = Of(Converter, ("shunt", "ohms, 10 … 250, default 100"), ("span", "metres at 20 mA"), ("zero", "metres at 4 mA, default 0"),
                ("offset", "metres from the probe's zero to the gauge's datum, default 0"), ("stuckAfter", Stuck + "; default 24h")),
        },
        new("ads1115-volt", "i2c", ["battery_volt"], "Voltage behind a divider on an ADS1115", static (s, c) => new Ads1115Volt(s, c))
        {
            Addresses = [.. Ads1115.Addresses],
            Settings = Of(Converter, ("ratio", "volts at the battery for one volt at the pin, default 1"), ("metric", "default battery_volt"),
                ("minimum", "volts; less is a cut wire, default 0.5"), ("maximum", "volts; more cannot be, default 60"), ("stuckAfter", Stuck + "; default 0s")),
        },
        new("fire-loop", "i2c", ["loop_state"], "Supervised fire detector loop on an ADS1115", static (s, c) => new FireLoop(s, c))
        {
            Addresses = [.. Ads1115.Addresses],
            Settings = Of(Converter, ("supply", "volts that feed the loop, default 3.3"), ("series", "ohms between supply and loop, default 1000"),
                ("eol", "ohms at the far end, default 4700"), ("alarm", "ohms of a detector in alarm, default 1000"),
                ("detectors", "how many may be in alarm at once and not look like a short, default 5"),
                ("ratio", "volts of the loop for one volt at the pin, default 1; a loop of 12 or 24 V needs a divider")),
        },
        new("mq2", "i2c", ["combustible_ppm"], "Hanwei MQ-2 combustible gas on an ADS1115", static (s, c) => new Mq2(s, c))
        {
            Addresses = [.. Ads1115.Addresses],
            Settings = Of(Converter, ("supply", "volts of the sensor, default 5"), ("load", "ohms of the load resistor, default 5000"),
                ("ratio", "volts at the load for one volt at the pin, default 1"), ("burnIn", "heating before the first use, default 24h"),
                ("warmUp", "heating after each power-on, default 3m"), ("r0", "ohms in clean air by 9.83; default: learnt after the burn-in, in clean air"),
                ("stuckAfter", Stuck + "; default 6h")),
        },
    ];

    private static Dictionary<string, string> Of(params ReadOnlySpan<(string Name, string Meaning)> settings) => Of([], settings);

    private static Dictionary<string, string> Of(Dictionary<string, string> common, params ReadOnlySpan<(string Name, string Meaning)> settings)
    {
        var all = new Dictionary<string, string>(common, StringComparer.Ordinal);
        foreach (var (name, meaning) in settings)
        {
            all.Add(name, meaning);
        }

        return all;
    }
}
