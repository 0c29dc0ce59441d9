using System.Net;
using System.Text;

namespace SmartCity.Ingest.Identity;

/// <summary>A program that may read alerts over MQTT.</summary>
/// <param name="Name">User name, or <c>key:</c> and the key's name.</param>
/// <param name="Proof">What it proved it with, to be found again among <see cref="MqttReaders.InForceAsync"/>.</param>
internal sealed record ReaderIdentity(string Name, string Proof);

/// <summary>Credentials of programs that only listen: a user's name and password, or a key with the scope <c>mqtt:read</c> as password.</summary>
internal sealed class MqttReaders(IdentityService identity)
{
    /// <summary>Who it is; null when the credentials are wrong, or (<c>Wait</c>) there were too many wrong ones.</summary>
    public async Task<(ReaderIdentity? Reader, TimeSpan? Wait)> AuthenticateAsync(string? name, ReadOnlyMemory<byte> password, IPAddress? from, CancellationToken cancel)
    {
        if (password.IsEmpty || password.Length > 1024)
        {
            return (null, null);
        }

        var secret = Encoding.UTF8.GetString(password.Span);
        if (secret.StartsWith(ApiKeys.Prefix, StringComparison.Ordinal))
        {
            var key = await identity.Keys.FindAsync(secret, cancel);
            return (key?.Scopes.Contains(Scopes.MqttRead) == true ? new ReaderIdentity("key:" + key.Name, ProofOf(key)) : null, null);
        }

        var (user, wait) = name is null ? (null, null) : await identity.Sessions.CheckPasswordAsync(name, secret, from, cancel);
        return (user is null ? null : new ReaderIdentity(user.Name, ProofOf(user)), wait);
    }

    /// <summary>The proofs that still hold. A user's ends with any change to the user: a new password, too, is a withdrawal of the old one.</summary>
    public async Task<IReadOnlySet<string>> InForceAsync(CancellationToken cancel)
    {
        var now = identity.Time.GetUtcNow();
        var keys = (await identity.Keys.ListAsync(cancel)).Where(k => k.RevokedAt is null && !(k.ExpiresAt <= now) && k.Scopes.Contains(Scopes.MqttRead));
        var users = (await identity.Users.ListAsync(cancel)).Where(u => !u.Disabled && u.HasPassword);
        return keys.Select(ProofOf).Concat(users.Select(ProofOf)).ToHashSet(StringComparer.Ordinal);
    }

    private static string ProofOf(KeyRow key) => "key:" + key.Id;

    private static string ProofOf(UserRow user) => FormattableString.Invariant($"user:{user.Name}:{user.ChangedAt.UtcTicks}");
}
