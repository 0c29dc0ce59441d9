using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Finds out who calls. A key goes before a cookie; a wrong one of either is nobody, not the next best.</summary>
internal static class CallerReader
{
    /// <summary>Name of the session's cookie.</summary>
    public const string Cookie = "smartcity";

    public static async Task<Caller> ReadAsync(HttpContext http, ApiServices services)
    {
        if (KeyOf(http.Request) is { } secret)
        {
            return await services.Identity.Keys.FindAsync(secret, http.RequestAborted) is { } key
                ? new Caller(CallerKind.Key, "key:" + key.Name, Roles.None, key.Scopes, null)
                : Caller.Stranger;
        }

        if (http.Request.Cookies[Cookie] is { Length: > 0 and <= 100 } token &&
            await services.Identity.Sessions.FindAsync(token, http.RequestAborted) is { } session)
        {
            return new Caller(CallerKind.Session, session.User, session.Roles, [], session.Csrf) { Expires = session.Expires };
        }

        return !OpenDoor.IsNeighbour(http) ? Caller.Stranger : services.Options.Open ? Caller.Open : Caller.Neighbour;
    }

    // "Token" is what InfluxDB's clients say (https://docs.influxdata.com/influxdb/v2/api/v2/), "Bearer" what everybody else does.
    private static string? KeyOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var space = header.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && (header.AsSpan(0, space).Equals("Bearer", StringComparison.OrdinalIgnoreCase) || header.AsSpan(0, space).Equals("Token", StringComparison.OrdinalIgnoreCase))
            ? header[(space + 1)..].Trim()
            : null;
    }
}
