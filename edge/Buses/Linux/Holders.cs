using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Who has a node open, as far as this user may see it (other users' programs only root sees).</summary>
internal static class Holders
{
    private const int MostProcesses = 32_768;
    private const int MostFiles = 4_096;

    /// <summary>Who holds a node: <c>agetty (412)</c>, <c>the kernel's console</c>; null when nobody is seen to.</summary>
    /// <param name="node">Path; links are followed.</param>
    /// <param name="proc">Root of the process tree.</param>
    public static string? Of(string node, string proc = "/proc")
    {
        var real = Resolve(node);
        return Program(real, proc) ?? (IsConsole(Path.GetFileName(real), proc) ? "the kernel's console (console= in cmdline.txt)" : null);
    }

    /// <summary>Where a path leads to in the end.</summary>
    public static string Resolve(string node)
    {
        try
        {
            return File.ResolveLinkTarget(node, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(node);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Path.GetFullPath(node);
        }
    }

    private static string? Program(string real, string proc)
    {
        try
        {
            foreach (var process in Directory.EnumerateDirectories(proc).Take(MostProcesses))
            {
                if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    && id != Environment.ProcessId && Has(process, real))
                {
                    return string.Create(CultureInfo.InvariantCulture, $"{Name(process)} ({id})");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing to be seen.
        }

        return null;
    }

    private static bool Has(string process, string real)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Take(MostFiles)
                .Any(f => string.Equals(new FileInfo(f).LinkTarget, real, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's program, or one that has just ended.
            return false;
        }
    }

    private static string Name(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "a program";
        }
    }

    private static bool IsConsole(string name, string proc)
    {
        try
        {
            // "ttyAMA0              -W- (EC p a)    204:64": proc(5)
            return File.ReadLines(Path.Combine(proc, "consoles"))
                .Any(l => string.Equals(l.Split(' ', 2)[0], name, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
