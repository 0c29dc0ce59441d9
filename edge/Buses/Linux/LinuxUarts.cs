namespace SmartCity.Edge.Buses.Linux;

/// <summary>The serial ports that have hardware behind them.</summary>
internal static class LinuxUarts
{
    private static readonly string[] Families = ["ttyAMA", "ttyS", "ttyUSB", "ttyACM"];

    /// <summary>Finds them: the kernel registers ttyS nodes for UARTs that are not there, whose type is 0 (PORT_UNKNOWN).</summary>
    public static IReadOnlyList<UartInfo> Find(string dev, string sys, string proc)
    {
        var aliases = Aliases(dev);
        return Families
            .SelectMany(f => LinuxInventory.Numbered(dev, f))
            .Select(n => n.Path)
            .Where(p => IsReal(sys, Path.GetFileName(p)))
            .Select(p => Describe(p, sys, proc, aliases))
            .ToList();
    }

    private static bool IsReal(string sys, string name) =>
        !name.StartsWith("ttyS", StringComparison.Ordinal)
        || SysFile.Read(Path.Combine(sys, "class/tty", name, "type"), "0") != "0";

    private static UartInfo Describe(string path, string sys, string proc, IReadOnlyList<(string Alias, string Target)> aliases)
    {
        var name = Path.GetFileName(path);
        var driver = SysFile.LinkName(Path.Combine(sys, "class/tty", name, "device/driver")) ?? "";
        var alias = aliases.FirstOrDefault(a => string.Equals(a.Target, path, StringComparison.Ordinal)).Alias;
        return new UartInfo(path, alias, driver, Holders.Of(path, proc), Access(path));
    }

    /// <summary>Looks whether this user may open it, without opening it: that would move modem lines, which reset some devices.</summary>
    private static BusProblem? Access(string path) => Kernel.Access(path, Kernel.MayRead | Kernel.MayWrite) == 0
        ? null
        : LinuxInventory.Problem(BusErrors.OfOpening(Kernel.Errno, path, "plug the adapter in again"));

    private static IReadOnlyList<(string Alias, string Target)> Aliases(string dev)
    {
        var places = new List<string>();
        places.AddRange(LinuxInventory.Numbered(dev, "serial").Select(n => n.Path));
        try
        {
            places.AddRange(Directory.EnumerateFileSystemEntries(Path.Combine(dev, "serial/by-id")).Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No USB adapter has been plugged in.
        }

        return places.Select(p => (p, Holders.Resolve(p))).ToList();
    }
}
