using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Signing in and out.</summary>
internal static class LoginApi
{
    internal sealed record LoginBody(string User, string Password);

    internal sealed record CodeBody(string Code);

    /// <param name="User">Name of the user.</param>
    /// <param name="Roles">What they may be.</param>
    /// <param name="Csrf">To be sent with every change as <c>X-CSRF-Token</c>; null for who has no session.</param>
    /// <param name="Scopes">What a key may.</param>
    /// <param name="Expires">When the session ends; a wall display's moves on whenever it is used. Null for who has no session.</param>
    internal sealed record Me(string User, IReadOnlyList<string> Roles, string? Csrf, IReadOnlyList<string> Scopes, DateTimeOffset? Expires = null);

    public static async Task LoginAsync(Call call)
    {
        var body = await call.BodyAsync<LoginBody>();
        var result = await call.Services.Identity.Sessions.LoginAsync(body.User ?? "", body.Password ?? "", call.Remote, call.Cancel);
        var ok = Begin(call, result, "The user or the password is wrong.");
        await call.ReplyAsync(new Me(ok.User, ok.Roles.ToWords(), ok.Csrf, [], ok.Expires));
    }

    /// <summary>
    /// The one-time link that the server prints holds the code behind a #, where no browser sends it and no proxy logs it; the
    /// console hands it in here.
    /// </summary>
    public static async Task CodeAsync(Call call)
    {
        var body = await call.BodyAsync<CodeBody>();
        var result = await call.Services.Identity.Sessions.RedeemAsync(body.Code ?? "", call.Remote, call.Cancel);
        var ok = Begin(call, result, "The sign-in link has expired or has been used.");
        await call.ReplyAsync(new Me(ok.User, ok.Roles.ToWords(), ok.Csrf, [], ok.Expires));
    }

    public static async Task LogoutAsync(Call call)
    {
        if (call.Http.Request.Cookies[CallerReader.Cookie] is { } token)
        {
            await call.Services.Identity.Sessions.EndAsync(token, call.Cancel);
        }

        call.Http.Response.Cookies.Delete(CallerReader.Cookie, Cookie(call, null));
        await call.DoneAsync();
    }

    /// <summary>Who I am. A wall display asks now and then, and its browser is told to keep the cookie as much longer as the book does.</summary>
    public static Task MeAsync(Call call)
    {
        if (call.Caller is { Kind: CallerKind.Session, Roles: Roles.Wall } && call.Http.Request.Cookies[CallerReader.Cookie] is { } token)
        {
            call.Http.Response.Cookies.Append(CallerReader.Cookie, token, Cookie(call, call.Services.Identity.Options.WallIdle));
        }

        return call.ReplyAsync(new Me(call.Caller.Name, call.Caller.Roles.ToWords(), call.Caller.Csrf, call.Caller.Scopes, call.Caller.Expires));
    }

    private static SessionCaller Begin(Call call, LoginResult result, string wrong)
    {
        switch (result)
        {
            case LoginResult.Ok ok:
                call.Http.Response.Cookies.Append(CallerReader.Cookie, ok.Token, Cookie(call, ok.Caller.Expires - call.Services.Time.GetUtcNow()));
                return ok.Caller;
            case LoginResult.TooMany many:
                throw new ProblemException(429, "Too many requests", "Too many attempts; wait a little.") { RetryAfter = many.Wait };
            default:
                throw new ProblemException(401, "Not signed in", wrong);
        }
    }

    private static CookieOptions Cookie(Call call, TimeSpan? life) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = call.Http.Request.IsHttps,
        Path = "/",
        MaxAge = life,
        IsEssential = true,
    };
}
