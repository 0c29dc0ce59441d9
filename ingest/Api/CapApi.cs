using System.Globalization;
using System.Security.Cryptography;
using SmartCity.Ingest.Cap;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>CAP 1.2: the feed and its documents.</summary>
internal static class CapApi
{
    private const int DefaultEntries = 50;

    public static async Task FeedAsync(Call call)
    {
        var words = Words(call);
        var limit = call.Number("limit", DefaultEntries, 1, CapBook.MaximumEntries);
        var book = new CapBook(call.Services.Book.Store, call.Services.Cap);

        // The page depends on the dangers' transitions and on what was asked, and on nothing else while the server runs.
        var last = await book.LastAsync(call.Cancel);
        var tag = Tag(string.Create(CultureInfo.InvariantCulture, $"{last}|{limit}|{call.Before}|{words.Language}|{call.Services.Cap}"));
        if (Unchanged(call, tag))
        {
            return;
        }

        var (messages, next) = await book.PageAsync(call.Before, limit, call.Cancel);
        var address = next is null ? null : string.Create(CultureInfo.InvariantCulture, $"feed.atom?cursor={next}&limit={limit}&lang={words.Language}");
        await ReplyAsync(call, "application/atom+xml; charset=utf-8", AtomFeed.Write(messages, address, words, call.Services.Cap, call.Services.Time.GetUtcNow()));
    }

    /// <summary><c>{id}.xml</c> is the alert's latest message, <c>{id}.{revision}.xml</c> that one.</summary>
    public static async Task OneAsync(Call call)
    {
        var name = call.Id;
        var dot = name.LastIndexOf('.');
        long? revision = null;
        if (dot >= 0)
        {
            revision = long.TryParse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
            name = name[..dot];
        }

        var message = await new CapBook(call.Services.Book.Store, call.Services.Cap).FindAsync(name, revision, call.Cancel)
            ?? throw ProblemException.Missing("CAP message of that name");
        var document = CapXml.Write(message, call.Services.Cap, CapAreas.Of(call.Services.Book.Registry.Current, message.Step.Zone));
        if (!Unchanged(call, Tag(document)))
        {
            await ReplyAsync(call, "application/cap+xml; charset=utf-8", document);
        }
    }

    private static ServerWords Words(Call call) => call.Query("lang") switch
    {
        null or "vi" => ServerWords.Vi,
        "en" => ServerWords.En,
        _ => throw ProblemException.Bad("\"lang\" is vi or en."),
    };

    private static bool Unchanged(Call call, string tag)
    {
        var headers = call.Http.Response.Headers;
        headers.ETag = tag;
        headers.CacheControl = "private, no-cache";
        if (!call.Http.Request.Headers.IfNoneMatch.Any(h => h is not null && (h.Trim() == "*" || h.Contains(tag, StringComparison.Ordinal))))
        {
            return false;
        }

        call.Http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private static async Task ReplyAsync(Call call, string type, byte[] body)
    {
        call.Http.Response.ContentType = type;
        call.Http.Response.ContentLength = body.Length;
        await call.Http.Response.Body.WriteAsync(body, call.Cancel);
    }

    private static string Tag(string text) => Tag(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Tag(byte[] bytes) => $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12))}\"";
}
