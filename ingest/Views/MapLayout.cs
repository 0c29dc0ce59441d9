using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>Where a device stands on the map, as the registry says.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Place of its kind in the list.</param>
/// <param name="Interval">Its kind's reporting interval; null when the catalogue no longer has the kind.</param>
/// <param name="Lat">Degrees north; its gateway's, or its zone's, when it has none of its own.</param>
/// <param name="Lon">Degrees east.</param>
/// <param name="Zone">Place of its zone in the list, −1 = none.</param>
internal readonly record struct MapPlace(string Id, int Kind, TimeSpan? Interval, double? Lat, double? Lon, int Zone);

/// <summary>What of the map comes from the registry alone: made again only when the registry changes.</summary>
internal sealed class MapLayout
{
    private MapLayout(RegistrySnapshot registry, IReadOnlyList<string> kinds, IReadOnlyList<string> zones, MapPlace[] places)
    {
        Registry = registry;
        Kinds = kinds;
        Zones = zones;
        Places = places;
    }

    public RegistrySnapshot Registry { get; }

    /// <summary>The catalogue's kinds, then those that devices have and the catalogue has lost.</summary>
    public IReadOnlyList<string> Kinds { get; }

    /// <summary>Zones in service, by id.</summary>
    public IReadOnlyList<string> Zones { get; }

    /// <summary>Devices in service, by id.</summary>
    public MapPlace[] Places { get; }

    public static MapLayout Of(RegistrySnapshot registry, KindCatalog catalogue)
    {
        var kinds = catalogue.All.Select(k => k.Name).ToList();
        var kindAt = kinds.Select((name, i) => (name, i)).ToDictionary(k => k.name, k => k.i, StringComparer.Ordinal);
        var zones = registry.Zones.Values.Where(z => z.State == Service.Active).Select(z => z.Id).ToList();
        var zoneAt = zones.Select((id, i) => (id, i)).ToDictionary(z => z.id, z => z.i, StringComparer.Ordinal);
        var places = new List<MapPlace>();
        foreach (var d in registry.Ordered)
        {
            if (d.State != Service.Active)
            {
                continue;
            }

            if (!kindAt.TryGetValue(d.Kind, out var kind))
            {
                kindAt[d.Kind] = kind = kinds.Count;
                kinds.Add(d.Kind);
            }

            var (lat, lon) = Where(registry, d);
            var zone = d.Zone is not null && zoneAt.TryGetValue(d.Zone, out var at) ? at : -1;
            places.Add(new MapPlace(d.Id, kind, catalogue.Find(d.Kind)?.Interval, lat, lon, zone));
        }

        return new MapLayout(registry, kinds, zones, [.. places]);
    }

    /// <summary>Whether rows made with one can be told beside rows made with the other: the same lists, and nobody gone.</summary>
    public bool Continues(MapLayout before)
    {
        if (!Kinds.SequenceEqual(before.Kinds) || !Zones.SequenceEqual(before.Zones))
        {
            return false;
        }

        var ids = Places.Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
        return before.Places.All(p => ids.Contains(p.Id));
    }

    private static (double? Lat, double? Lon) Where(RegistrySnapshot registry, DeviceRow d)
    {
        if (d is { Lat: not null, Lon: not null })
        {
            return (d.Lat, d.Lon);
        }

        if (d.Gateway is not null && registry.Gateways.GetValueOrDefault(d.Gateway) is { Lat: not null, Lon: not null } gateway)
        {
            return (gateway.Lat, gateway.Lon);
        }

        return (d.Zone is null ? null : registry.Zones.GetValueOrDefault(d.Zone)) switch
        {
            { Lat: not null, Lon: not null } zone => (zone.Lat, zone.Lon),
            { Boundary: { } drawn } => (drawn.Middle.Lat, drawn.Middle.Lon),
            _ => (null, null),
        };
    }
}
