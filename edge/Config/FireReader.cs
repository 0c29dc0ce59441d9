using SmartCity.Telemetry;

namespace SmartCity.Edge.Config;

/// <summary>Reads sirens and the times of fire zones.</summary>
internal static class FireReader
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromHours(1);

    /// <summary>The sirens; a zone that no device is in is a misspelt one.</summary>
    public static IReadOnlyList<SirenConfig> Sirens(YamlSection root, PartReader parts, IReadOnlyList<DeviceConfig> devices)
    {
        var sirens = new List<SirenConfig>();
        foreach (var section in root.Sections("sirens"))
        {
            var id = section.Text("id") ?? "";
            if (!Identifier.IsValid(id))
            {
                section.Fault("id", $"'{id}' is no identifier; write 1 to 63 of a-z 0-9 - _");
            }
            else if (sirens.Exists(s => string.Equals(s.Id, id, StringComparison.Ordinal)))
            {
                section.Fault("id", $"{id} stands twice; keep one");
            }

            var zones = section.Texts("zones");
            foreach (var zone in zones)
            {
                CheckZone(section, "zones", zone, devices);
            }

            var early = section.OneOf("on", "fire", "prealarm") == "prealarm";
            if (parts.Output(section.Without("id", "zones", "on")) is { } output)
            {
                sirens.Add(new SirenConfig(id, output, zones) { AtPreAlarm = early });
            }
        }

        return sirens;
    }

    /// <summary>Times of zones that have their own.</summary>
    public static IReadOnlyDictionary<string, ZoneConfig> Zones(YamlSection root, IReadOnlyList<DeviceConfig> devices)
    {
        var zones = new Dictionary<string, ZoneConfig>(StringComparer.Ordinal);
        if (root.Section("zones") is not { } section)
        {
            return zones;
        }

        foreach (var id in section.Keys.ToList())
        {
            CheckZone(section, id, id, devices);
            if (section.Section(id) is { } zone)
            {
                zones[id] = new ZoneConfig(
                    zone.Time("acknowledgeWithin", TimeSpan.FromSeconds(1), LongestTime), zone.Time("coincidence", TimeSpan.FromSeconds(1), LongestTime));
                zone.Close();
            }
        }

        return zones;
    }

    private static void CheckZone(YamlSection section, string key, string zone, IReadOnlyList<DeviceConfig> devices)
    {
        var known = devices.Select(d => d.Zone).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (!known.Contains(zone, StringComparer.Ordinal))
        {
            section.Fault(key, $"no device is in zone '{zone}'; {NearestWord.Advice(zone, known)}");
        }
    }
}
