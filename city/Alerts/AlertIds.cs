using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.City;

/// <summary>An alert's name: SHA-256 of who, which rule, and the measured time of the onset, cut to 128 bits.</summary>
public static class AlertIds
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648 base32, lower case, unpadded

    /// <summary>26 characters of <c>a-z 2-7</c>.</summary>
    /// <param name="subject"><c>device/ID</c> or <c>zone/ID</c>.</param>
    /// <param name="rule">The rule's name.</param>
    /// <param name="onset">Measured time of the onset, Unix ns.</param>
    public static string Make(string subject, string rule, long onset)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(subject, "|", rule, "|"));
        var input = new byte[text.Length + sizeof(long)];
        text.CopyTo(input, 0);
        BinaryPrimitives.WriteInt64BigEndian(input.AsSpan(text.Length), onset);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        var value = BinaryPrimitives.ReadUInt128BigEndian(hash);
        return string.Create(26, value, static (span, bits) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                // 26 × 5 = 130 bits: the last character carries three bits, shifted up by two.
                var shift = 123 - (5 * i);
                var five = shift >= 0 ? (int)(bits >> shift) & 31 : (int)(bits << -shift) & 31;
                span[i] = Alphabet[five];
            }
        });
    }
}
