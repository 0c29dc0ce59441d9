using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Ingest.Identity;

/// <summary>Making and recognising random secrets. They carry so much chance that a plain SHA-256 at rest is enough.</summary>
internal static class Secrets
{
    // Crockford's base32: no letter that a person reads as another.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A URL-safe text of that many random bits (a multiple of 8).</summary>
    public static string Token(int bits) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bits / 8));

    /// <summary>A code for people to type: 20 letters and digits (100 bits) in groups of five.</summary>
    public static string Code()
    {
        Span<char> letters = stackalloc char[20];
        RandomNumberGenerator.GetItems(Alphabet, letters);
        return $"{letters[..5]}-{letters[5..10]}-{letters[10..15]}-{letters[15..]}";
    }

    /// <summary>What is kept of a secret.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>What is kept of a code, whatever way a person typed it.</summary>
    public static byte[] HashCode(string code)
    {
        var plain = new StringBuilder(20);
        foreach (var c in code.ToUpperInvariant())
        {
            if (c is not ('-' or ' '))
            {
                plain.Append(c switch { 'O' => '0', 'I' or 'L' => '1', _ => c });
            }
        }

        return Hash(plain.ToString());
    }
}
