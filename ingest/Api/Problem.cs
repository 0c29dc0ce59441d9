using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>A refusal, as RFC 9457 problem details. Thrown anywhere in a handler, written in one place.</summary>
internal sealed class ProblemException(int status, string title, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public string Title { get; } = title;

    /// <summary>Further members.</summary>
    public Dictionary<string, object?> More { get; } = [];

    /// <summary>Seconds after which it may be tried again; null when that would not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public ProblemException With(string name, object? value)
    {
        More[name] = value;
        return this;
    }

    public static ProblemException Bad(string detail) => new(400, "Bad request", detail);

    public static ProblemException Missing(string what) => new(404, "Not found", $"There is no {what} here.");

    public static ProblemException Forbidden(string detail) => new(403, "Forbidden", detail);
}

/// <summary>Writing of problems.</summary>
internal static class Problem
{
    public static Task WriteAsync(HttpContext http, int status, string? detail = null) =>
        WriteAsync(http, new ProblemException(status, TitleOf(status), detail ?? DetailOf(status)));

    public static async Task WriteAsync(HttpContext http, ProblemException problem)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        var response = http.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        if (problem.Status == 401)
        {
            response.Headers.WWWAuthenticate = "Bearer realm=\"smartcity\"";
        }

        if (problem.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = FormattableString.Invariant($"{Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds))}");
        }

        var body = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["type"] = "about:blank",
            ["title"] = problem.Title,
            ["status"] = problem.Status,
            ["detail"] = problem.Message,
            ["instance"] = http.Request.Path.Value,
        };

        // What InfluxDB's clients look for: https://docs.influxdata.com/influxdb/v2/api/v2/#operation/PostWrite
        if (http.Request.Path.StartsWithSegments("/api/v2", StringComparison.Ordinal))
        {
            body["code"] = CodeOf(problem.Status);
            body["message"] = problem.Message;
        }

        foreach (var (name, value) in problem.More)
        {
            body[name] = value;
        }

        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body, BookJson.Options), http.RequestAborted);
    }

    private static string TitleOf(int status) => status switch
    {
        400 => "Bad request",
        401 => "Not signed in",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        408 => "Request timed out",
        413 => "Too large",
        415 => "Unsupported media type",
        429 => "Too many requests",
        503 => "Not available",
        >= 500 => "Internal error",
        _ => "Refused",
    };

    private static string DetailOf(int status) => status switch
    {
        401 => "Sign in, or send a key as \"Authorization: Bearer sck_…\".",
        403 => "You may not do this here.",
        404 => "There is nothing at this address.",
        405 => "This address does not take this method; see the Allow header.",
        413 => "The request is larger than this address takes.",
        >= 500 => "The server could not do this; its log says more.",
        _ => "The request was refused.",
    };

    private static string CodeOf(int status) => status switch
    {
        400 => "invalid",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        413 => "request too large",
        415 => "unsupported media type",
        429 => "too many requests",
        503 => "unavailable",
        _ => "internal error",
    };
}
