using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>A person (or a program with a password).</summary>
internal sealed record UserRow(string Name, Roles Roles, bool Disabled, bool HasPassword, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt);

/// <summary>Users and their passwords, hashed by the framework's hasher. What is changed here holds at the next request, in every process.</summary>
internal sealed class UserBook : IDisposable
{
    private const int MaximumPassword = 256;
    private readonly BookStore _store;
    private readonly TimeProvider _time;
    private readonly IdentityOptions _options;
    private readonly PasswordHasher<UserRow> _hasher;
    private readonly SemaphoreSlim _hashing;
    private readonly Lazy<string> _nobody;

    public UserBook(BookStore store, TimeProvider time, IdentityOptions options)
    {
        _store = store;
        _time = time;
        _options = options;
        _hasher = new PasswordHasher<UserRow>(Options.Create(new PasswordHasherOptions { IterationCount = options.HashRounds }));
        _hashing = new SemaphoreSlim(options.HashesAtOnce);
        _nobody = new(() => _hasher.HashPassword(null!, Secrets.Token(128)));
    }

    /// <summary>All, by name.</summary>
    public Task<List<UserRow>> ListAsync(CancellationToken cancel) => _store.ReadAsync(
        sql => sql.Query("SELECT name, roles, disabled, CASE WHEN password IS NULL THEN 0 ELSE 1 END, created_at, changed_at FROM users ORDER BY name", Read), cancel);

    /// <summary>Makes a user or changes one.</summary>
    /// <param name="name">1–63 of a-z 0-9 - _ . @.</param>
    /// <param name="roles">What they may be.</param>
    /// <param name="password">Null leaves it as it is (a new user then cannot sign in with one).</param>
    /// <param name="disabled">Their sessions end at once.</param>
    /// <param name="who">Who does this.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="IdentityException">Something is wrong with it; nothing was changed.</exception>
    public async Task PutAsync(string name, Roles roles, string? password, bool disabled, string who, CancellationToken cancel)
    {
        if (!Identifiers.IsLogin(name))
        {
            throw new IdentityException("name", "a user's name is 1-63 of a-z 0-9 - _ . @");
        }

        if (password is not null && (password.Length < _options.MinimumPassword || password.Length > MaximumPassword || password == name))
        {
            throw new IdentityException("password", FormattableString.Invariant($"a password has {_options.MinimumPassword} to {MaximumPassword} characters and is not the user's name"));
        }

        if (roles.HasFlag(Roles.Wall) && roles != Roles.Wall)
        {
            throw new IdentityException("roles", "wall stands alone: whoever walks past a wall display may look, and do nothing");
        }

        var hash = password is null ? null : await HashAsync(password, cancel);
        await _store.WriteAsync(
            transaction =>
            {
                var sql = transaction.Sql;
                var now = _time.Nanoseconds();
                var known = sql.Number("SELECT 1 FROM users WHERE name = $1", name) is not null;
                if (!known && sql.Number("SELECT count(*) FROM users") >= _options.MaximumUsers)
                {
                    throw new IdentityException("name", FormattableString.Invariant($"there are {_options.MaximumUsers} users already"));
                }

                var admins = Administrators(sql);
                sql.Execute(
                    """
                    INSERT INTO users(name, password, roles, disabled, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $5)
                    ON CONFLICT(name) DO UPDATE SET password = coalesce($2, users.password), roles = $3, disabled = $4, changed_at = $5
                    """,
                    name, hash, string.Join(' ', roles.ToWords()), disabled, now);
                KeepOne(sql, admins);
                if (disabled || hash is not null)
                {
                    // A new password ends every session: it may have been changed because somebody else knew the old one.
                    sql.Execute("DELETE FROM sessions WHERE \"user\" = $1", name);
                    sql.Execute("DELETE FROM login_codes WHERE \"user\" = $1", name);
                }

                transaction.Audit(now, who, known ? "change-user" : "add-user", $"user/{name}", string.Join(' ', roles.ToWords()) + (disabled ? " disabled" : ""));
            },
            cancel);
    }

    /// <summary>Removes a user and their sessions; what they did stays on the record.</summary>
    /// <exception cref="IdentityException">It is the last administrator.</exception>
    public Task<bool> RemoveAsync(string name, string who, CancellationToken cancel) => _store.WriteAsync(
        transaction =>
        {
            var admins = Administrators(transaction.Sql);
            var removed = transaction.Sql.Execute("DELETE FROM users WHERE name = $1", name) == 1;
            KeepOne(transaction.Sql, admins);
            if (removed)
            {
                transaction.Audit(_time.Nanoseconds(), who, "remove-user", $"user/{name}");
            }

            return removed;
        },
        cancel);

    /// <summary>The user of this name and password, or null. A wrong name costs as much time as a wrong password.</summary>
    public async Task<UserRow?> CheckAsync(string name, string password, CancellationToken cancel)
    {
        var found = await _store.ReadAsync(
            sql => sql.First(
                "SELECT name, roles, disabled, CASE WHEN password IS NULL THEN 0 ELSE 1 END, created_at, changed_at, password FROM users WHERE name = $1",
                r => Tuple.Create(Read(r), r.Text(6)),
                name),
            cancel);
        if (password.Length > MaximumPassword)
        {
            return null;
        }

        await _hashing.WaitAsync(cancel);
        PasswordVerificationResult verdict;
        try
        {
            verdict = _hasher.VerifyHashedPassword(null!, found?.Item2 ?? _nobody.Value, password);
        }
        finally
        {
            _hashing.Release();
        }

        if (verdict == PasswordVerificationResult.Failed || found is not { Item2: not null, Item1.Disabled: false })
        {
            return null;
        }

        if (verdict == PasswordVerificationResult.SuccessRehashNeeded)
        {
            var hash = await HashAsync(password, cancel);
            await _store.WriteAsync(transaction => transaction.Sql.Execute("UPDATE users SET password = $2 WHERE name = $1", name, hash), cancel);
        }

        return found.Item1;
    }

    public void Dispose() => _hashing.Dispose();

    private async Task<string> HashAsync(string password, CancellationToken cancel)
    {
        await _hashing.WaitAsync(cancel);
        try
        {
            return _hasher.HashPassword(null!, password);
        }
        finally
        {
            _hashing.Release();
        }
    }

    private static long Administrators(SqlSession sql) =>
        sql.Number("SELECT count(*) FROM users WHERE disabled = 0 AND (' ' || roles || ' ') LIKE '% admin %'") ?? 0;

    // Within the transaction: two who demote each other at once must not both succeed.
    private static void KeepOne(SqlSession sql, long before)
    {
        if (before > 0 && Administrators(sql) == 0)
        {
            throw new IdentityException("roles", "this is the last administrator in force; make another one first") { Conflict = true };
        }
    }

    private static UserRow Read(DbDataReader r) => new(
        r.GetString(0),
        RoleWords.Parse(r.GetString(1).Split(' ')) ?? Roles.None,
        r.Flag(2),
        r.Flag(3),
        Instant.ToMoment(r.GetInt64(4)),
        Instant.ToMoment(r.GetInt64(5)));
}
