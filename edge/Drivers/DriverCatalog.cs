using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers;

/// <summary>A driver that a configuration can name.</summary>
/// <param name="Name">As in <c>driver: bme280</c>.</param>
/// <param name="Bus">Where it sits: <c>i2c</c>, <c>spi</c>, <c>gpio</c>, <c>uart</c>, <c>1-wire</c>, <c>pwm</c>, <c>file</c>.</param>
/// <param name="Metrics">What it can measure; empty for outputs, and where the configuration or a file names them (modbus, replay). The
/// names are those of <c>city/kinds</c>.</param>
/// <param name="Title">One line for people.</param>
/// <param name="Create">Makes one from its settings; faults of the settings are collected there, not thrown.</param>
internal sealed record DriverEntry(
    string Name, string Bus, IReadOnlyList<string> Metrics, string Title, Func<PartSettings, DriverContext, Driver> Create)
{
    /// <summary>Settings with their meaning, for the schema and <c>init</c>: <c>address</c> → <c>0x76 or 0x77</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>I²C addresses at which <c>scan</c> takes a chip for this one.</summary>
    public IReadOnlyList<int> Addresses { get; init; } = [];
}

/// <summary>Every driver there is.</summary>
internal static class DriverCatalog
{
    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, DriverEntry> All { get; private set; } =
        new[] { I2cDrivers.All, SerialDrivers.All, LineDrivers.All, OutputDrivers.All }
            .SelectMany(d => d)
            .ToDictionary(d => d.Name, StringComparer.Ordinal);

    /// <summary>Adds the drivers of a flavour (docs/decisions/flavours.md); before anything has looked a driver up.</summary>
    /// <exception cref="ArgumentException">A name is taken.</exception>
    public static void Add(IReadOnlyList<DriverEntry> drivers) =>
        All = All.Values.Concat(drivers).ToDictionary(d => d.Name, StringComparer.Ordinal);
}
