using System.Collections.Concurrent;

namespace SmartCity.Simulators.Run;

/// <summary>What scenarios make devices measure instead of their quiet signals.</summary>
internal sealed class ScenarioBoard
{
    private readonly ConcurrentDictionary<(string Device, string Metric), Func<DateTimeOffset, double>> _values = new();

    /// <summary>From now on a device's metric follows this.</summary>
    public void Set(string device, string metric, Func<DateTimeOffset, double> value) => _values[(device, metric)] = value;

    /// <summary>From now on a device's metric has this value.</summary>
    public void Set(string device, string metric, double value) => Set(device, metric, _ => value);

    /// <summary>The metric follows its own signal again.</summary>
    public void Clear(string device, string metric) => _values.TryRemove((device, metric), out _);

    /// <summary>What a scenario wants measured, if any does.</summary>
    public bool TryGet(string device, string metric, DateTimeOffset at, out double value)
    {
        if (_values.IsEmpty || !_values.TryGetValue((device, metric), out var found))
        {
            value = 0;
            return false;
        }

        value = found(at);
        return true;
    }
}
