using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>Documents of the lighting book over HTTP: programmes, calendars, holidays, groups. What is the same for each of them.</summary>
internal static class LightDocuments
{
    /// <summary>Longest name of one.</summary>
    public const int LongestName = 200;

    /// <summary>The document in the path.</summary>
    /// <exception cref="ProblemException">404: there is none.</exception>
    public static LightItem Find(Call call, LightKind kind)
    {
        var item = call.Services.Book.Lighting.Current.Find(kind, call.Id) ?? throw ProblemException.Missing($"{LightingTables.Word(kind)} of that id");
        call.Http.Response.Headers.ETag = FormattableString.Invariant($"\"{item.Revision}\"");
        return item;
    }

    /// <summary>Puts the document in the path. If-Match and If-None-Match hold as for a row of the registry; without them the last one wins.</summary>
    /// <exception cref="ProblemException">400, or 409 that says who was first.</exception>
    public static Task PutAsync(Call call, LightKind kind, string? name, string body)
    {
        if (!Identifiers.IsValid(call.Id))
        {
            throw ProblemException.Bad($"The id of a {LightingTables.Word(kind)} has 1 to 63 of a-z 0-9 - _.").With("field", "id");
        }

        if (name is not null && (name.Length > LongestName || name.Any(char.IsControl)))
        {
            throw ProblemException.Bad(FormattableString.Invariant($"\"name\" has at most {LongestName} characters, none of them a control character.")).With("field", "name");
        }

        return WriteAsync(call, kind, call.Id, name, body);
    }

    /// <summary>Removes the document in the path.</summary>
    /// <exception cref="ProblemException">404, 400 (something needs it), or 409 that says who was first.</exception>
    public static async Task RemoveAsync(Call call, LightKind kind)
    {
        var item = Find(call, kind);
        call.Http.Response.Headers.Remove("ETag");
        await WriteAsync(call, kind, item.Id, item.Name, null);
        await call.DoneAsync();
    }

    /// <summary>Puts or removes a document whose id is not in the path.</summary>
    /// <inheritdoc cref="PutAsync"/>
    public static async Task WriteAsync(Call call, LightKind kind, string id, string? name, string? body)
    {
        var book = call.Services.Book.Lighting;
        if (await book.PutAsync(kind, id, name, body, call.Seen(LightingTables.Word(kind), id)?.Revision, call.Caller.Name, call.Cancel) is not { } conflict)
        {
            return;
        }

        var last = book.Current.Items.GetValueOrDefault((kind, id));
        var first = last is null ? "" : string.Create(CultureInfo.InvariantCulture, $" Last was {last.ChangedBy}, {last.ChangedAt:yyyy-MM-ddTHH:mm:sszzz}.");
        throw new ProblemException(409, "Somebody was first", $"{id} is not as you have seen it: its revision is {conflict.Revision}.{first}")
            .With("by", last?.ChangedBy)
            .With("at", last?.ChangedAt)
            .With("revision", conflict.Revision);
    }
}
