using SmartCity.City;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class CatalogTests
{
    public static TheoryData<string> Names() => [.. I2cDrivers.All.Select(d => d.Name), "pca9685"];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_the_catalogue_says_of_a_driver_is_what_the_driver_asks_for(string name)
    {
        var entry = DriverCatalog.All[name];
        new DriverBench().Make(name, out var faults, ("nonsense", "1"));
        var asked = faults.Single(f => f.Contains("nonsense", StringComparison.Ordinal)).Split("nown here: ")[1].Split(", ");
        Assert.Equal(asked, entry.Settings.Keys.Order(StringComparer.Ordinal));
        Assert.NotEmpty(entry.Addresses);
        Assert.All(entry.Addresses, a => Assert.InRange(a, 0x08, 0x77));
        Assert.All(entry.Metrics, m => Assert.Contains(KindCatalog.BuiltIn.All, k => k.Metrics.Any(x => x.Name == m)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_driver_that_was_not_started_measures_nothing(string name)
    {
        var driver = new DriverBench().Make(name, out _);
        Assert.Equal(DeviceFault.Unavailable, (await Assert.ThrowsAsync<DriverException>(async () => await driver.MeasureAsync(new(), default))).Fault);
        Assert.Contains("0x", driver.Where, StringComparison.Ordinal);
    }
}
