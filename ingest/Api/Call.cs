using System.Globalization;
using System.Net;
using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>A page of a list.</summary>
/// <param name="Items">What is on it.</param>
/// <param name="Next">Ask with <c>cursor=</c> this for the next; null at the end.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>One request in the hands of its handler.</summary>
internal sealed class Call(HttpContext http, ApiServices services, Caller caller)
{
    /// <summary>Things on a page when nobody says how many, and at most.</summary>
    public const int DefaultLimit = 100;

    /// <inheritdoc cref="DefaultLimit"/>
    public const int MaximumLimit = 500;

    public HttpContext Http { get; } = http;

    public ApiServices Services { get; } = services;

    public Caller Caller { get; } = caller;

    public CancellationToken Cancel => Http.RequestAborted;

    public IPAddress? Remote => Http.Connection.RemoteIpAddress;

    /// <summary>The id in the path.</summary>
    public string Id => (string)Http.Request.RouteValues["id"]!;

    /// <summary>Things on a page: 1 to 500.</summary>
    public int Limit => Number("limit", DefaultLimit, 1, MaximumLimit);

    /// <summary>A query parameter, or null.</summary>
    public string? Query(string name)
    {
        var values = Http.Request.Query[name];
        return values.Count switch
        {
            0 => null,
            1 => string.IsNullOrEmpty(values[0]) ? null : values[0],
            _ => throw ProblemException.Bad($"\"{name}\" is given more than once."),
        };
    }

    /// <summary>A whole number among the query parameters.</summary>
    public int Number(string name, int otherwise, int least, int most) => Query(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw ProblemException.Bad(FormattableString.Invariant($"\"{name}\" is a whole number from {least} to {most}."));

    /// <summary>The cursor of a list in order of event numbers.</summary>
    public long Before => Query("cursor") is not { } text ? long.MaxValue
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var before) ? before
        : throw ProblemException.Bad("\"cursor\" is what the page before gave as \"next\".");

    /// <summary>A flag among the query parameters.</summary>
    public bool Flag(string name) => Query(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw ProblemException.Bad($"\"{name}\" is true or false."),
    };

    /// <summary>An RFC 3339 time with its offset among the query parameters.</summary>
    public DateTimeOffset? Moment(string name) =>

        // A "+" that was not escaped has become a blank.
        Query(name) is { } text ? MomentOf(name, text.Replace(' ', '+')) : null;

    /// <summary>An RFC 3339 time with its offset.</summary>
    /// <exception cref="ProblemException">400 that names the parameter or member.</exception>
    public static DateTimeOffset MomentOf(string name, string text) =>
        text.Length >= 20 && text[10] is 'T' or 't' && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-') &&
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment)
            ? moment
            : throw ProblemException.Bad($"\"{name}\" is a time with offset, such as 2026-09-01T08:00:00+07:00.");

    /// <summary>Whether a body was sent at all.</summary>
    public bool HasBody => Http.Request.ContentLength is not (null or 0) || Http.Request.ContentType is not null;

    /// <summary>The JSON body.</summary>
    /// <exception cref="ProblemException">400 or 415, saying where it is wrong.</exception>
    public async Task<T> BodyAsync<T>()
        where T : class
    {
        if (!Http.Request.HasJsonContentType())
        {
            throw new ProblemException(415, "Unsupported media type", "Send JSON, as Content-Type: application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<T>(Http.Request.Body, BookJson.Strict, Cancel) ?? throw ProblemException.Bad("The body is null.");
        }
        catch (JsonException e)
        {
            throw ProblemException.Bad($"The body is not as expected at {e.Path ?? "$"} (line {(e.LineNumber ?? 0) + 1}).").With("field", e.Path is null ? null : e.Path.TrimStart('$', '.'));
        }
    }

    /// <summary>Answers with JSON.</summary>
    public async Task ReplyAsync<T>(T value, int status = 200)
    {
        Http.Response.StatusCode = status;
        Http.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(Http.Response.Body, value, BookJson.Options, Cancel);
    }

    /// <summary>Answers that it is done.</summary>
    public Task DoneAsync()
    {
        Http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>
    /// What the caller says that they have seen of a row of the registry: its revision in If-Match, or none by If-None-Match: *.
    /// Null when they say nothing, and then the last one wins.
    /// </summary>
    public SeenRow? Seen(string what) => Seen(what, Id);

    /// <inheritdoc cref="Seen(string)"/>
    public SeenRow? Seen(string what, string id)
    {
        var none = Http.Request.Headers.IfNoneMatch.ToString();
        return none == "*" ? new SeenRow(what, id, 0)
            : none.Length > 0 ? throw ProblemException.Bad("If-None-Match is * here: only if there is none yet.")
            : Http.Request.Headers.IfMatch.Count == 0 ? null
            : new SeenRow(what, id, Revision());
    }

    /// <summary>The revision in If-Match.</summary>
    /// <exception cref="ProblemException">428 when there is none, 400 when it is none of ours.</exception>
    public long Revision()
    {
        var header = Http.Request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            throw new ProblemException(428, "Precondition required", "Say which revision you have seen, as If-Match: \"3\".");
        }

        return long.TryParse(header.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : throw ProblemException.Bad("If-Match holds one revision, such as \"3\".");
    }
}
