using System.Diagnostics.CodeAnalysis;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>Names as UTF-8 to numbers, looked up without allocating. The hash is seeded per process, so names cannot be chosen to collide.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<byte[], int> _numbers;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public NameTable()
    {
        _numbers = new Dictionary<byte[], int>(new BytesComparer());
        _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count => _numbers.Count;

    public bool TryGet(ReadOnlySpan<byte> name, out int number) => _lookup.TryGetValue(name, out number);

    public void Add(ReadOnlySpan<byte> name, int number) => _numbers[name.ToArray()] = number;

    public void Clear() => _numbers.Clear();

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
