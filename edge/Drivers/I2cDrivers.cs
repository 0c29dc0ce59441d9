namespace SmartCity.Edge.Drivers;

/// <summary>Chips on I²C.</summary>
internal static class I2cDrivers
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } = [];
}
