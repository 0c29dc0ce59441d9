using System.Data.Common;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>A key of a program, without its secret.</summary>
internal sealed record KeyRow(
    string Id,
    string Name,
    IReadOnlyList<string> Scopes,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? UsedAt,
    DateTimeOffset? RevokedAt);

/// <summary>What a key may be for.</summary>
internal static class Scopes
{
    /// <summary>Everything a viewer sees over HTTP.</summary>
    public const string Read = "read";

    /// <summary>Alerts over MQTT.</summary>
    public const string MqttRead = "mqtt:read";

    /// <summary>Acting on alerts.</summary>
    public const string Alerts = "alerts";

    /// <summary>Changing the registry: put, replace, import.</summary>
    public const string Registry = "registry";

    /// <summary>Writing lines of every device.</summary>
    public const string WriteAll = "write:*";

    /// <summary>Before a device's id: writing lines of that device.</summary>
    public const string WritePrefix = "write:";

    /// <summary>For messages.</summary>
    public const string Known = "read, mqtt:read, alerts, registry, write:* (all devices) and write:{device}";

    public static bool IsValid(string scope) =>
        scope is Read or MqttRead or Alerts or Registry or WriteAll ||
        (scope.StartsWith(WritePrefix, StringComparison.Ordinal) && Identifiers.IsValid(scope[WritePrefix.Length..]));

    public static bool IsWrite(string scope) => scope.StartsWith(WritePrefix, StringComparison.Ordinal);
}

/// <summary>Keys of programs: <c>sck_</c> and 256 random bits, shown once, SHA-256 at rest.</summary>
internal sealed class ApiKeys(BookStore store, TimeProvider time, IdentityOptions options)
{
    /// <summary>How every key begins, so that a leaked one is found by a search.</summary>
    public const string Prefix = "sck_";

    private const int MaximumScopes = 200;
    private const string Columns = "id, name, scopes, created_by, created_at, expires_at, used_at, revoked_at";
    private readonly LastWord<KeyRow> _last = new(store.Watch);
    private long _untouched;

    /// <summary>How often the time of last use could not be written.</summary>
    public long Untouched => Volatile.Read(ref _untouched);

    /// <summary>Makes a key. The secret is returned here and never again.</summary>
    /// <exception cref="IdentityException">A scope is unknown, or there are too many keys.</exception>
    public async Task<(KeyRow Key, string Secret)> CreateAsync(
        string name, IReadOnlyList<string> scopes, DateTimeOffset? expires, string who, CancellationToken cancel)
    {
        if (name.Length is < 1 or > 100 || name.Any(char.IsControl))
        {
            throw new IdentityException("name", "a key's name has 1 to 100 characters: say what program it is for");
        }

        if (scopes.Count is 0 or > MaximumScopes || scopes.FirstOrDefault(s => !Scopes.IsValid(s)) is not null)
        {
            throw new IdentityException("scopes", $"1 to {MaximumScopes} scopes; there are {Scopes.Known}");
        }

        if (expires <= time.GetUtcNow())
        {
            throw new IdentityException("expiresAt", "a key's expiry lies in the future");
        }

        var secret = Prefix + Secrets.Token(256);
        var key = new KeyRow(Secrets.Token(72), name, [.. scopes.Distinct()], who, time.GetUtcNow(), expires, null, null);
        await store.WriteAsync(
            transaction =>
            {
                if (transaction.Sql.Number("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") >= options.MaximumKeys)
                {
                    throw new IdentityException("name", FormattableString.Invariant($"there are {options.MaximumKeys} keys already; revoke some"));
                }

                transaction.Sql.Execute(
                    "INSERT INTO api_keys(id, name, hash, scopes, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    key.Id, key.Name, Secrets.Hash(secret), string.Join(' ', key.Scopes), who, Instant.From(key.CreatedAt),
                    expires is { } end ? Instant.From(end) : null);
                transaction.Audit(Instant.From(key.CreatedAt), who, "add-key", $"key/{key.Id}", string.Join(' ', key.Scopes));
            },
            cancel);
        return (key, secret);
    }

    /// <summary>All that were ever made, newest first, without their secrets.</summary>
    public Task<List<KeyRow>> ListAsync(CancellationToken cancel) =>
        store.ReadAsync(sql => sql.Query($"SELECT {Columns} FROM api_keys ORDER BY created_at DESC LIMIT 10000", Read), cancel);

    /// <summary>Ends a key. Holds at its next use.</summary>
    public Task<bool> RevokeAsync(string id, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var now = time.Nanoseconds();
            var revoked = transaction.Sql.Execute("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, now) == 1;
            if (revoked)
            {
                transaction.Audit(now, who, "revoke-key", $"key/{id}");
            }

            return revoked;
        },
        cancel);

    /// <summary>The key of a secret, if it is one and is good now. While the book is away: as it last said.</summary>
    /// <exception cref="BookEngineException">The book is away and has said nothing of it to this process.</exception>
    public async Task<KeyRow?> FindAsync(string secret, CancellationToken cancel)
    {
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal) || secret.Length > 100)
        {
            return null;
        }

        var hash = Secrets.Hash(secret);
        return await _last.AskAsync(hash, () => FindAsync(hash, cancel), key => !(key.ExpiresAt <= time.GetUtcNow()));
    }

    private async Task<KeyRow?> FindAsync(byte[] hash, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var key = await store.ReadAsync(
            sql => sql.First(
                $"SELECT {Columns} FROM api_keys WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
                Read, hash, Instant.From(now)),
            cancel);
        if (key is not null && (key.UsedAt is null || now - key.UsedAt > TimeSpan.FromHours(1)))
        {
            // Good enough to find keys nobody uses; a write at every use would put a sync before every line.
            try
            {
                await store.WriteAsync(transaction => transaction.Sql.Execute("UPDATE api_keys SET used_at = $2 WHERE id = $1", key.Id, Instant.From(now)), cancel);
            }
            catch (BookEngineException)
            {
                // A disk that takes nothing more must not shut programs out that only read.
                Interlocked.Increment(ref _untouched);
            }
        }

        return key;
    }

    private static KeyRow Read(DbDataReader r) => new(
        r.GetString(0),
        r.GetString(1),
        r.GetString(2).Split(' '),
        r.GetString(3),
        Instant.ToMoment(r.GetInt64(4)),
        Instant.ToMoment(r.Long(5)),
        Instant.ToMoment(r.Long(6)),
        Instant.ToMoment(r.Long(7)));
}
