using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Config;

/// <summary>Reads the devices of a configuration.</summary>
internal sealed class DeviceReader(ConfigFaults faults, PartReader parts, KindCatalog kinds)
{
    /// <summary>More stand on no gateway's buses.</summary>
    private const int MostDevices = 500;

    private const int LongestPlace = 200;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    /// <summary>All of them; faults are noted.</summary>
    public IReadOnlyList<DeviceConfig> Read(YamlSection root)
    {
        var sections = root.Sections("devices");
        if (sections.Count > MostDevices)
        {
            root.Fault("devices", $"{sections.Count} devices; a gateway takes {MostDevices}, spread them over several");
            return [];
        }

        var devices = new List<DeviceConfig>();
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var section in sections)
        {
            var id = section.Text("id") ?? "";
            if (!Identifier.IsValid(id))
            {
                section.Fault("id", $"'{id}' is no identifier; write 1 to 63 of a-z 0-9 - _");
            }
            else if (!seen.TryAdd(id, section.LineOf("id")))
            {
                section.Fault("id", $"{id} stands twice (first in line {seen[id]}); keep one");
            }

            devices.Add(Device(section, id));
            section.Close();
        }

        return devices;
    }

    /// <summary>Reads <c>{ lat, lon }</c>.</summary>
    public static (double Latitude, double Longitude) Location(YamlSection? section)
    {
        if (section is null)
        {
            return (double.NaN, double.NaN);
        }

        var place = (section.Number("lat", -90, 90) ?? double.NaN, section.Number("lon", -180, 180) ?? double.NaN);
        foreach (var key in (ReadOnlySpan<string>)["lat", "lon"])
        {
            if (section.Text(key) is null)
            {
                section.Fault(key, "missing; write both, in degrees: { lat: 19.807, lon: 105.776 }");
            }
        }

        section.Close();
        return place;
    }

    /// <summary>An identifier of a zone; null when it is not there or wrong.</summary>
    public static string? Zone(YamlSection section, string key, string? text)
    {
        if (text is null || Identifier.IsValid(text))
        {
            return text;
        }

        section.Fault(key, $"'{text}' is no identifier; write 1 to 63 of a-z 0-9 - _");
        return null;
    }

    private DeviceConfig Device(YamlSection section, string id)
    {
        var kind = Kind(section);
        var (latitude, longitude) = Location(section.Section("location"));
        var interval = section.Time("interval", ShortestInterval, LongestInterval);
        var poll = section.Time("poll", ShortestPoll, LongestInterval);
        if (poll > (interval ?? kind?.Interval))
        {
            section.Fault("poll", $"longer than the interval ({Times.Write(interval ?? kind!.Interval)}); measure at least as often as you report");
        }

        if (kind is not null && interval > kind.Interval)
        {
            section.Warn("interval", $"the city takes a {kind.Name} for silent after three times {Times.Write(kind.Interval)}; this one reports every {Times.Write(interval.Value)}");
        }

        var place = section.Text("place");
        if (place?.Length > LongestPlace)
        {
            section.Fault("place", $"longer than {LongestPlace} characters");
        }

        return new DeviceConfig(id, kind?.Name ?? "")
        {
            Place = place,
            Zone = Zone(section, "zone", section.Text("zone")),
            Latitude = latitude,
            Longitude = longitude,
            Interval = interval,
            Poll = poll,
            Change = Numbers(section.Section("change"), kind is null ? null : [.. kind.Metrics.Select(m => m.Name)], 0),
            Thresholds = Numbers(section.Section("thresholds"), kind is null ? null : Parameters(kind), double.MinValue),
            Sensors = Sensors(section, kind),
            Output = parts.Output(section.Section("output")),
            Switch = section.Section("switch") is { } hand ? parts.Sensor(hand, null) : null,
        };
    }

    private static IReadOnlyList<string> Parameters(DeviceKind kind) =>
        [.. kind.Rules.SelectMany(r => r.Parameters.Select(p => $"{r.Name}.{p.Name}").Concat(r.Parameters.Select(p => p.Name))).Distinct(StringComparer.Ordinal)];

    private static Dictionary<string, double> Numbers(YamlSection? section, IReadOnlyList<string>? known, double minimum)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var key in section?.Keys.ToList() ?? [])
        {
            if (known?.Contains(key, StringComparer.Ordinal) == false)
            {
                section!.Fault(key, $"this kind has none of that name; {NearestWord.Advice(key, known.ToList())}");
            }
            else if (section!.Number(key, minimum, double.MaxValue) is { } number)
            {
                numbers[key] = number;
            }
        }

        return numbers;
    }

    private DeviceKind? Kind(YamlSection section)
    {
        var name = section.Text("kind");
        var kind = kinds.Find(name ?? "");
        if (kind is null)
        {
            section.Fault("kind", $"no kind '{name}'; {NearestWord.Advice(name ?? "", kinds.All.Select(k => k.Name).ToList())}");
        }

        return kind;
    }

    private List<PartConfig> Sensors(YamlSection section, DeviceKind? kind)
    {
        var sensors = section.Sections("sensors").Select(s => parts.Sensor(s, kind)).OfType<PartConfig>().ToList();
        var repeat = section.Flag("repeat");
        if (section.Text("replay") is { } file)
        {
            if (parts.Replay(section, file, repeat) is { } replay)
            {
                sensors.Add(replay);
            }
        }
        else if (repeat)
        {
            section.Fault("repeat", "there is no 'replay' to repeat");
        }

        CheckTwice(section, sensors);
        return sensors;
    }

    /// <summary>Two parts of a device that measure the same would write one metric in turns.</summary>
    private void CheckTwice(YamlSection section, List<PartConfig> sensors)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in sensors)
        {
            var measured = part.Settings.Effective.TryGetValue("metric", out var one) && one.Length > 0 ? [one] : part.Driver.Metrics;
            foreach (var metric in measured.Select(m => part.Metrics.GetValueOrDefault(m, m)).Where(m => m.Length > 0))
            {
                if (!owners.TryAdd(metric, part.Driver.Name))
                {
                    faults.Add(section.LineOf("sensors"), part.Settings.Path, $"{metric} is measured by {owners[metric]} too; map one of them away with metrics: {{ {metric}: '' }}");
                }
            }
        }
    }
}
