using System.Globalization;

namespace SmartCity.Simulators.Flavours;

/// <summary>Processor time of a program that is many processes, as PostgreSQL is, by <c>/proc</c>.</summary>
internal static class ProcessTimes
{
    /// <summary>Clock ticks a second of <c>/proc</c>, the same on every Linux (<c>USER_HZ</c>).</summary>
    private const double TicksPerSecond = 100;

    /// <summary>A process, its children, and those of its children that have ended and were waited for; kernel included.</summary>
    public static TimeSpan OfTree(int id)
    {
        double ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var one) && Stat(one) is { } stat)
            {
                ticks += one == id ? stat.Own + stat.Ended : stat.Parent == id ? stat.Own : 0;
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>Reads what matters of a line of <c>/proc/N/stat</c> (proc(5)).</summary>
    /// <param name="text">The line; the program's name, in parentheses, may hold anything.</param>
    public static (int Parent, double Own, double Ended) Parse(string text)
    {
        // Behind the name: state, ppid, …; utime is the line's 14th field and the 12th here.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        double Number(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);
        return ((int)Number(1), Number(11) + Number(12), Number(13) + Number(14));
    }

    private static (int Parent, double Own, double Ended)? Stat(int id)
    {
        try
        {
            return Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat")));
        }
        catch (IOException)
        {
            return null; // it ended meanwhile
        }
    }
}
