using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;
using SmartCity.TestSupport;

namespace SmartCity.Simulators.Tests.Chips;

/// <summary>A driver of the gateway over a simulated chip.</summary>
internal sealed class ChipBench
{
    public ChipBench() => Board = new SimBoard(Time);

    public FakeTime Time { get; } = new();

    public SimBoard Board { get; }

    public Driver Make(string name, params (string Name, string Value)[] settings)
    {
        var faults = new List<string>();
        var part = new PartSettings(name, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), faults);
        var driver = DriverCatalog.All[name].Create(part, new DriverContext(Board, Time));
        part.CheckUnknown();
        Assert.Empty(faults);
        return driver;
    }

    public void Start(Driver driver) => Pump.Run(Time, () => driver.StartAsync(default));

    public Measurement Measure(Driver driver)
    {
        var into = new Measurement();
        Pump.Run(Time, () => driver.MeasureAsync(into, default));
        return into;
    }

    public DeviceFault FaultOf(Driver driver) => Assert.Throws<DriverException>(() => Measure(driver)).Fault;

    public static double Value(Measurement measurement, string metric)
    {
        foreach (var value in measurement.Values)
        {
            if (string.Equals(value.Name, metric, StringComparison.Ordinal))
            {
                return value.Number;
            }
        }

        throw new Xunit.Sdk.XunitException($"no {metric}");
    }
}
