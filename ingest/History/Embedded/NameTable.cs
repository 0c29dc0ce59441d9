using System.Buffers.Binary;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Numbers of names, 1 and up, looked up by bytes without allocating. The names stand one behind the other in one array: a
/// million of 40 bytes take about 65 MB. Guarded by its owner.
/// </summary>
internal sealed class NameTable
{
    private const ulong Mix = 0x9E37_79B9_7F4A_7C15;

    private readonly ulong _seed = (ulong)Random.Shared.NextInt64() | 1; // names come from outside: nobody shall choose collisions
    private byte[] _bytes = new byte[1024];
    private int[] _ends = new int[64];
    private ulong[] _slots = new ulong[128];

    /// <summary>The highest number.</summary>
    public int Count { get; private set; }

    /// <summary>The name of a number.</summary>
    public ReadOnlySpan<byte> this[int number] => _bytes.AsSpan(_ends[number - 1], _ends[number] - _ends[number - 1]);

    /// <summary>Whether <paramref name="number"/> is this name's; no number is fine too.</summary>
    public bool Is(int number, ReadOnlySpan<byte> name) => (uint)(number - 1) < (uint)Count && name.SequenceEqual(this[number]);

    public bool TryGet(ReadOnlySpan<byte> name, out int number)
    {
        var hash = Hash(name);
        for (var at = (int)(hash & (uint)(_slots.Length - 1)); _slots[at] != 0; at = (at + 1) & (_slots.Length - 1))
        {
            number = (int)(uint)_slots[at];
            if (_slots[at] >> 32 == hash >> 32 && name.SequenceEqual(this[number]))
            {
                return true;
            }
        }

        number = 0;
        return false;
    }

    /// <summary>Gives the next number to a name that is not there yet.</summary>
    public int Add(ReadOnlySpan<byte> name) => Add(name, Count + 1);

    /// <summary>Gives this number, above all others, to a name that is not there yet.</summary>
    public int Add(ReadOnlySpan<byte> name, int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(number, Count);
        if (number + 1 > _ends.Length)
        {
            Array.Resize(ref _ends, Math.Max(number + 1, _ends.Length * 2));
        }

        var start = _ends[Count];
        if (start + name.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(start + name.Length, _bytes.Length * 2));
        }

        _ends.AsSpan(Count + 1, number - Count).Fill(start);
        name.CopyTo(_bytes.AsSpan(start));
        _ends[number] = start + name.Length;
        Count = number;
        if (number * 2L > _slots.Length)
        {
            Grow();
        }
        else
        {
            Enter(number);
        }

        return number;
    }

    private void Grow()
    {
        _slots = new ulong[checked((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Count * 4))];
        for (var i = 1; i <= Count; i++)
        {
            Enter(i);
        }
    }

    private void Enter(int number)
    {
        var hash = Hash(this[number]);
        var at = (int)(hash & (uint)(_slots.Length - 1));
        while (_slots[at] != 0)
        {
            at = (at + 1) & (_slots.Length - 1);
        }

        _slots[at] = (hash & 0xFFFF_FFFF_0000_0000) | (uint)number;
    }

    private ulong Hash(ReadOnlySpan<byte> name)
    {
        var hash = _seed ^ (ulong)name.Length;
        while (name.Length >= sizeof(ulong))
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name));
            name = name[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (var b in name)
        {
            rest = (rest << 8) | b;
        }

        return Fold(hash ^ rest);
    }

    private ulong Fold(ulong value)
    {
        var high = Math.BigMul(value ^ _seed, Mix, out var low);
        return high ^ low;
    }
}
