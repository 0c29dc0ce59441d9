using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>A person who has signed in.</summary>
/// <param name="User">Their name.</param>
/// <param name="Roles">Their roles as the book has them now.</param>
/// <param name="Csrf">What every change must carry in <c>X-CSRF-Token</c>.</param>
/// <param name="Expires">When the session ends however much it is used; a wall display's moves on with every use.</param>
internal sealed record SessionCaller(string User, Roles Roles, string Csrf, DateTimeOffset Expires);

/// <summary>How a sign-in ended.</summary>
internal abstract record LoginResult
{
    /// <summary>The session's token: for the cookie only.</summary>
    internal sealed record Ok(string Token, SessionCaller Caller) : LoginResult;

    internal sealed record Wrong : LoginResult;

    internal sealed record TooMany(TimeSpan Wait) : LoginResult;
}

/// <summary>
/// Sessions of people: a random token of 256 bits in the cookie, its hash in the book. User and roles are read at every
/// request, so taking them away holds at once. The anti-forgery token is an HMAC under the session's own token: nothing
/// more to store, and worthless without the cookie.
/// </summary>
internal sealed class Sessions(BookStore store, UserBook users, TimeProvider time, IdentityOptions options)
{
    private readonly AttemptLimiter _byUser = new(time, options.AttemptsPerUser, options.AttemptWindow, servers: options.Servers);
    private readonly AttemptLimiter _byAddress = new(time, options.AttemptsPerAddress, options.AttemptWindow, servers: options.Servers);
    private readonly LastWord<SessionCaller> _last = new(store.Watch);
    private long _failures;
    private long _untouched;

    /// <summary>How often the time of last use could not be written.</summary>
    public long Untouched => Volatile.Read(ref _untouched);

    /// <summary>Failed sign-ins since start.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Signs in with a password.</summary>
    public async Task<LoginResult> LoginAsync(string name, string password, IPAddress? from, CancellationToken cancel)
    {
        var (user, wait) = await CheckPasswordAsync(name, password, from, cancel);
        return wait is { } pause ? new LoginResult.TooMany(pause)
            : user is null ? new LoginResult.Wrong()
            : await BeginAsync(user.Name, user.Roles, from, cancel);
    }

    /// <summary>The user of a name and password, under the limits of sign-in; also for programs over MQTT.</summary>
    public async Task<(UserRow? User, TimeSpan? Wait)> CheckPasswordAsync(string name, string password, IPAddress? from, CancellationToken cancel)
    {
        // A name that can be nobody's is not remembered: it costs its address only.
        var (address, known) = (Key(from), Identifiers.IsLogin(name));
        if (_byAddress.Take(address) is { } first)
        {
            return (null, first);
        }

        if (known && _byUser.Take(name) is { } second)
        {
            return (null, second);
        }

        UserRow? user;
        try
        {
            user = await users.CheckAsync(name, password, cancel);
        }
        catch (BookEngineException)
        {
            // Nobody has guessed anything: an officer who tries while the book is away must not be shut out when it is back.
            _byAddress.Forgive(address);
            _byUser.Forgive(name);
            throw;
        }

        if (user is null)
        {
            Interlocked.Increment(ref _failures);
            return (null, null);
        }

        _byAddress.Forgive(address);
        _byUser.Forgive(name);
        return (user, null);
    }

    /// <summary>Makes a one-time login code for a user, making the user (without a password) if there is none.</summary>
    public async Task<string> NewCodeAsync(string user, Roles rolesOfNew, CancellationToken cancel, string who = "command-line")
    {
        if ((await users.ListAsync(cancel)).TrueForAll(u => u.Name != user))
        {
            await users.PutAsync(user, rolesOfNew, null, disabled: false, "one-time-login", cancel);
        }

        var code = Secrets.Token(256);
        await store.WriteAsync(
            transaction =>
            {
                transaction.Sql.Execute("DELETE FROM login_codes WHERE expires_at <= $1 OR \"user\" = $2", time.Nanoseconds(), user);
                transaction.Sql.Execute(
                    "INSERT INTO login_codes(code, \"user\", expires_at) VALUES ($1, $2, $3)",
                    Secrets.Hash(code), user, Instant.From(time.GetUtcNow() + options.LoginCodeLife));
                transaction.Audit(time.Nanoseconds(), who, "one-time-login", $"user/{user}");
            },
            cancel);
        return code;
    }

    /// <summary>Signs in with a one-time code; it works once.</summary>
    public async Task<LoginResult> RedeemAsync(string code, IPAddress? from, CancellationToken cancel)
    {
        if (_byAddress.Take(Key(from)) is { } wait)
        {
            return new LoginResult.TooMany(wait);
        }

        var user = await store.WriteAsync(
            transaction => transaction.Sql.First(
                "DELETE FROM login_codes WHERE code = $1 AND expires_at > $2 RETURNING \"user\"", r => r.GetString(0), Secrets.Hash(code), time.Nanoseconds()),
            cancel);
        var row = user is null ? null : (await users.ListAsync(cancel)).Find(u => u.Name == user && !u.Disabled);
        if (row is null)
        {
            Interlocked.Increment(ref _failures);
            return new LoginResult.Wrong();
        }

        _byAddress.Forgive(Key(from));
        return await BeginAsync(row.Name, row.Roles, from, cancel);
    }

    /// <summary>Who a cookie's token belongs to, now; null when it is unknown, expired, or its user disabled. While the book is away: as it last said.</summary>
    /// <exception cref="BookEngineException">The book is away and has said nothing of it to this process.</exception>
    public Task<SessionCaller?> FindAsync(string token, CancellationToken cancel)
    {
        var hash = Secrets.Hash(token);
        return _last.AskAsync(hash, () => FindAsync(token, hash, cancel), caller => caller.Expires > time.GetUtcNow());
    }

    private async Task<SessionCaller?> FindAsync(string token, byte[] hash, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var found = await store.ReadAsync(
            sql => sql.First(
                """
                SELECT u.name, u.roles, s.seen_at, s.created_at FROM sessions s JOIN users u ON u.name = s."user"
                WHERE s.token = $1 AND s.expires_at > $2 AND u.disabled = 0
                """,
                r => Tuple.Create(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)),
                hash, Instant.From(now)),
            cancel);
        if (found is null || RoleWords.Parse(found.Item2.Split(' ')) is not { } roles)
        {
            return null;
        }

        // By the roles of now: a wall display that has become an officer keeps no endless session.
        var idle = Instant.Of(roles == Roles.Wall ? options.WallIdle : options.SessionIdle);
        var end = Ends(roles, now, Instant.ToMoment(found.Item4));
        if (Instant.From(now) - found.Item3 >= idle || end <= now)
        {
            return null;
        }

        if (Instant.From(now) - found.Item3 > Instant.Of(options.SessionTouch))
        {
            try
            {
                await store.WriteAsync(
                    transaction => transaction.Sql.Execute("UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE token = $1", hash, Instant.From(now), Instant.From(end)), cancel);
            }
            catch (BookEngineException)
            {
                // A disk that takes nothing more must not blind the officer who is looking; the session only ages.
                Interlocked.Increment(ref _untouched);
            }
        }

        return new SessionCaller(found.Item1, roles, Csrf(token), end);
    }

    /// <summary>Signs out.</summary>
    public Task EndAsync(string token, CancellationToken cancel)
    {
        var hash = Secrets.Hash(token);
        _last.Forget(hash);
        return store.WriteAsync(transaction => transaction.Sql.Execute("DELETE FROM sessions WHERE token = $1", hash), cancel);
    }

    private async Task<LoginResult> BeginAsync(string user, Roles roles, IPAddress? from, CancellationToken cancel)
    {
        var token = Secrets.Token(256);
        var now = time.GetUtcNow();
        await store.WriteAsync(
            transaction =>
            {
                var sql = transaction.Sql;
                sql.Execute("DELETE FROM sessions WHERE expires_at <= $1", Instant.From(now));
                sql.Execute(
                    "DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE \"user\" = $1 ORDER BY seen_at DESC LIMIT 1000000000 OFFSET $2)",
                    user, options.SessionsPerUser - 1);
                sql.Execute(
                    "INSERT INTO sessions(token, \"user\", created_at, seen_at, expires_at, remote) VALUES ($1, $2, $3, $3, $4, $5)",
                    Secrets.Hash(token), user, Instant.From(now), Instant.From(Ends(roles, now, now)), from?.ToString());
                transaction.Audit(Instant.From(now), user, "login", $"user/{user}", from?.ToString());
            },
            cancel);
        return new LoginResult.Ok(token, new SessionCaller(user, roles, Csrf(token), Ends(roles, now, now)));
    }

    private DateTimeOffset Ends(Roles roles, DateTimeOffset now, DateTimeOffset created) =>
        roles == Roles.Wall ? now + options.WallIdle : created + options.SessionLife;

    private static string Csrf(string token) => Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), "anti-forgery"u8));

    // IPv6: a customer has a /64 at least; counting single addresses would count nothing.
    internal static string Key(IPAddress? address)
    {
        if (address is null)
        {
            return "?";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }
}
