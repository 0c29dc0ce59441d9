using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Doctor;

namespace SmartCity.Edge.Cli;

/// <summary>
/// Devices that a scan makes likely. An address does not name a chip: a plain environment sensor is taken for what it mostly is; what
/// could be several things (an ADS1115, a PCA9685, a meter) is suggested, and left for the technician to say.
/// </summary>
internal static class Suggestions
{
    private static readonly string[] Air = ["bme280", "sht31", "scd41", "bh1750", "pms5003", "sds011"];

    /// <summary>The likely devices.</summary>
    public static IReadOnlyList<PlannedDevice> Of(ScanReport report)
    {
        var devices = new List<PlannedDevice>();
        var air = new List<PlannedPart>();
        var converters = new List<(int Bus, int Address)>();
        var dimmers = new List<(int Bus, int Address)>();
        foreach (var (bus, address) in report.Probes.SelectMany(p => p.Found.Where(f => f.Presence == I2cPresence.Answers).Select(f => (p.Bus, f.Address))))
        {
            switch (LikelyDrivers.At(address).FirstOrDefault()?.Name)
            {
                case { } name when Air.Contains(name, StringComparer.Ordinal):
                    air.Add(Part(name, bus, address));
                    break;
                case "pca9685":
                    dimmers.Add((bus, address));
                    break;
                case not null:
                    converters.Add((bus, address));
                    break;
                default:
                    break;
            }
        }

        var heard = report.Uarts.SelectMany(u => report.Heard.GetValueOrDefault(u.Path, []).Select(h => (Port: u.Alias ?? u.Path, h.Driver, h.Unit))).ToList();
        air.AddRange(heard.Where(h => Air.Contains(h.Driver, StringComparer.Ordinal)).Select(h => new PlannedPart(h.Driver, ("port", h.Port))));
        if (air.Count > 0)
        {
            devices.Add(new PlannedDevice("env-01", "environment_station", air));
        }

        devices.AddRange(report.Wire.Devices.Where(id => id.StartsWith("28-", StringComparison.Ordinal)).Select((id, i) =>
            new PlannedDevice(Name("heat", i), "fire_detector", [new PlannedPart("ds18b20", ("id", id))]) { More = ["zone: zone-01"], Sure = false }));
        devices.AddRange(converters.Select((c, i) =>
            new PlannedDevice(Name("fire", i), "fire_detector", [Part("fire-loop", c.Bus, c.Address, ("channel", "0"))]) { More = ["zone: zone-01"], Sure = false }));
        devices.AddRange(converters.Select((c, i) =>
            new PlannedDevice(Name("gauge", i), "water_level", [Part("ads1115-level", c.Bus, c.Address, ("channel", "0"), ("span", "5"))]) { Sure = false }));
        devices.AddRange(heard.Where(h => h.Driver == "a02yyuw").Select((h, i) =>
            new PlannedDevice(Name("river", i), "water_level", [new PlannedPart("a02yyuw", ("port", h.Port), ("mount", "5"))]) { Sure = false }));
        var meters = heard.Where(h => h.Driver == "pzem004t").Select(h => new PlannedPart("pzem004t", ("port", h.Port))).ToList();
        devices.AddRange(dimmers.Select((d, i) => new PlannedDevice(Name("lamp", i), "streetlight", [.. meters.Skip(i).Take(1).Select(m => m with { Settings = [.. m.Settings, ConfigPlan.Unreported] })])
        {
            Output = Part("pca9685", d.Bus, d.Address, ("channel", "0")),
            More = ["thresholds: { rated_w: 100 }"],
            Sure = false,
        }));
        devices.AddRange(meters.Skip(dimmers.Count).Select((m, i) => new PlannedDevice(Name("power", i), "power_cabinet", [m]) { Sure = false }));
        return devices;
    }

    private static PlannedPart Part(string driver, int bus, int address, params IEnumerable<(string Name, string Value)> more) => new(
        driver, [("bus", bus.ToString(CultureInfo.InvariantCulture)), ("address", ConfigPlan.Hex(address)), .. more]);

    private static string Name(string word, int index) => string.Create(CultureInfo.InvariantCulture, $"{word}-{index + 1:00}");
}
