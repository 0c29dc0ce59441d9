using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Ingest.Book;

/// <summary>
/// An immutable map keyed by UTF-8 text. A lookup by span allocates nothing and, of a million entries, waits for memory three times: the slot, its key and
/// its value. A change copies the few parts it touches and one array of references to parts, so that taking in unknown devices one by one stays cheap.
/// </summary>
internal sealed class Utf8Map<T>
    where T : class
{
    // Entries of a part on average, at most: it is copied whole when one of them changes.
    private const int PartSize = 256;

    private static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private readonly Part[] _parts;
    private readonly int _shift;

    private Utf8Map(Part[] parts, int count)
    {
        _parts = parts;
        _shift = 63 - BitOperations.Log2((uint)parts.Length);
        Count = count;
    }

    /// <summary>Nothing in it.</summary>
    public static Utf8Map<T> Empty { get; } = new([new Part()], 0);

    /// <summary>Entries.</summary>
    public int Count { get; }

    /// <summary>Everything, in no order.</summary>
    public IEnumerable<T> Values => _parts.SelectMany(p => p.Values);

    /// <summary>The value, or null.</summary>
    public T? Find(ReadOnlySpan<byte> key)
    {
        var hash = Hash(key);
        return _parts[PartOf(hash, _shift)].Find(key, hash);
    }

    /// <summary>The value, or null, by text.</summary>
    public T? Find(string key)
    {
        Span<byte> utf8 = stackalloc byte[256];
        return key.Length <= 85 ? Find(utf8[..Encoding.UTF8.GetBytes(key, utf8)]) : Find(Encoding.UTF8.GetBytes(key));
    }

    /// <summary>A map with these added, or put in the place of what was there.</summary>
    public Utf8Map<T> With(IReadOnlyCollection<KeyValuePair<string, T>> changes)
    {
        var wanted = (int)BitOperations.RoundUpToPowerOf2((uint)((Count + changes.Count + PartSize - 1) / PartSize));
        var grows = wanted > _parts.Length;
        var parts = grows ? Spread(wanted) : (Part[])_parts.Clone();
        var shift = 63 - BitOperations.Log2((uint)parts.Length);
        var count = Count;
        foreach (var (key, value) in changes)
        {
            var utf8 = Encoding.UTF8.GetBytes(key);
            var hash = Hash(utf8);
            var at = PartOf(hash, shift);
            if (!grows && ReferenceEquals(parts[at], _parts[at]))
            {
                parts[at] = new Part(parts[at]);
            }

            count += parts[at].Set(utf8, hash, value) ? 1 : 0;
        }

        return new Utf8Map<T>(parts, count);
    }

    private static int PartOf(ulong hash, int shift) => (int)(hash >> 1 >> shift);

    private Part[] Spread(int size)
    {
        var parts = new Part[size];
        for (var i = 0; i < size; i++)
        {
            parts[i] = new Part();
        }

        var shift = 63 - BitOperations.Log2((uint)size);
        foreach (var part in _parts)
        {
            part.SpreadOver(parts, shift);
        }

        return parts;
    }

    // Multiply and fold, eight bytes at a time, from a seed of this process: a stranger cannot choose colliding names.
    private static ulong Hash(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ ((ulong)key.Length * 0x9E3779B97F4A7C15);
        if (key.Length >= 8)
        {
            for (var rest = key; rest.Length > 8; rest = rest[8..])
            {
                hash = Fold(hash ^ MemoryMarshal.Read<ulong>(rest));
            }

            // The last eight, some of which may have been before.
            return Fold(hash ^ MemoryMarshal.Read<ulong>(key[^8..]));
        }

        ulong few = 0;
        foreach (var b in key)
        {
            few = (few << 8) | b;
        }

        return Fold(hash ^ few);
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, 0xA0761D6478BD642F, out var low);
        return high ^ low;
    }

    private record struct Slot(ulong Hash, int KeyStart, int KeyLength, T? Value);

    /// <summary>Slots probed in a row, at most three quarters full, and the keys of them one behind the other. Changed only before anybody else sees it.</summary>
    private sealed class Part
    {
        private Slot[] _slots;
        private byte[] _keys;
        private int _keyBytes;
        private int _count;

        public Part()
        {
            _slots = new Slot[4];
            _keys = [];
        }

        public Part(Part other)
        {
            _slots = (Slot[])other._slots.Clone();
            _keys = (byte[])other._keys.Clone();
            (_keyBytes, _count) = (other._keyBytes, other._count);
        }

        public IEnumerable<T> Values => _slots.Where(s => s.Value is not null).Select(s => s.Value!);

        public T? Find(ReadOnlySpan<byte> key, ulong hash)
        {
            var slots = _slots;
            for (var i = (int)hash; ; i++)
            {
                ref readonly var slot = ref slots[i & (slots.Length - 1)];
                if (slot.Value is null)
                {
                    return null;
                }

                if (slot.Hash == hash && key.SequenceEqual(_keys.AsSpan(slot.KeyStart, slot.KeyLength)))
                {
                    return slot.Value;
                }
            }
        }

        /// <summary>True when the key is new.</summary>
        public bool Set(ReadOnlySpan<byte> key, ulong hash, T value)
        {
            ref var slot = ref Place(_slots, key, hash);
            if (slot.Value is not null)
            {
                slot.Value = value;
                return false;
            }

            if ((_count + 1) * 4 > _slots.Length * 3)
            {
                Grow();
                slot = ref Place(_slots, key, hash);
            }

            if (_keys.Length - _keyBytes < key.Length)
            {
                Array.Resize(ref _keys, Math.Max(_keys.Length * 2, _keyBytes + key.Length));
            }

            key.CopyTo(_keys.AsSpan(_keyBytes));
            slot = new Slot(hash, _keyBytes, key.Length, value);
            _keyBytes += key.Length;
            _count++;
            return true;
        }

        public void SpreadOver(Part[] parts, int shift)
        {
            foreach (ref readonly var slot in _slots.AsSpan())
            {
                if (slot.Value is { } value)
                {
                    parts[PartOf(slot.Hash, shift)].Set(_keys.AsSpan(slot.KeyStart, slot.KeyLength), slot.Hash, value);
                }
            }
        }

        private ref Slot Place(Slot[] slots, ReadOnlySpan<byte> key, ulong hash)
        {
            for (var i = (int)hash; ; i++)
            {
                ref var slot = ref slots[i & (slots.Length - 1)];
                if (slot.Value is null || (slot.Hash == hash && key.SequenceEqual(_keys.AsSpan(slot.KeyStart, slot.KeyLength))))
                {
                    return ref slot;
                }
            }
        }

        private void Grow()
        {
            var slots = new Slot[_slots.Length * 2];
            foreach (ref readonly var slot in _slots.AsSpan())
            {
                if (slot.Value is not null)
                {
                    var i = (int)slot.Hash;
                    while (slots[i & (slots.Length - 1)].Value is not null)
                    {
                        i++;
                    }

                    slots[i & (slots.Length - 1)] = slot;
                }
            }

            _slots = slots;
        }
    }
}
