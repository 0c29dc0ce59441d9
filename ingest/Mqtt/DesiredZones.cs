using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Mqtt;

/// <summary>What a gateway must know of its fire zones.</summary>
internal static class DesiredZones
{
    /// <summary>Whether a device says anything to a fire zone.</summary>
    public static bool IsFire(DeviceRow device) => device.Kind is "fire_detector" or "manual_call_point";

    /// <summary>The zones of one gateway of which there is something to say.</summary>
    /// <param name="zones">The gateway's devices by zone.</param>
    /// <param name="prefix">Before a zone's name in the book.</param>
    /// <param name="registry">What is where.</param>
    /// <param name="acts">What officers said.</param>
    /// <param name="tests">What is under test.</param>
    public static Dictionary<string, DesiredZone> Of(
        ILookup<string, DeviceRow> zones, string prefix, RegistrySnapshot registry, IReadOnlyDictionary<string, ZoneAct> acts, RunningTests tests)
    {
        var said = new Dictionary<string, DesiredZone>(StringComparer.Ordinal);
        foreach (var devices in zones)
        {
            var settings = prefix == "zone/" && registry.Zones.TryGetValue(devices.Key, out var row) && row.State == Service.Active ? row.Settings : null;
            var act = acts.GetValueOrDefault(prefix + devices.Key);
            var zone = new DesiredZone
            {
                AcknowledgeWithin = Seconds(settings, ZoneSettings.AcknowledgeWithin),
                Coincidence = Seconds(settings, ZoneSettings.Coincidence),
                TestUntil = TestUntil(devices.Where(IsFire), tests),
                Acknowledged = Moment(act.Acknowledged),
                ResetAt = Moment(act.Reset),
            };
            if (zone != new DesiredZone())
            {
                said.Add(devices.Key, zone);
            }
        }

        return said;
    }

    /// <summary>Sirens keep still only while all of a zone's fire devices here are under test: one that is not may see a fire.</summary>
    private static DateTimeOffset? TestUntil(IEnumerable<DeviceRow> fire, RunningTests tests)
    {
        if (tests.Windows.Count == 0)
        {
            return null;
        }

        DateTimeOffset? until = null;
        foreach (var device in fire)
        {
            DateTimeOffset? its = null;
            foreach (var (scope, target, end) in tests.Windows)
            {
                var of = scope switch { "zone" => device.Zone, "gateway" => device.Gateway, "street" => device.Street, _ => device.Id };
                its = string.Equals(of, target, StringComparison.Ordinal) && !(its >= end) ? end : its;
            }

            if (its is null)
            {
                return null;
            }

            until = until < its ? until : its;
        }

        return until;
    }

    private static TimeSpan? Seconds(IReadOnlyDictionary<string, double>? settings, string name) =>
        settings?.TryGetValue(name, out var seconds) == true ? TimeSpan.FromSeconds(seconds) : null;

    private static DateTimeOffset? Moment(long ns) => ns == 0 ? null : Instant.ToMoment(ns);
}
