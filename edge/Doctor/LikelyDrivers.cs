using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Doctor;

/// <summary>Which driver a chip at an address is likely to be for. I²C has no names: the address is all that a scan sees.</summary>
internal static class LikelyDrivers
{
    /// <summary>A chip that can have more addresses than this (a PCA9685: 55) is only likely at its first ones, where boards leave it.</summary>
    private const int Few = 8;

    /// <summary>The likely drivers, the most particular first; empty when none of ours has that address.</summary>
    public static IReadOnlyList<DriverEntry> At(int address) =>
    [
        .. DriverCatalog.All.Values
            .Where(d => d.Addresses.Contains(address) && (d.Addresses.Count <= Few || d.Addresses.Take(Few).Contains(address)))
            .OrderBy(d => d.Addresses.Count).ThenBy(d => d.Name, StringComparer.Ordinal),
    ];
}
