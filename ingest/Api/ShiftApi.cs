using System.Globalization;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>Shifts of duty officers.</summary>
internal static class ShiftApi
{
    private const int MaximumNote = 2000;

    /// <param name="Note">What was said at the handover.</param>
    internal sealed record HandoverBody(string? Note = null);

    public static async Task ListAsync(Call call)
    {
        var (items, next) = await call.Services.Book.Shifts.ListAsync(call.Before, call.Limit, call.Cancel);
        await call.ReplyAsync(new Page<ShiftRow>(items, next?.ToString(CultureInfo.InvariantCulture)));
    }

    public static async Task OneAsync(Call call) => await call.ReplyAsync(await FindAsync(call));

    /// <summary>If-Match may name the shift that was seen running ("0": none), so that of two who take over at once the second hears of the first.</summary>
    public static async Task HandOverAsync(Call call)
    {
        var body = call.Http.Request.ContentLength is null or 0 && call.Http.Request.ContentType is null ? new HandoverBody() : await call.BodyAsync<HandoverBody>();
        if (body.Note?.Length > MaximumNote)
        {
            throw ProblemException.Bad(FormattableString.Invariant($"A note has at most {MaximumNote} characters."));
        }

        long? seen = call.Http.Request.Headers.IfMatch.Count == 0 ? null : call.Revision();
        var note = string.IsNullOrWhiteSpace(body.Note) ? null : body.Note.Trim();
        var result = await call.Services.Book.Shifts.HandOverAsync(call.Caller.Name, note, seen, call.Cancel);
        if (result.Why is { } why)
        {
            throw new ProblemException(409, "Not handed over", why)
                .With("by", result.Shift?.Officer)
                .With("at", result.Shift?.From)
                .With("shift", result.Shift?.Id);
        }

        await call.ReplyAsync(result.Shift, 201);
    }

    internal static async Task<ShiftRow> FindAsync(Call call) =>
        (long.TryParse(call.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? await call.Services.Book.Shifts.FindAsync(id, call.Cancel) : null)
        ?? throw ProblemException.Missing("shift of that number");
}
