using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Ledger;

/// <summary>A place of a lamp: the lamp that stands there (or stood there last), its street, and every device that ever stood there.</summary>
/// <param name="Row">The last one.</param>
/// <param name="Street">Id of its street: its own, else its gateway's.</param>
/// <param name="Ward">The ward of that street.</param>
/// <param name="Devices">All that stood there, newest first, the last one among them.</param>
internal sealed record LampHistory(DeviceRow Row, string? Street, string? Ward, IReadOnlyList<string> Devices);

/// <summary>Places of lamps with what stood there before: what a replaced lamp used is its place's, its street's and its month's.</summary>
internal static class LampPlaces
{
    /// <summary>The places of a target, by id of the last lamp. Of a lamp out of service too: what it used was used.</summary>
    public static List<LampHistory> Of(LampDirectory directory, LightTarget target)
    {
        var registry = directory.Registry;
        var lamps = registry.Ordered.Where(d => d.Kind == LampDirectory.LampKind).ToList();
        var before = lamps.Where(d => d.ReplacedBy is not null && d.ReplacedBy != d.Id).ToLookup(d => d.ReplacedBy!, d => d.Id, StringComparer.Ordinal);
        var last = lamps.Where(d => d.ReplacedBy is null || d.State != Service.Replaced || registry.Devices.Find(d.ReplacedBy) is null);
        var inGroup = target.Scope == LightScope.Group ? directory.Of(target).Select(l => l.Id).ToHashSet(StringComparer.Ordinal) : null;
        var places = new List<LampHistory>();
        foreach (var row in last)
        {
            var street = row.Street ?? (row.Gateway is null ? null : registry.Gateways.GetValueOrDefault(row.Gateway)?.Street);
            var ward = street is null ? null : registry.Streets.GetValueOrDefault(street)?.Ward;
            var wanted = target.Scope switch
            {
                LightScope.City => true,
                LightScope.Ward => ward == target.Id,
                LightScope.Street => street == target.Id,
                LightScope.Group => inGroup!.Contains(row.Id),
                _ => true,
            };
            if (wanted && Chain(row.Id, before) is var devices && (target.Scope != LightScope.Lamp || devices.Contains(target.Id, StringComparer.Ordinal)))
            {
                places.Add(new LampHistory(row, street, ward, devices));
            }
        }

        return places;
    }

    // An id may be used again: nobody is followed twice.
    private static List<string> Chain(string id, ILookup<string, string> before)
    {
        var devices = new List<string> { id };
        for (var i = 0; i < devices.Count; i++)
        {
            foreach (var old in before[devices[i]])
            {
                if (!devices.Contains(old, StringComparer.Ordinal))
                {
                    devices.Add(old);
                }
            }
        }

        return devices;
    }
}
