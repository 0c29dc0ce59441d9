using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>Drivers as a configuration makes them.</summary>
internal static class Part
{
    /// <summary>Makes one; its settings have no fault.</summary>
    public static Driver Make(Board board, string driver, params (string Name, string Value)[] settings) =>
        Make(new DriverContext(board, TimeProvider.System), driver, settings);

    /// <summary>Makes one; its settings have no fault.</summary>
    public static Driver Make(DriverContext context, string driver, params (string Name, string Value)[] settings)
    {
        var faults = new List<string>();
        var values = settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal);
        var part = new PartSettings("part", values, faults);
        var made = DriverCatalog.All[driver].Create(part, context);
        part.CheckUnknown();
        Assert.Empty(faults);
        return made;
    }

    /// <summary>Measures once.</summary>
    public static async Task<Dictionary<string, double>> MeasureAsync(this Driver driver)
    {
        var into = new Measurement();
        await driver.MeasureAsync(into, TestContext.Current.CancellationToken);
        return into.Values.ToArray().ToDictionary(v => v.Name, v => v.Number, StringComparer.Ordinal);
    }

    /// <summary>Starts.</summary>
    public static async Task StartAsync(this Driver driver) => await driver.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>Measures, and a fault comes of it.</summary>
    public static async Task<DriverException> FaultAsync(this Driver driver, DeviceFault fault)
    {
        var error = await Assert.ThrowsAsync<DriverException>(driver.MeasureAsync);
        Assert.True(error.Fault == fault, $"{error.Fault} instead of {fault}: {error.Message}");
        return error;
    }
}
