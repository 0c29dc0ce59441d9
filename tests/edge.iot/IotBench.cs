using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;

namespace SmartCity.Edge.Iot.Tests;

/// <summary>Our drivers and theirs over one board of simulated chips. The chips keep real time: those types sleep in it.</summary>
internal sealed class IotBench
{
    public static IReadOnlyDictionary<string, DriverEntry> Theirs { get; } =
        IotCatalog.Entries().ToDictionary(e => e.Name, StringComparer.Ordinal);

    public SimBoard Board { get; } = new(TimeProvider.System);

    public static Driver Make(Board board, TimeProvider time, string name, params (string Name, string Value)[] settings)
    {
        var faults = new List<string>();
        var driver = Make(board, time, faults, name, settings);
        Assert.Empty(faults);
        return driver;
    }

    public static Driver Make(
        Board board, TimeProvider time, List<string> faults, string name, params (string Name, string Value)[] settings)
    {
        var part = new PartSettings(name, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), faults);
        var entry = name.StartsWith(IotCatalog.Prefix, StringComparison.Ordinal) ? Theirs[name] : DriverCatalog.All[name];
        var driver = entry.Create(part, new DriverContext(board, time));
        part.CheckUnknown();
        return driver;
    }

    /// <summary>What a driver measures first, or a later time.</summary>
    public async Task<Dictionary<string, double>> MeasureAsync(string name, (string Name, string Value)[] settings, int times = 1)
    {
        await using var driver = Make(Board, TimeProvider.System, name, settings);
        await driver.StartAsync(default);
        var into = new Measurement();
        for (var i = 0; i < times; i++)
        {
            into.Clear();
            await driver.MeasureAsync(into, default);
        }

        return into.Values.ToArray().ToDictionary(v => v.Name, v => v.Number, StringComparer.Ordinal);
    }
}
