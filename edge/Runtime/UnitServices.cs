using SmartCity.City;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Runtime;

/// <summary>Puts a reading into the log; <see cref="Gateway.Measure(string, string, ReadOnlySpan{MetricValue}, long)"/> in a running gateway. Must not wait.</summary>
internal delegate MeasureResult ReadingSink(string kind, string device, ReadOnlySpan<MetricValue> metrics, long timestamp);

/// <summary>Is shown each measurement before it is logged; true when something follows from it that the server must hear now.
/// <paramref name="values"/> are by metric index of the kind, NaN where this part measured nothing.</summary>
internal delegate bool MeasuredHook(string device, DeviceKind kind, ReadOnlySpan<double> values, long timestamp);

/// <summary>What all units of one gateway share.</summary>
/// <param name="Time">Clock of schedules and stamps.</param>
/// <param name="Sink">Where readings go.</param>
internal sealed record UnitServices(TimeProvider Time, ReadingSink Sink)
{
    /// <summary>Told in sentences what an operator should know.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Local rules; called on the unit's own turn.</summary>
    public MeasuredHook? Measured { get; init; }

    /// <summary>Runs a unit's turn for an event that came on somebody else's thread (a kernel event); true for one of the alarm lane. The
    /// thread pool, or the thread that waits for alarms; tests run it in place.</summary>
    public Action<IThreadPoolWorkItem, bool> Post { get; init; } = static (item, urgent) =>
    {
        if (urgent)
        {
            UrgentThread.Post(item);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
    };

    /// <summary>Start each device's rhythm at its own place in the interval.</summary>
    public bool Spread { get; init; }
}

/// <summary>A value as it was measured last.</summary>
/// <param name="Metric">Name in the kind.</param>
/// <param name="Value">The value; 0 or 1 for a boolean.</param>
/// <param name="MeasuredAt">Stamp of the clock (<see cref="TimeProvider.GetTimestamp"/>).</param>
internal readonly record struct LastValue(string Metric, double Value, long MeasuredAt);

/// <summary>What became of one part in a self-test.</summary>
/// <param name="Where">Which part, for people.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="Words">The same in words; null when nothing is.</param>
internal readonly record struct PartResult(string Where, DeviceFault Fault, string? Words);
