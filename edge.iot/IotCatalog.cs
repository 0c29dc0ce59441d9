using System.Reflection;
using Iot.Device.Bmxx80;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Iot;

/// <summary>Every sensor of Iot.Device.Bindings that our buses can make, as a driver: <c>driver: iot/Bme680</c>.</summary>
internal static class IotCatalog
{
    /// <summary>Begin of their names.</summary>
    public const string Prefix = "iot/";

    /// <summary>The entries of the whole assembly.</summary>
    public static IReadOnlyList<DriverEntry> Entries() => Entries(typeof(Bme280).Assembly);

    /// <summary>The entries of an assembly: its public types that can be made on a bus, let it go again, and measure something. A name that two types share
    /// gets the last part of its namespace: <c>iot/Adc.Ina219</c>.</summary>
    public static IReadOnlyList<DriverEntry> Entries(Assembly assembly) => assembly.GetExportedTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false, IsGenericType: false, IsNested: false } && typeof(IDisposable).IsAssignableFrom(t))
        .Select(t => (Type: t, Shape: IotShape.Of(t)))
        .Where(t => t.Shape is not null)
        .Select(t => (t.Type, Shape: t.Shape!, Readings: IotReadings.Of(t.Type)))
        .Where(t => t.Readings.Values.Count > 0)
        .GroupBy(t => t.Type.Name, StringComparer.Ordinal)
        .SelectMany(g => g.Select(t => Entry(
            Prefix + (g.Count() == 1 ? t.Type.Name : $"{t.Type.Namespace!.Split('.')[^1]}.{t.Type.Name}"), t.Type, t.Shape, t.Readings)))
        .OrderBy(e => e.Name, StringComparer.Ordinal)
        .ToList();

    private static DriverEntry Entry(string name, Type type, IotShape shape, IotReadings readings) => new(
        name,
        shape.Bus,
        readings.Values.Select(v => v.Metric).ToList(),
        $"{type.FullName} of Iot.Device.Bindings",
        (settings, context) => new IotDriver(name, shape, readings, settings, context))
    {
        Settings = shape.Settings,
    };
}
