using SmartCity.City;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Fire;

/// <summary>A fire device as the rules know it.</summary>
internal sealed class FireDevice
{
    private readonly DeviceConfig _config;
    private readonly bool[] _detects;

    /// <summary>A device of which nothing is known yet.</summary>
    public FireDevice(DeviceConfig config, DeviceKind kind, FireZone zone)
    {
        _config = config;
        Kind = kind;
        Context = new DeviceContext(kind, config.Id, config.Zone, registered: true, config.Thresholds);
        Logic = new DeviceLogic(kind);
        State = new DeviceState(kind);
        Zone = zone;

        // What it says of itself is no detection: a battery's voltage proves no contact.
        _detects = [.. kind.Metrics.Select(m => m.Name is not ("siren_on" or "battery_volt" or "fault_code"))];
    }

    /// <summary>What is known of it.</summary>
    public DeviceContext Context { get; private set; }

    /// <summary>Its kind.</summary>
    public DeviceKind Kind { get; }

    /// <summary>The rules' step.</summary>
    public DeviceLogic Logic { get; }

    /// <summary>What the rules remember.</summary>
    public DeviceState State { get; set; }

    /// <summary>Its zone.</summary>
    public FireZone Zone { get; }

    /// <summary>Moment of its last reading, Unix ns of the fire clock: every reading is later than the one before.</summary>
    public long LastAt { get; set; }

    /// <summary>Takes the city's thresholds for it; null = those of the configuration.</summary>
    public void Use(IReadOnlyDictionary<string, double>? thresholds) =>
        Context = new DeviceContext(Kind, _config.Id, _config.Zone, registered: true, thresholds ?? _config.Thresholds);

    /// <summary>Has this measurement anything to do with fire?</summary>
    public bool HasDetection(ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (_detects[i] && !double.IsNaN(values[i]))
            {
                return true;
            }
        }

        return false;
    }
}
