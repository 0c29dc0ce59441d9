using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>
/// All grains of a host. Devices are found by the bytes of their identifier without allocating: by the host's caller, who alone adds and removes, and by
/// any thread that wants to look. Open addressing in one array, which is never more than half full; a larger one is filled before it takes its place.
/// </summary>
internal sealed class GrainTable
{
    private const ulong Prime = 0x9E3779B97F4A7C15;

    // A random start makes it hard to choose names that collide.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64();

    private readonly List<DeviceGrain> _all = [];
    private readonly HashSet<DeviceGrain> _strangers = [];
    private readonly Dictionary<string, ZoneGrain> _zones = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CircuitGrain> _circuits = new(StringComparer.Ordinal);
    private Slot[] _slots = new Slot[64];
    private int _used;
    private int _gone;
    private int _count;
    private long _arrivals;

    /// <summary>In order of arrival, some of them gone; for the host's caller only.</summary>
    public IReadOnlyList<DeviceGrain> Devices => _all;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    public Dictionary<string, ZoneGrain>.ValueCollection Zones => _zones.Values;

    public int Unregistered => _strangers.Count;

    /// <summary>Devices that are expected and have not said a word.</summary>
    public int Unheard { get; set; }

    public bool TryFind(ReadOnlySpan<byte> id, [NotNullWhen(true)] out DeviceGrain? grain)
    {
        var slots = Volatile.Read(ref _slots);
        var hash = Hash(id);
        for (var i = hash; ; i++)
        {
            ref readonly var slot = ref slots[i & (ulong)(slots.Length - 1)];
            var stored = Volatile.Read(in slot.Hash);
            if (stored == 0)
            {
                grain = null;
                return false;
            }

            if (stored == hash && slot.Grain is { IsGone: false } found && found.IdUtf8.SequenceEqual(id))
            {
                grain = found;
                return true;
            }
        }
    }

    public bool TryFind(string id, [NotNullWhen(true)] out DeviceGrain? grain)
    {
        Span<byte> utf8 = stackalloc byte[Identifier.MaximumLength];
        if (Encoding.UTF8.TryGetBytes(id, utf8, out var length))
        {
            return TryFind(utf8[..length], out grain);
        }

        grain = null;
        return false;
    }

    public void Add(DeviceGrain grain)
    {
        if (2 * (_used + 1) > _slots.Length)
        {
            Grow();
        }

        Put(_slots, grain);
        _used++;
        grain.Ordinal = _arrivals++;
        _all.Add(grain);
        Volatile.Write(ref _count, _count + 1);
        Rebound(grain);
    }

    public void Remove(DeviceGrain grain)
    {
        // Its slot goes on leading to those behind it, until the next larger array.
        grain.IsGone = true;
        grain.Follower = null;
        _strangers.Remove(grain);
        Unheard -= grain.IsHeard ? 0 : 1;
        Volatile.Write(ref _count, _count - 1);
        if (++_gone > 64 && _gone > _all.Count / 2)
        {
            _all.RemoveAll(g => g.IsGone);
            _gone = 0;
            Grow();
        }
    }

    /// <summary>The registry's word on it is another: counts it.</summary>
    public void Rebound(DeviceGrain grain)
    {
        if (grain.Info is null)
        {
            _strangers.Add(grain);
        }
        else
        {
            _strangers.Remove(grain);
        }
    }

    /// <summary>The unregistered device heard longest ago that has no part in this batch; null when there is none.</summary>
    public DeviceGrain? OldestUnregistered(long batch)
    {
        DeviceGrain? oldest = null;
        foreach (var grain in _strangers)
        {
            if (grain.Batch != batch && (oldest is null || (grain.State.LastReceived, grain.Ordinal).CompareTo((oldest.State.LastReceived, oldest.Ordinal)) < 0))
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

    private static void Put(Slot[] slots, DeviceGrain grain)
    {
        var hash = Hash(grain.IdUtf8);
        var at = hash;
        while (slots[at & (ulong)(slots.Length - 1)].Hash != 0)
        {
            at++;
        }

        ref var slot = ref slots[at & (ulong)(slots.Length - 1)];
        slot.Grain = grain;
        Volatile.Write(ref slot.Hash, hash); // who sees the hash sees the grain
    }

    private void Grow()
    {
        var living = _all.Count(g => !g.IsGone);
        var slots = new Slot[Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)(4 * (living + 1))))];
        foreach (var grain in _all)
        {
            if (!grain.IsGone)
            {
                Put(slots, grain);
            }
        }

        _used = living;
        Volatile.Write(ref _slots, slots);
    }

    // Multiply and fold, eight bytes at a time. Never 0, which is an empty slot.
    private static ulong Hash(ReadOnlySpan<byte> id)
    {
        var hash = Seed ^ ((ulong)id.Length * Prime);
        while (id.Length >= sizeof(ulong))
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(id));
            id = id[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (var b in id)
        {
            rest = (rest << 8) | b;
        }

        return Fold(hash ^ rest) | 1UL << 63;
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, Prime, out var low);
        return high ^ low;
    }

    private struct Slot
    {
        public ulong Hash;
        public DeviceGrain? Grain;
    }
}
