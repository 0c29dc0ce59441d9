using System.Collections.Immutable;
using SmartCity.Grains;

namespace SmartCity.Ingest.Book;

/// <summary>The registry at one moment: immutable, so a reader never sees half a change.</summary>
internal sealed class RegistrySnapshot
{
    private readonly Lazy<IReadOnlyList<DeviceRow>> _ordered;
    private readonly Lazy<IReadOnlyList<DeviceInfo>> _inService;

    public RegistrySnapshot(
        Utf8Map<DeviceEntry> devices,
        ImmutableSortedDictionary<string, GatewayRow> gateways,
        ImmutableSortedDictionary<string, ZoneRow> zones,
        ImmutableSortedDictionary<string, ZoneInfo> zoneInfos,
        ImmutableSortedDictionary<string, StreetRow> streets)
    {
        Devices = devices;
        Gateways = gateways;
        Zones = zones;
        ZoneInfos = zoneInfos;
        Streets = streets;
        _ordered = new(() => [.. Devices.Values.Select(e => e.Row).OrderBy(r => r.Id, StringComparer.Ordinal)]);
        _inService = new(() => [.. Devices.Values.Where(e => e.Row.State == Service.Active).Select(e => e.Info)]);
    }

    /// <summary>Nothing registered.</summary>
    public static RegistrySnapshot Empty { get; } = new(
        Utf8Map<DeviceEntry>.Empty,
        ImmutableSortedDictionary.Create<string, GatewayRow>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, ZoneRow>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, ZoneInfo>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, StreetRow>(StringComparer.Ordinal));

    /// <summary>Devices, in service or not.</summary>
    public Utf8Map<DeviceEntry> Devices { get; }

    public ImmutableSortedDictionary<string, GatewayRow> Gateways { get; }

    public ImmutableSortedDictionary<string, ZoneRow> Zones { get; }

    /// <summary>Zones in service, as grains see them.</summary>
    public ImmutableSortedDictionary<string, ZoneInfo> ZoneInfos { get; }

    public ImmutableSortedDictionary<string, StreetRow> Streets { get; }

    /// <summary>Devices by id; put in order when first asked for.</summary>
    public IReadOnlyList<DeviceRow> Ordered => _ordered.Value;

    /// <summary>Devices in service, as grains see them; gathered when first asked for.</summary>
    public IReadOnlyList<DeviceInfo> InService => _inService.Value;

    /// <summary>The device in service under that id, or null. Allocates nothing.</summary>
    public DeviceInfo? Find(ReadOnlySpan<byte> id) => Devices.Find(id)?.Active;

    /// <summary>A snapshot with these rows added or replaced.</summary>
    public RegistrySnapshot With(RegistryBatch batch) => new(
        batch.Devices.Count == 0 ? Devices : Devices.With([.. batch.Devices.Select(d => KeyValuePair.Create(d.Id, DeviceEntry.Of(d)))]),
        Gateways.SetItems(batch.Gateways.Select(g => KeyValuePair.Create(g.Id, g))),
        Zones.SetItems(batch.Zones.Select(z => KeyValuePair.Create(z.Id, z))),
        ZoneInfos
            .RemoveRange(batch.Zones.Select(z => z.Id))
            .AddRange(batch.Zones.Where(z => z.State == Service.Active).Select(z => KeyValuePair.Create(z.Id, Kept(z)))),
        Streets.SetItems(batch.Streets.Select(s => KeyValuePair.Create(s.Id, s))));

    // A zone whose card is edited is the same zone to who judges its detectors.
    private ZoneInfo Kept(ZoneRow row) =>
        ZoneSettings.Read(row) is var info && ZoneInfos.TryGetValue(row.Id, out var before) && before == info ? before : info;

    /// <summary>The same registry, with the objects of <paramref name="before"/> wherever nothing has changed: who holds one need not look again.</summary>
    public RegistrySnapshot KeepingObjectsOf(RegistrySnapshot before)
    {
        var devices = Devices.Values
            .Where(e => before.Devices.Find(e.Row.Id) is { } old && old.Row.Revision == e.Row.Revision && old.Row.ChangedAt == e.Row.ChangedAt)
            .Select(e => KeyValuePair.Create(e.Row.Id, before.Devices.Find(e.Row.Id)!));
        var zones = ZoneInfos.Where(z => before.ZoneInfos.TryGetValue(z.Key, out var old) && old == z.Value)
            .Select(z => KeyValuePair.Create(z.Key, before.ZoneInfos[z.Key]));
        return new(Devices.With([.. devices]), Gateways, Zones, ZoneInfos.SetItems(zones), Streets);
    }

    /// <summary>Where a device or, failing that, a zone lies; null when nobody has said.</summary>
    public AlertLocation? LocationOf(string? device, string? zone)
    {
        if (device is not null && Devices.Find(device)?.Row is { } row)
        {
            var place = row.Lat is null && row.Gateway is not null ? Gateways.GetValueOrDefault(row.Gateway) : null;
            var street = row.Street ?? place?.Street;
            return new AlertLocation(
                row.Lat ?? place?.Lat,
                row.Lon ?? place?.Lon,
                street is null ? null : Streets.GetValueOrDefault(street)?.Name ?? street,
                row.Name);
        }

        return zone is not null && Zones.TryGetValue(zone, out var area) ? new AlertLocation(area.Lat ?? area.Boundary?.Middle.Lat, area.Lon ?? area.Boundary?.Middle.Lon, null, area.Name) : null;
    }
}

/// <summary>Where an alert is, as it was known when it was raised.</summary>
/// <param name="Lat">Degrees north, WGS 84.</param>
/// <param name="Lon">Degrees east, WGS 84.</param>
/// <param name="Street">Name of the street.</param>
/// <param name="Name">Name of the device or zone.</param>
internal sealed record AlertLocation(double? Lat, double? Lon, string? Street, string? Name);

/// <summary>Rows to be written together.</summary>
internal sealed record RegistryBatch
{
    public List<ZoneRow> Zones { get; } = [];

    public List<StreetRow> Streets { get; } = [];

    public List<GatewayRow> Gateways { get; } = [];

    public List<DeviceRow> Devices { get; } = [];

    /// <summary>(act, target, detail) for the record.</summary>
    public List<(string Act, string Target, string? Detail)> Audit { get; } = [];

    /// <summary>The same in parts of at most so many rows, in an order in which each names only what is there: most batches are one part.</summary>
    public IEnumerable<RegistryBatch> Parts(int rows)
    {
        if (Zones.Count + Streets.Count + Gateways.Count + Devices.Count <= rows)
        {
            yield return this;
            yield break;
        }

        // One word in the record for each row, where a row has one; what is left goes with the last part.
        var acts = Audit.GroupBy(a => a.Target, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        var part = new RegistryBatch();
        foreach (var (target, add) in Rows())
        {
            if (!part.IsEmpty && part.Zones.Count + part.Streets.Count + part.Gateways.Count + part.Devices.Count == rows)
            {
                yield return part;
                part = new RegistryBatch();
            }

            add(part);
            if (acts.Remove(target, out var said))
            {
                part.Audit.AddRange(said);
            }
        }

        part.Audit.AddRange(acts.Values.SelectMany(a => a));
        yield return part;
    }

    /// <summary>Each row: its name, and what puts it into another batch.</summary>
    public IEnumerable<(string Target, Action<RegistryBatch> Add)> Rows() =>
        Zones.Select(z => ("zone/" + z.Id, (Action<RegistryBatch>)(b => b.Zones.Add(z))))
            .Concat(Streets.Select(s => ("street/" + s.Id, (Action<RegistryBatch>)(b => b.Streets.Add(s)))))
            .Concat(Gateways.Select(g => ("gateway/" + g.Id, (Action<RegistryBatch>)(b => b.Gateways.Add(g)))))
            .Concat(Devices.Select(d => ("device/" + d.Id, (Action<RegistryBatch>)(b => b.Devices.Add(d)))));

    public bool IsEmpty => Zones.Count + Streets.Count + Gateways.Count + Devices.Count == 0;
}
