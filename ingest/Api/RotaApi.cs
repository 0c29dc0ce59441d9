using SmartCity.Ingest.Book;
using SmartCity.Ingest.OnCall;

namespace SmartCity.Ingest.Api;

/// <summary>On-call rotas.</summary>
internal static class RotaApi
{
    private const int MaximumDays = 62;
    private const int MaximumTurns = 1_000;

    internal sealed record RotaBody(
        string Name, IReadOnlyList<RotaMember> Members, DateTimeOffset Start, int TurnHours, IReadOnlyList<RotaOverride>? Overrides = null);

    /// <summary>A rota, and who is on duty now.</summary>
    internal sealed record RotaView(
        string Id, string Name, IReadOnlyList<RotaMember> Members, DateTimeOffset Start, int TurnHours, IReadOnlyList<RotaOverride> Overrides,
        RotaMember OnCall, RotaMember? Next, DateTimeOffset? ChangesAt, string ChangedBy, DateTimeOffset ChangedAt, long Revision);

    public static async Task ListAsync(Call call) =>
        await call.ReplyAsync(new Page<RotaView>([.. (await call.Services.Book.Rotas.ListAsync(call.Cancel)).Select(r => View(call, r))], null));

    public static async Task OneAsync(Call call) => await call.ReplyAsync(View(call, await FindAsync(call)));

    /// <summary>Who is on duty from one moment to another: a week from now unless said.</summary>
    public static async Task TurnsAsync(Call call)
    {
        var from = call.Moment("from") ?? call.Services.Time.GetUtcNow();
        var to = call.Moment("to") ?? (from < DateTimeOffset.MaxValue.AddDays(-8) ? from.AddDays(7) : from);
        if (to <= from || to - from > TimeSpan.FromDays(MaximumDays))
        {
            throw ProblemException.Bad($"\"to\" is after \"from\", by {MaximumDays} days at most.");
        }

        var rota = await FindAsync(call);
        await call.ReplyAsync(new Page<RotaTurn>(rota.Between(from, to, MaximumTurns), null));
    }

    public static async Task PutAsync(Call call)
    {
        if (!Identifiers.IsValid(call.Id))
        {
            throw ProblemException.Bad("A rota's id has 1 to 63 of a-z 0-9 - _.");
        }

        var body = await call.BodyAsync<RotaBody>();
        var rota = new Rota { Id = call.Id, Name = body.Name, Members = body.Members, Start = body.Start, TurnHours = body.TurnHours, Overrides = body.Overrides ?? [] };
        if (RotaRules.Fault(rota) is { } fault)
        {
            throw ProblemException.Bad(fault).With("field", fault[1..fault.IndexOf('"', 1)]); // each begins with the member that it is about
        }

        var expected = call.Http.Request.Headers.IfMatch.Count > 0 ? call.Revision() : (long?)null;
        try
        {
            if (await call.Services.Book.Rotas.PutAsync(rota, expected, call.Caller.Name, call.Cancel) is { } first)
            {
                throw new ProblemException(409, "Conflict", $"{first.By} has changed this rota since you saw it. Look at it again.")
                    .With("by", first.By).With("revision", first.Revision);
            }
        }
        catch (BookException e) when (e is not BookEngineException)
        {
            throw new ProblemException(409, "Conflict", e.Message);
        }

        await OneAsync(call);
    }

    public static async Task RemoveAsync(Call call)
    {
        if (call.Services.Book.Escalation.Rules.Rules.FirstOrDefault(r => r.Value?.Rota == call.Id) is { Key: { } kind })
        {
            throw new ProblemException(409, "Conflict", $"The rule of escalation for \"{kind}\" names this rota; name another there first.").With("kind", kind).With("code", "used");
        }

        if (!await call.Services.Book.Rotas.RemoveAsync(call.Id, call.Caller.Name, call.Cancel))
        {
            throw ProblemException.Missing("rota of that id");
        }

        await call.DoneAsync();
    }

    private static async Task<Rota> FindAsync(Call call) =>
        await call.Services.Book.Rotas.FindAsync(call.Id, call.Cancel) ?? throw ProblemException.Missing("rota of that id");

    private static RotaView View(Call call, Rota r)
    {
        var now = call.Services.Time.GetUtcNow();
        var next = r.Next(now);
        return new RotaView(r.Id, r.Name, r.Members, r.Start, r.TurnHours, r.Overrides, r.At(now), next?.Member, next?.At, r.ChangedBy, r.ChangedAt, r.Revision);
    }
}
