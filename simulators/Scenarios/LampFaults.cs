using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Scenarios;

/// <summary>A night on which lamps fail in every way: planted and named, so that whoever watches a console can compare. They stay until the city ends.</summary>
internal static class LampFaults
{
    /// <summary>What is planted on lamps, one fault a cabinet, and what it looks like from outside.</summary>
    private static readonly (string Fault, string Words)[] Faults =
    [
        ("dead", "asked on it stays dark and draws nothing"),
        ("stuck-on", "its relay is welded: full light by day and by night"),
        ("no-dimming", "full light at every level"),
        ("cycling", "four minutes on, two off, as long as it is asked on"),
        ("lying-meter", "it burns, and its meter says 0 W while current flows"),
        ("silent", "it burns, and nothing at its pole answers"),
        ("dead", "asked on it stays dark and draws nothing"),
    ];

    /// <summary>Plants them and waits for the end.</summary>
    public static async Task PlayAsync(CityRun city, CancellationToken stop)
    {
        var gateways = city.Gateways.Where(g => g.Devices.Any(d => d.Lamp is not null)).ToList();
        if (gateways.Count == 0)
        {
            throw new ArgumentException("this city has no lamps");
        }

        // The last cabinet loses its supply, and none of the other faults is behind it (in a city of more than one).
        var last = gateways[^1];
        var others = gateways.Count > 1 ? gateways[..^1] : gateways;
        for (var i = 0; i < Faults.Length; i++)
        {
            var lamps = others[i % others.Count].Devices.Where(d => d.Lamp is not null).ToList();
            Plant(city, Faults[i].Fault, lamps[(7 + (i / others.Count)) % lamps.Count].Plan, Faults[i].Words);
        }

        if (gateways.Count > 1 && last.Devices.FirstOrDefault(d => d.Feeder is not null) is { } cabinet)
        {
            Plant(city, CityFaults.Cut, cabinet.Plan, $"its {last.Devices.Count(d => d.Lamp is not null)} lamps are dark");
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, city.Time, stop);
    }

    private static void Plant(CityRun city, string fault, PlanDevice device, string words)
    {
        city.Faults.Plant(fault, device.Id);
        city.Say($"planted: {device.Id} ({device.Name}) {fault}: {words}");
    }
}
