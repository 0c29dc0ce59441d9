using System.Globalization;

namespace SmartCity.Simulators.Run;

/// <summary>
/// What the meters of a gateway's lamps and cabinet had counted when the city was last at work: a counter at a pole does not begin anew because a simulator does. A text file, a device a
/// line: id, kWh, hours, switch-ons.
/// </summary>
internal static class CounterFile
{
    /// <summary>Reads it; what is not there or cannot be read counts from the signals' years of nights.</summary>
    public static IReadOnlyDictionary<string, Counters> Read(string path)
    {
        var all = new Dictionary<string, Counters>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return all;
        }

        foreach (var line in File.ReadLines(path))
        {
            if (line.Split(' ') is [var id, var energy, var hours, var ons] && Number(energy) is { } e && Number(hours) is { } h && Number(ons) is { } o)
            {
                all[id] = new Counters(e, h, o);
            }
        }

        return all;
    }

    /// <summary>Writes it whole: a city that is killed meanwhile finds the old one.</summary>
    public static void Write(string path, IEnumerable<SimDevice> devices)
    {
        var lines = devices.Select(d => (d.Plan.Id, Of(d))).Where(d => d.Item2 is not null)
            .Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Id} {d.Item2!.EnergyKwh:R} {d.Item2.BurningHours:R} {d.Item2.SwitchOns:R}"));
        File.WriteAllLines(path + ".new", lines);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static Counters? Of(SimDevice device) =>
        device.Lamp?.Now() is { } lamp ? new Counters(lamp.EnergyKwh, lamp.BurningHours, lamp.SwitchOns)
        : device.Feeder?.Now() is { } feeder ? new Counters(feeder.EnergyKwh, 0, 0)
        : null;

    private static double? Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0 ? number : null;
}

/// <summary>What a device has counted.</summary>
/// <param name="EnergyKwh">Energy.</param>
/// <param name="BurningHours">Hours burnt; 0 for a cabinet.</param>
/// <param name="SwitchOns">Times switched on; 0 for a cabinet.</param>
internal sealed record Counters(double EnergyKwh, double BurningHours, double SwitchOns);
