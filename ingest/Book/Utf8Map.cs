using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Ingest.Book;

/// <summary>
/// An immutable map keyed by UTF-8 text. A lookup by span allocates nothing; a change copies one array of references and
/// the few small buckets it touches, so that taking in unknown devices one by one stays cheap.
/// </summary>
internal sealed class Utf8Map<T>
    where T : class
{
    private static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private readonly Entry[]?[] _buckets;

    private Utf8Map(Entry[]?[] buckets, int count)
    {
        _buckets = buckets;
        Count = count;
    }

    /// <summary>Nothing in it.</summary>
    public static Utf8Map<T> Empty { get; } = new(new Entry[]?[16], 0);

    /// <summary>Entries.</summary>
    public int Count { get; }

    /// <summary>Everything, in no order.</summary>
    public IEnumerable<T> Values => _buckets.Where(b => b is not null).SelectMany(b => b!).Select(e => e.Value);

    /// <summary>The value, or null.</summary>
    public T? Find(ReadOnlySpan<byte> key)
    {
        if (_buckets[Hash(key) & (ulong)(_buckets.Length - 1)] is { } bucket)
        {
            foreach (ref readonly var entry in bucket.AsSpan())
            {
                if (key.SequenceEqual(entry.Key))
                {
                    return entry.Value;
                }
            }
        }

        return null;
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
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, Count + changes.Count));
        var buckets = size <= _buckets.Length ? (Entry[]?[])_buckets.Clone() : Rehash(size);
        var count = Count;
        foreach (var (key, value) in changes)
        {
            var entry = new Entry(Encoding.UTF8.GetBytes(key), value);
            ref var bucket = ref buckets[Hash(entry.Key) & (ulong)(buckets.Length - 1)];
            var at = bucket is null ? -1 : Array.FindIndex(bucket, e => e.Key.AsSpan().SequenceEqual(entry.Key));
            if (at < 0)
            {
                bucket = [.. bucket ?? [], entry];
                count++;
            }
            else
            {
                bucket = [.. bucket!];
                bucket[at] = entry;
            }
        }

        return new Utf8Map<T>(buckets, count);
    }

    private Entry[]?[] Rehash(int size)
    {
        var buckets = new Entry[]?[size];
        foreach (var entry in _buckets.Where(b => b is not null).SelectMany(b => b!))
        {
            ref var bucket = ref buckets[Hash(entry.Key) & (ulong)(size - 1)];
            bucket = [.. bucket ?? [], entry];
        }

        return buckets;
    }

    // Multiply and fold, eight bytes at a time, from a seed of this process: a stranger cannot choose colliding names.
    private static ulong Hash(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ ((ulong)key.Length * 0x9E3779B97F4A7C15);
        while (key.Length >= 8)
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(key));
            key = key[8..];
        }

        ulong rest = 0;
        foreach (var b in key)
        {
            rest = (rest << 8) | b;
        }

        return Fold(hash ^ rest);
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, 0xA0761D6478BD642F, out var low);
        return high ^ low;
    }

    private readonly record struct Entry(byte[] Key, T Value);
}
