using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Users and keys, for administrators.</summary>
internal static class PeopleApi
{
    internal sealed record UserView(string Name, IReadOnlyList<string> Roles, bool Disabled, bool HasPassword, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt);

    /// <param name="Roles">viewer, operator, lighting, technician, admin; or wall alone.</param>
    /// <param name="Password">Missing: as it was.</param>
    /// <param name="Disabled">Their sessions end at once.</param>
    internal sealed record UserBody(IReadOnlyList<string> Roles, string? Password = null, bool Disabled = false);

    /// <summary>Shown here and never again; for <c>POST /api/v1/login/code</c>, or behind the # of the console's address.</summary>
    internal sealed record WallCode(string User, string Code, DateTimeOffset ExpiresAt);

    internal sealed record KeyBody(string Name, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt = null);

    /// <summary>A new key with its secret, which is shown here and never again; it is revoked by its id.</summary>
    internal sealed record KeyMade(string Id, string Name, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt, string Key);

    public static async Task UsersAsync(Call call)
    {
        var users = await call.Services.Identity.Users.ListAsync(call.Cancel);
        var after = call.Query("cursor");
        var limit = call.Limit;
        var rest = users.Where(u => after is null || string.CompareOrdinal(u.Name, after) > 0).Take(limit + 1).ToList();
        await call.ReplyAsync(new Page<UserView>([.. rest.Take(limit).Select(View)], rest.Count > limit ? rest[limit - 1].Name : null));
    }

    public static async Task PutUserAsync(Call call)
    {
        var body = await call.BodyAsync<UserBody>();
        var roles = RoleWords.Parse(body.Roles ?? []) ?? throw ProblemException.Bad($"\"roles\" is a list of at least one of {RoleWords.All}.");
        if (call.Id == call.Caller.Name && (body.Disabled || !roles.HasFlag(Roles.Admin)))
        {
            throw new ProblemException(409, "Conflict", "You cannot take your own administration away; another administrator can.");
        }

        await call.Services.Identity.Users.PutAsync(call.Id, roles, body.Password, body.Disabled, call.Caller.Name, call.Cancel);
        await call.DoneAsync();
    }

    public static async Task RemoveUserAsync(Call call)
    {
        if (call.Id == call.Caller.Name)
        {
            throw new ProblemException(409, "Conflict", "You cannot remove yourself; another administrator can.");
        }

        if (!await call.Services.Identity.Users.RemoveAsync(call.Id, call.Caller.Name, call.Cancel))
        {
            throw ProblemException.Missing("user of that name");
        }

        await call.DoneAsync();
    }

    /// <summary>A one-time code that signs a wall display in without anybody typing a password on a wall.</summary>
    public static async Task WallCodeAsync(Call call)
    {
        var user = (await call.Services.Identity.Users.ListAsync(call.Cancel)).Find(u => u.Name == call.Id) ?? throw ProblemException.Missing("user of that name");
        if (user.Roles != Roles.Wall || user.Disabled)
        {
            throw new ProblemException(409, "Conflict", "Only a wall display in force is signed in by a code; people have passwords.");
        }

        var until = call.Services.Time.GetUtcNow() + call.Services.Identity.Options.LoginCodeLife;
        var code = await call.Services.Identity.Sessions.NewCodeAsync(user.Name, Roles.Wall, call.Cancel, call.Caller.Name);
        await call.ReplyAsync(new WallCode(user.Name, code, until), StatusCodes.Status201Created);
    }

    public static async Task KeysAsync(Call call)
    {
        var keys = await call.Services.Identity.Keys.ListAsync(call.Cancel);
        var (start, limit) = (call.Query("cursor") is null ? 0 : call.Number("cursor", 0, 0, int.MaxValue), call.Limit);
        var page = keys.Skip(start).Take(limit).ToList();
        await call.ReplyAsync(new Page<KeyRow>(page, start + limit < keys.Count ? FormattableString.Invariant($"{start + limit}") : null));
    }

    public static async Task CreateKeyAsync(Call call)
    {
        var body = await call.BodyAsync<KeyBody>();
        var (key, secret) = await call.Services.Identity.Keys.CreateAsync(body.Name ?? "", body.Scopes ?? [], body.ExpiresAt, call.Caller.Name, call.Cancel);
        await call.ReplyAsync(new KeyMade(key.Id, key.Name, key.Scopes, key.ExpiresAt, secret), StatusCodes.Status201Created);
    }

    public static async Task RevokeKeyAsync(Call call)
    {
        if (!await call.Services.Identity.Keys.RevokeAsync(call.Id, call.Caller.Name, call.Cancel))
        {
            throw ProblemException.Missing("key of that id that is in force");
        }

        await call.DoneAsync();
    }

    private static UserView View(UserRow u) => new(u.Name, u.Roles.ToWords(), u.Disabled, u.HasPassword, u.CreatedAt, u.ChangedAt);
}
