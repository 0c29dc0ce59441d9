using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>What a device costs in memory. The whole process is measured, so nothing runs beside: what another test takes or gives back would count.</summary>
[Collection(Alone.Name)]
public sealed class UnitSizeTests
{
    private const string T = "temperature_celsius";

    [Fact]
    public async Task A_unit_at_rest_is_small()
    {
        const int Count = 500;
        var services = new UnitServices(TimeProvider.System, static (_, _, _, _) => MeasureResult.Logged);
        var kind = SmartCity.City.KindCatalog.BuiltIn.Find("environment_station")!;
        var config = UnitRig.Station(3_600);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var units = new List<DeviceUnit>(Count);
        var parts = Enumerable.Range(0, Count).Select(_ => Scripted.Of(T, static () => 20)).ToList();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var part in parts)
        {
            units.Add(new DeviceUnit(config, kind, [(part, names)], services));
            units[^1].Start();
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        foreach (var unit in units)
        {
            await unit.DisposeAsync();
        }

        Assert.InRange(each, 0, 4_096);
    }
}
