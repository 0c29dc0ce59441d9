using System.Security.Cryptography;
using System.Text;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Delivery;

/// <summary>
/// Secrets of webhooks. They are made from one key in a file that only its owner may read, from the webhook's id and from how often
/// its secret was renewed: the book holds nothing that signs, and a copy of the book alone can forge nothing.
/// </summary>
internal sealed class WebhookSecrets
{
    /// <summary>How every secret begins (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme").</summary>
    public const string Prefix = "whsec_";

    private const int KeyBytes = 32;
    private readonly byte[] _key;

    private WebhookSecrets(byte[] key, bool isNew) => (_key, IsNew) = (key, isNew);

    /// <summary>The key was made just now: secrets that were given out before, if any, hold no longer.</summary>
    public bool IsNew { get; }

    /// <summary>Reads the key, or makes it.</summary>
    /// <exception cref="CityCaException">Others may read the file, or it holds no key; the message says what to do.</exception>
    public static WebhookSecrets OpenOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            var made = RandomNumberGenerator.GetBytes(KeyBytes);
            SecretFile.Write(path, Convert.ToHexStringLower(made) + "\n");
            return new WebhookSecrets(made, isNew: true);
        }

        SecretFile.MustBePrivate(path);
        try
        {
            var key = Convert.FromHexString(File.ReadAllText(path).Trim());
            return key.Length == KeyBytes ? new WebhookSecrets(key, isNew: false) : throw new FormatException();
        }
        catch (FormatException e)
        {
            throw new CityCaException($"{path} is damaged: it holds 64 hexadecimal digits. Restore it from a backup; without it every webhook needs a new secret.", e);
        }
    }

    /// <summary>What signs.</summary>
    /// <param name="webhook">Id of the webhook.</param>
    /// <param name="generation">Which of its secrets.</param>
    public byte[] Key(string webhook, long generation) =>
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(FormattableString.Invariant($"smartcity webhook {webhook} {generation}")));

    /// <summary>The same as the receiver is given it.</summary>
    public string Text(string webhook, long generation) => Prefix + Convert.ToBase64String(Key(webhook, generation));

    /// <summary>The header <c>webhook-signature</c>: one signature for each key, by blanks.</summary>
    /// <param name="keys">What signs.</param>
    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: seconds since 1970.</param>
    /// <param name="body">The bytes that are sent.</param>
    public static string Sign(IEnumerable<byte[]> keys, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(FormattableString.Invariant($"{id}.{timestamp}."));
        byte[] signed = [.. head, .. body];
        return string.Join(' ', keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))));
    }
}
