namespace SmartCity.Edge.Drivers;

/// <summary>Sensors and meters on serial lines.</summary>
internal static class SerialDrivers
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } = [];
}
