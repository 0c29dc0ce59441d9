using System.Numerics;
using System.Runtime.InteropServices;

namespace SmartCity.Benchmarks;

/// <summary>What the machine itself needs for the same bytes: the baseline beside which a stage stands, so that its distance from what
/// is possible is a ratio.</summary>
internal static class Limit
{
    /// <summary>One vectorised pass: every byte is loaded once and used. Nothing that looks at a payload can cost less.</summary>
    public static long Pass(ReadOnlySpan<byte> bytes)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(bytes);
        var sum = Vector<byte>.Zero;
        foreach (var vector in vectors)
        {
            sum ^= vector;
        }

        var rest = 0L;
        foreach (var one in bytes[(vectors.Length * Vector<byte>.Count)..])
        {
            rest ^= one;
        }

        return rest + Vector.Sum(sum);
    }

    /// <summary>One pass and one copy. Nothing that looks at a payload and hands it on can cost less.</summary>
    public static long PassAndCopy(ReadOnlySpan<byte> bytes, Span<byte> to)
    {
        bytes.CopyTo(to);
        return Pass(bytes);
    }
}
