using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using SmartCity.City;

namespace SmartCity.Grains;

/// <summary>All grains of a host. Devices are found by the bytes of their identifier without allocating, and looked at from any thread.</summary>
internal sealed class GrainTable
{
    private readonly ConcurrentDictionary<string, DeviceGrain> _devices = new(IdentifierComparer.Instance);
    private readonly ConcurrentDictionary<string, DeviceGrain>.AlternateLookup<ReadOnlySpan<byte>> _byUtf8;
    private readonly List<DeviceGrain> _all = [];
    private readonly Dictionary<string, ZoneGrain> _zones = new(StringComparer.Ordinal);

    private readonly Dictionary<string, CircuitGrain> _circuits = new(StringComparer.Ordinal);

    public GrainTable() => _byUtf8 = _devices.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>In order of arrival; for the host's caller only.</summary>
    public List<DeviceGrain> Devices => _all;

    public Dictionary<string, ZoneGrain>.ValueCollection Zones => _zones.Values;

    public int Unregistered { get; private set; }

    /// <summary>Devices that are expected and have not said a word.</summary>
    public int Unheard { get; set; }

    public bool TryFind(ReadOnlySpan<byte> id, [NotNullWhen(true)] out DeviceGrain? grain) => _byUtf8.TryGetValue(id, out grain);

    public bool TryFind(string id, [NotNullWhen(true)] out DeviceGrain? grain) => _devices.TryGetValue(id, out grain);

    public void Add(DeviceGrain grain)
    {
        _devices[grain.Id] = grain;
        _all.Add(grain);
        Unregistered += grain.Info is null ? 1 : 0;
    }

    public void Remove(DeviceGrain grain)
    {
        _devices.TryRemove(grain.Id, out _);
        _all.Remove(grain);
        Unregistered -= grain.Info is null ? 1 : 0;
        Unheard -= grain.IsHeard ? 0 : 1;
    }

    /// <summary>The registry's word changed: counts it.</summary>
    public void Rebound(DeviceInfo? was, DeviceInfo? now) => Unregistered += (now is null ? 1 : 0) - (was is null ? 1 : 0);

    /// <summary>The unregistered device heard longest ago that is not in the batch under way; null when there is none.</summary>
    public DeviceGrain? OldestUnregistered()
    {
        DeviceGrain? oldest = null;
        foreach (var grain in _all)
        {
            if (grain.Info is null && grain.Working is null && (oldest is null || grain.State.LastReceived < oldest.State.LastReceived))
            {
                oldest = grain;
            }
        }

        return oldest;
    }

    public bool TryFindZone(string key, [NotNullWhen(true)] out ZoneGrain? zone) => _zones.TryGetValue(key, out zone);

    public void Add(ZoneGrain zone) => _zones[zone.Key] = zone;

    public bool TryFindCircuit(string gateway, [NotNullWhen(true)] out CircuitGrain? circuit) => _circuits.TryGetValue(gateway, out circuit);

    public void Add(CircuitGrain circuit) => _circuits[circuit.Id] = circuit;

    public void RemoveCircuit(string gateway) => _circuits.Remove(gateway);

    public void RemoveZone(string key) => _zones.Remove(key);
}
