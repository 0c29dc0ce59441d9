using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>A lamp and where it belongs.</summary>
/// <param name="Row">Its row of the registry.</param>
/// <param name="Street">Id of its street: its own, else its gateway's.</param>
/// <param name="Ward">The ward of that street.</param>
/// <param name="Groups">Every group that holds it, directly or not, by id.</param>
internal sealed record LampPlaceInCity(DeviceRow Row, string? Street, string? Ward, IReadOnlyList<string> Groups)
{
    /// <summary>Its id.</summary>
    public string Id => Row.Id;
}

/// <summary>
/// The lamps of the registry under the lighting book of one moment: which lamps a place has, and what each is to do. A lamp's calendar is the one set for it; else for a group of its (the one
/// set last); else for its street, its ward, the city; else the calendar <c>default</c> where there is one. Its minimum is the greatest of all places that say one. Immutable, but for plans made when
/// first asked for.
/// </summary>
internal sealed class LampDirectory
{
    /// <summary>The kind of device that is a lamp.</summary>
    public const string LampKind = "streetlight";

    private static readonly IReadOnlyList<LampPlaceInCity> None = [];

    private readonly Dictionary<string, LampPlaceInCity> _lamps;
    private readonly ILookup<string, LampPlaceInCity> _ofStreet;
    private readonly ILookup<string, LampPlaceInCity> _ofWard;
    private readonly Dictionary<string, List<LampPlaceInCity>> _ofGroup = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<(LightTarget Group, HashSet<string> Lamps)> _saying;
    private readonly Dictionary<string, List<LightOverride>> _overrides = new(StringComparer.Ordinal);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, LampPlan> _plans = new(StringComparer.Ordinal);
    private readonly TimeZoneInfo _zone;

    /// <summary>A directory.</summary>
    /// <param name="registry">What stands where.</param>
    /// <param name="lighting">What is said of it.</param>
    /// <param name="zone">The city's time.</param>
    public LampDirectory(RegistrySnapshot registry, LightingSnapshot lighting, TimeZoneInfo zone)
    {
        Registry = registry;
        Lighting = lighting;
        _zone = zone;
        var bare = registry.Ordered.Where(d => d is { Kind: LampKind, State: Service.Active }).Select(d => Place(registry, d)).ToList();
        var streets = bare.Where(l => l.Street is not null).ToLookup(l => l.Street!, l => l.Id, StringComparer.Ordinal);
        var wards = bare.Where(l => l.Ward is not null).ToLookup(l => l.Ward!, l => l.Id, StringComparer.Ordinal);
        var lamps = bare.ToDictionary(l => l.Id, StringComparer.Ordinal);
        var groupsOf = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var members = lighting.Groups.Keys.Order(StringComparer.Ordinal).ToDictionary(g => g, g => Members(g, lighting, streets, wards, lamps), StringComparer.Ordinal);
        foreach (var (group, ids) in members)
        {
            foreach (var id in ids)
            {
                (groupsOf.TryGetValue(id, out var groups) ? groups : groupsOf[id] = []).Add(group);
            }
        }

        Lamps = [.. bare.Select(l => groupsOf.TryGetValue(l.Id, out var groups) ? l with { Groups = groups } : l)];
        _lamps = Lamps.ToDictionary(l => l.Id, StringComparer.Ordinal);
        _ofStreet = Lamps.Where(l => l.Street is not null).ToLookup(l => l.Street!, StringComparer.Ordinal);
        _ofWard = Lamps.Where(l => l.Ward is not null).ToLookup(l => l.Ward!, StringComparer.Ordinal);
        foreach (var lamp in Lamps)
        {
            foreach (var group in lamp.Groups)
            {
                (_ofGroup.TryGetValue(group, out var its) ? its : _ofGroup[group] = []).Add(lamp); // in order, because the lamps are
            }
        }

        _saying = [.. lighting.Settings.Keys
            .Where(p => p.Scope == LightScope.Group && members.ContainsKey(p.Id))
            .OrderByDescending(p => lighting.Find(LightKind.Setting, p.ToString())?.ChangedAt)
            .ThenBy(p => p.Id, StringComparer.Ordinal)
            .Select(p => (p, members[p.Id]))];

        foreach (var order in lighting.Orders.Values)
        {
            foreach (var lamp in Of(order.Target))
            {
                (_overrides.TryGetValue(lamp.Id, out var overrides) ? overrides : _overrides[lamp.Id] = []).Add(order.ForLamp);
            }
        }
    }

    /// <summary>The registry it was made from.</summary>
    public RegistrySnapshot Registry { get; }

    /// <summary>The lighting book it was made from.</summary>
    public LightingSnapshot Lighting { get; }

    /// <summary>Every lamp in service, by id.</summary>
    public IReadOnlyList<LampPlaceInCity> Lamps { get; }

    /// <summary>One lamp, or null.</summary>
    public LampPlaceInCity? Find(string lamp) => _lamps.GetValueOrDefault(lamp);

    /// <summary>The lamps of a place; empty when there is none of that name.</summary>
    public IEnumerable<LampPlaceInCity> Of(LightTarget target) => target.Scope switch
    {
        LightScope.City => Lamps,
        LightScope.Ward => _ofWard[target.Id],
        LightScope.Street => _ofStreet[target.Id],
        LightScope.Group => _ofGroup.TryGetValue(target.Id, out var its) ? its : None,
        _ => Find(target.Id) is { } lamp ? [lamp] : None,
    };

    /// <summary>Overrides of a lamp that hold or are ahead.</summary>
    public IReadOnlyList<LightOverride> OverridesOf(string lamp) => _overrides.TryGetValue(lamp, out var overrides) ? overrides : [];

    /// <summary>What a document says of a lamp.</summary>
    public DesiredLamp Desired(LampPlaceInCity lamp)
    {
        var (latitude, longitude) = PlaceOf(lamp);
        return new(lamp.Id)
        {
            Calendar = CalendarOf(lamp)?.Calendar,
            Minimum = Places(lamp).Max(p => Lighting.Settings.GetValueOrDefault(p)?.Minimum) ?? 0,
            Latitude = latitude,
            Longitude = longitude,
            Overrides = OverridesOf(lamp.Id),
            Clo = Said(lamp, s => s.Clo) is { } clo ? new ConstantOutput([.. clo.Select(p => new OutputPoint(p[0], p[1]))]) : null,
            Installed = Lighting.Settings.GetValueOrDefault(new LightTarget(LightScope.Lamp, lamp.Id))?.Installed,
        };
    }

    /// <summary>Burning hours that a lamp is expected to live, as the nearest place says; null when none does.</summary>
    public double? LifeHours(LampPlaceInCity lamp) => Said(lamp, s => s.LifeHours is { } hours ? (object)hours : null) as double?;

    /// <summary>Name of a lamp's calendar, and the place that says so (null: nobody does, it is the one called <c>default</c>); null when it has none.</summary>
    public (string Calendar, LightTarget? Place)? CalendarOf(LampPlaceInCity lamp)
    {
        foreach (var place in Places(lamp))
        {
            if (Lighting.Settings.GetValueOrDefault(place)?.Calendar is { } calendar)
            {
                return (calendar, place);
            }
        }

        return Lighting.Document.Calendars.ContainsKey(DesiredDocument.DefaultCalendar) ? (DesiredDocument.DefaultCalendar, null) : null;
    }

    /// <summary>The plan of a lamp: what <see cref="City.Lighting.Level"/> asks.</summary>
    public LampPlan Plan(LampPlaceInCity lamp) => _plans.GetOrAdd(
        lamp.Id,
        static (_, from) =>
        {
            var (directory, lamp) = from;
            var desired = directory.Desired(lamp);
            var document = directory.Lighting.Document;
            return new LampPlan(lamp.Id, new LampPlace(directory._zone, desired.Latitude, desired.Longitude))
            {
                Calendar = desired.Calendar is { } calendar ? document.Calendars.GetValueOrDefault(calendar) : null,
                Programmes = document.Programmes,
                Holidays = document.Holidays,
                Overrides = desired.Overrides,
                Minimum = desired.Minimum,
            };
        },
        (this, lamp));

    private T? Said<T>(LampPlaceInCity lamp, Func<LightSetting, T?> what)
        where T : class
    {
        foreach (var place in Places(lamp))
        {
            if (Lighting.Settings.GetValueOrDefault(place) is { } setting && what(setting) is { } said)
            {
                return said;
            }
        }

        return null;
    }

    // A lamp that nobody has placed stands at its gateway: the gateway would go by its own place, and the two must not have two sunsets.
    private (double Latitude, double Longitude) PlaceOf(LampPlaceInCity lamp) =>
        lamp.Row is { Lat: { } lat, Lon: { } lon } ? (lat, lon)
        : lamp.Row.Gateway is { } id && Registry.Gateways.GetValueOrDefault(id) is { Lat: { } near, Lon: { } by } ? (near, by)
        : (double.NaN, double.NaN);

    // From the nearest to the widest. Of several groups the one that was set last comes first: who set it meant these lamps.
    private IEnumerable<LightTarget> Places(LampPlaceInCity lamp)
    {
        yield return new LightTarget(LightScope.Lamp, lamp.Id);
        foreach (var (group, lamps) in _saying)
        {
            if (lamps.Contains(lamp.Id))
            {
                yield return group;
            }
        }

        if (lamp.Street is not null)
        {
            yield return new LightTarget(LightScope.Street, lamp.Street);
        }

        if (lamp.Ward is not null)
        {
            yield return new LightTarget(LightScope.Ward, lamp.Ward);
        }

        yield return LightTarget.City;
    }

    private static LampPlaceInCity Place(RegistrySnapshot registry, DeviceRow row)
    {
        var street = row.Street ?? (row.Gateway is null ? null : registry.Gateways.GetValueOrDefault(row.Gateway)?.Street);
        return new LampPlaceInCity(row, street, street is null ? null : LightTarget.WardOf(registry.Streets.GetValueOrDefault(street)?.Ward), []);
    }

    private static HashSet<string> Members(
        string group, LightingSnapshot lighting, ILookup<string, string> streets, ILookup<string, string> wards, Dictionary<string, LampPlaceInCity> lamps)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal) { group };
        var next = new Stack<string>([group]);
        while (next.TryPop(out var each))
        {
            foreach (var member in lighting.Groups.GetValueOrDefault(each) ?? [])
            {
                if (!LightTarget.TryParse(member, out var place))
                {
                    continue;
                }

                switch (place.Scope)
                {
                    case LightScope.Lamp when lamps.ContainsKey(place.Id):
                        ids.Add(place.Id);
                        break;
                    case LightScope.Street:
                        ids.UnionWith(streets[place.Id]);
                        break;
                    case LightScope.Ward:
                        ids.UnionWith(wards[place.Id]);
                        break;
                    case LightScope.Group when seen.Add(place.Id):
                        next.Push(place.Id);
                        break;
                }
            }
        }

        return ids;
    }
}
