using System.Text;

namespace SmartCity.City;

/// <summary>
/// Compares identifiers (1–63 of a-z 0-9 - _) as strings and as the bytes they have in a line, so that a dictionary keyed by
/// string is searched by UTF-8 without allocating.
/// </summary>
public sealed class IdentifierComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
{
    // A random start makes it hard to choose names that collide.
    private static readonly uint Seed = (uint)Random.Shared.Next();

    private IdentifierComparer()
    {
    }

    /// <summary>The one.</summary>
    public static IdentifierComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

    /// <inheritdoc/>
    public int GetHashCode(string obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var hash = Seed;
        foreach (var c in obj)
        {
            hash = Mix(hash, c);
        }

        return Finish(hash);
    }

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, string other) => Ascii.Equals(alternate, other);

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = Seed;
        foreach (var b in alternate)
        {
            hash = Mix(hash, b);
        }

        return Finish(hash);
    }

    /// <inheritdoc/>
    public string Create(ReadOnlySpan<byte> alternate) => Encoding.UTF8.GetString(alternate);

    private static uint Mix(uint hash, uint unit) => (hash ^ unit) * 16777619; // FNV-1a's prime

    private static int Finish(uint hash) => (int)(hash ^ (hash >> 15));
}
