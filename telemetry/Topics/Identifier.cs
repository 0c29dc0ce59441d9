using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace SmartCity.Telemetry;

/// <summary>The names of gateways, devices and everything else a topic or URL carries: 1–63 of <c>a-z 0-9 - _</c> (CONTRACTS, identity).</summary>
public static class Identifier
{
    /// <summary>The longest identifier, in bytes and characters.</summary>
    public const int MaximumLength = 63;

    private static readonly SearchValues<byte> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>Whether <paramref name="text"/> is an identifier.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= MaximumLength && !text.ContainsAnyExcept(Allowed);

    /// <summary>How many bytes from the start of <paramref name="text"/> an identifier may have; more than <see cref="MaximumLength"/> when there are more than that.</summary>
    public static int PrefixLength(ReadOnlySpan<byte> text)
    {
        if (text.Length <= MaximumLength)
        {
            var other = text.IndexOfAnyExcept(Allowed);
            return other < 0 ? text.Length : other;
        }

        ref var first = ref MemoryMarshal.GetReference(text);
        var others = Others(Vector256.LoadUnsafe(ref first)) | ((ulong)Others(Vector256.LoadUnsafe(ref first, (nuint)Vector256<byte>.Count)) << Vector256<byte>.Count);
        return BitOperations.TrailingZeroCount(others);
    }

    // A bit for each byte that no identifier has.
    private static uint Others(Vector256<byte> bytes)
    {
        var letters = Vector256.LessThanOrEqual(bytes - Vector256.Create((byte)'a'), Vector256.Create((byte)25));
        var digits = Vector256.LessThanOrEqual(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)9));
        var marks = Vector256.Equals(bytes, Vector256.Create((byte)'-')) | Vector256.Equals(bytes, Vector256.Create((byte)'_'));
        return ~(letters | digits | marks).ExtractMostSignificantBits();
    }

    /// <summary>Whether <paramref name="text"/> is an identifier.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaximumLength)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[MaximumLength];
        return Encoding.UTF8.TryGetBytes(text, bytes, out var length) && IsValid(bytes[..length]);
    }
}
