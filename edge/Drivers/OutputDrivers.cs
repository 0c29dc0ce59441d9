using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Drivers;

/// <summary>Parts that act.</summary>
internal static class OutputDrivers
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } =
    [
        Pca9685Output.Entry,
    ];
}
