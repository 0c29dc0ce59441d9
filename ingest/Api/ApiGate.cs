using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Data.Sqlite;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>
/// Stands before every route: headers of security, who calls, whether they may, how large the body may be; and behind it:
/// whatever went wrong becomes a problem that says what to do and gives nothing away.
/// </summary>
internal sealed partial class ApiGate(ApiServices services, ILogger<ApiGate> logger)
{
    /// <summary>What a person's changes carry.</summary>
    public const string CsrfHeader = "X-CSRF-Token";

    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        Secure(http);
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
            {
                await Problem.WriteAsync(http, http.Response.StatusCode);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (Exception e)
        {
            await Problem.WriteAsync(http, e is RegistryConflictException conflict ? await FirstAsync(conflict) : Judge(http, e));
        }
    }

    // Who was first, from the record: the one who came second wants to ask them.
    private async Task<ProblemException> FirstAsync(RegistryConflictException conflict)
    {
        var last = (await services.Book.Store.ReadAsync(sql => sql.AuditOf(conflict.Target, 1), CancellationToken.None)).FirstOrDefault();
        var first = last is null ? "" : string.Create(CultureInfo.InvariantCulture, $" Last was {last.Who}: {last.Act}, {last.At:yyyy-MM-ddTHH:mm:sszzz}.");
        return new ProblemException(409, "Somebody was first", conflict.Message + first)
            .With("by", last?.Who)
            .With("at", last?.At)
            .With("what", last?.Act)
            .With("revision", conflict.Revision);
    }

    /// <summary>Runs a route's handler if its caller may.</summary>
    public async Task RunAsync(HttpContext http, Route route)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = route.MaximumBody(services.Options);
        }

        var caller = await CallerReader.ReadAsync(http, services);
        if (!route.Access.Allows(caller))
        {
            throw caller.Kind is CallerKind.Session or CallerKind.Key
                ? ProblemException.Forbidden(caller.Kind == CallerKind.Key ? "This key has no scope for this." : "Your role does not allow this.")
                : new ProblemException(401, "Not signed in", "Sign in, or send a key as \"Authorization: Bearer sck_…\".");
        }

        if (route.IsChange && caller.Kind == CallerKind.Session && (route.Access.Door & Door.Everybody) == 0 && !HasToken(http.Request, caller))
        {
            throw ProblemException.Forbidden($"A change needs the anti-forgery token of GET /api/v1/me in the header {CsrfHeader}.");
        }

        foreach (var name in http.Request.Query.Keys)
        {
            if (!route.Query.Contains(name))
            {
                throw ProblemException.Bad(route.Query.Length == 0
                    ? "This address takes no query parameters."
                    : $"This address does not know the parameter \"{(name.Length <= 40 ? name : "…")}\"; it knows {string.Join(", ", route.Query)}.");
            }
        }

        await route.Handler(new Call(http, services, caller));
    }

    private static bool HasToken(HttpRequest request, Caller caller) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(request.Headers[CsrfHeader].ToString()), Encoding.UTF8.GetBytes(caller.Csrf ?? "-"));

    private static void Secure(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (http.GetEndpoint()?.Metadata.GetMetadata<Route>() is not null)
        {
            headers.CacheControl = "no-store";
            headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        }
    }

    // What a person has to know: whether what they asked for has happened. The member bookAway says it to programs: unread, unchanged or unknown.
    private static ProblemException Away(BookEngineException e, string method)
    {
        var (word, happened) = method is "GET" or "HEAD" ? ("unread", "Live values, the map and new (provisional) alerts go on without it.")
            : e.NotBegun || e.Fault == BookFault.Busy ? ("unchanged", "Nothing was changed. Do it again when the book is back, or at another server.")
            : ("unknown", "It is not known whether this was kept. Look again before you repeat it.");
        return new ProblemException(503, "Not available", "The city's book does not answer. " + happened) { RetryAfter = TimeSpan.FromSeconds(5) }.With("bookAway", word);
    }

    private ProblemException Judge(HttpContext http, Exception e)
    {
        switch (e)
        {
            case ProblemException problem:
                return problem;
            case RegistryException registry:
                return new ProblemException(400, "Bad request", $"Nothing was changed: {registry.Errors.Count} errors; the first: {registry.Message}")
                    .With("errors", registry.Errors);
            case IdentityException identity:
                return new ProblemException(identity.Conflict ? 409 : 400, identity.Conflict ? "Conflict" : "Bad request", identity.Message).With("field", identity.Field);
            case Lights.LightingException lighting:
                return LightFaults.Problem(lighting);
            case HistoryQueryException query:
                return ProblemException.Bad(query.Message);
            case HistoryStoppedException:
                Log.Unavailable(logger, e);
                return new ProblemException(503, "Not available", "The history store does not answer.") { RetryAfter = TimeSpan.FromSeconds(5) };
            case BadHttpRequestException bad:
                return bad.StatusCode == 413
                    ? new ProblemException(413, "Too large", "The request is larger than this address takes.")
                    : new ProblemException(bad.StatusCode, "Bad request", "The request was not well-formed.");
            case BookEngineException { Fault: BookFault.Full } or SqliteException { SqliteErrorCode: 13 }:
                Log.Unavailable(logger, e);
                return new ProblemException(503, "Not available", "The server's disk is full; nothing was changed.") { RetryAfter = TimeSpan.FromSeconds(30) };
            case BookEngineException { Fault: BookFault.Away or BookFault.Busy }:
                Log.Away(logger, http.Request.Method, e.Message);
                return Away((BookEngineException)e, http.Request.Method);
            case BookSupersededException:
                return new ProblemException(503, "Not available", "Another server has taken over; nothing was changed here.") { RetryAfter = TimeSpan.FromSeconds(1) };
            default:
                Log.Failed(logger, e);
                return new ProblemException(500, "Internal error", "The server could not do this; its log says more.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A request failed.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "A request found something not available.")]
        public static partial void Unavailable(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "A request ({method}) was answered 503: {why}")]
        public static partial void Away(ILogger logger, string method, string why);
    }
}
