using System.Collections.Concurrent;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Runtime;

/// <summary>Measurements that are not in use: thousands of devices in one process need as many as measure at one moment, not one each.</summary>
internal static class MeasurementPool
{
    private const int Kept = 64;
    private static readonly ConcurrentBag<Measurement> Free = [];

    /// <summary>An empty one.</summary>
    public static Measurement Rent() => Free.TryTake(out var measurement) ? measurement : new Measurement();

    /// <summary>Gives it back. One whose call was given up is not given back: that call may still write into it.</summary>
    public static void Return(Measurement measurement)
    {
        measurement.Clear();
        if (Free.Count < Kept)
        {
            Free.Add(measurement);
        }
    }
}
