namespace SmartCity.Edge.Drivers;

/// <summary>What hangs on GPIO lines, 1-Wire, or a file.</summary>
internal static class LineDrivers
{
    /// <summary>The entries.</summary>
    public static IReadOnlyList<DriverEntry> All { get; } = [];
}
