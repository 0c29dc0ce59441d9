using SmartCity.City;

namespace SmartCity.Grains;

/// <summary>The newest value of a metric.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Type">Its type.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Value">The value; booleans are 0 or 1.</param>
/// <param name="MeasuredAt">When it was measured, Unix ns.</param>
public readonly record struct MetricValue(string Name, MetricType Type, string Unit, double Value, long MeasuredAt);

/// <summary>What is known of a device now, from readings that are durable in the log; an alert that the newest of them raises may come a moment later.</summary>
/// <param name="Id">The device.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Zone">Its zone, or null.</param>
/// <param name="Registered">False for one nobody registered.</param>
/// <param name="LastMeasured">Measured time of its newest reading, Unix ns; 0 = none.</param>
/// <param name="LastReceived">When the server last heard of it, Unix ns.</param>
/// <param name="Values">The newest value of each metric it has sent. Text is in history only.</param>
/// <param name="Derived">What its rules have worked out: <c>vn_aqi</c>, <c>flood_stage</c>, <c>flood_next_stage_seconds</c> …</param>
public sealed record DeviceView(
    string Id,
    string Kind,
    string? Zone,
    bool Registered,
    long LastMeasured,
    long LastReceived,
    IReadOnlyList<MetricValue> Values,
    IReadOnlyList<DerivedValue> Derived);
