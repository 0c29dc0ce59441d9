using System.Buffers;
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
