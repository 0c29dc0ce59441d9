using System.Diagnostics;

namespace SmartCity.Edge.Doctor;

/// <summary>What one check found.</summary>
/// <param name="Check">Which.</param>
/// <param name="Findings">What.</param>
/// <param name="Took">How long it took.</param>
internal sealed record Examined(Check Check, IReadOnlyList<Finding> Findings, TimeSpan Took);

/// <summary>A whole examination.</summary>
internal static class Examination
{
    /// <summary>The checks in their order: each may need what those before it have learnt.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        HouseChecks.Configuration, HouseChecks.Service, HouseChecks.Rights, BoardChecks.Buses, BoardChecks.Devices, HouseChecks.Clock, HouseChecks.Disk,
        WayChecks.Certificate, WayChecks.Network, WayChecks.Tls, CityChecks.Login,
    ];

    /// <summary>Runs every check.</summary>
    /// <param name="patient">What is looked at.</param>
    /// <param name="begin">Called before each check with its name.</param>
    /// <param name="seen">Called after each.</param>
    /// <param name="stop">Ends it between or within checks.</param>
    public static async Task<IReadOnlyList<Examined>> RunAsync(Patient patient, Action<string> begin, Action<Examined> seen, CancellationToken stop)
    {
        var all = new List<Examined>();
        foreach (var check in All)
        {
            begin(check.Name);
            var start = Stopwatch.GetTimestamp();
            var examined = new Examined(check, await check.RunAsync(patient, stop), Stopwatch.GetElapsedTime(start));
            all.Add(examined);
            seen(examined);
        }

        return all;
    }
}
