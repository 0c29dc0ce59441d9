using SmartCity.Edge.Buses;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>The board under test.</summary>
internal static class Boards
{
    /// <summary>The kernel's own.</summary>
    public static LinuxBoard Linux() => new();
}
