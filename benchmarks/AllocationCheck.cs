using System.Globalization;
using BenchmarkDotNet.Running;

namespace SmartCity.Benchmarks;

/// <summary>Compares what every stage allocates an operation with <c>allocations.txt</c>. This is what CI enforces; time is not.</summary>
internal static class AllocationCheck
{
    /// <returns>0 when every stage is at or below its figure, 1 when one is above or missing.</returns>
    public static int Run()
    {
        var allowed = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "allocations.txt"))
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var reports = BenchmarkSwitcher.FromAssembly(typeof(AllocationCheck).Assembly)
            .Run(["--filter", "*"], HotPathConfig.Short())
            .SelectMany(s => s.Reports)
            .ToList();
        var bad = 0;
        Console.WriteLine();
        foreach (var report in reports)
        {
            var name = report.BenchmarkCase.Descriptor.Type.Name + "." + report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
            var bytes = report.Success ? report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) : null;
            var known = allowed.Remove(name, out var limit);
            var fine = known && bytes is { } b && b <= limit;
            bad += fine ? 0 : 1;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(fine ? "ok  " : "BAD ")} {name,-44} {report.ResultStatistics?.Median ?? double.NaN,12:F1} ns {bytes?.ToString(CultureInfo.InvariantCulture) ?? "?",6} B, allowed {(known ? limit.ToString(CultureInfo.InvariantCulture) : "not in allocations.txt")}"));
        }

        foreach (var name in allowed.Keys)
        {
            bad++;
            Console.WriteLine($"BAD  {name} stands in allocations.txt, but did not run");
        }

        return bad == 0 && reports.Count > 0 ? 0 : 1;
    }
}
