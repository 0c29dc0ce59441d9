using System.Globalization;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>Incidents: what an officer has on the screen.</summary>
internal static class IncidentApi
{
    /// <param name="Note">Words for the record of each alert.</param>
    internal sealed record AcknowledgeBody(string? Note = null);

    public static async Task ListAsync(Call call)
    {
        var open = call.Query("state") switch
        {
            null or "open" => true,
            "all" => false,
            _ => throw ProblemException.Bad("\"state\" is open or all."),
        };
        try
        {
            var (items, next) = await call.Services.Book.Incidents.ListAsync(open, call.Query("zone"), call.Query("cursor"), call.Limit, call.Cancel);
            await call.ReplyAsync(new Page<IncidentView>(items, next));
        }
        catch (FormatException)
        {
            throw ProblemException.Bad("\"cursor\" is what the page before gave as \"next\", with the same \"state\".");
        }
    }

    public static async Task OneAsync(Call call)
    {
        var incident = await call.Services.Book.Incidents.FindAsync(call.Id, call.Cancel) ?? throw ProblemException.Missing("incident of that id");
        await ReplyAsync(call, incident);
    }

    public static async Task AcknowledgeAsync(Call call)
    {
        var revision = call.Revision();
        var body = call.HasBody ? await call.BodyAsync<AcknowledgeBody>() : new AcknowledgeBody();
        AlertApi.CheckNote(body.Note);
        var result = await call.Services.Book.Incidents.AcknowledgeAsync(
            call.Id, revision, call.Caller.Name, alert => AlertPolicy.May(call.Caller, AlertAct.Acknowledge, alert.Kind), body.Note, call.Cancel);
        switch (result)
        {
            case IncidentResult.Done done:
                await ReplyAsync(call, done.Incident);
                return;
            case IncidentResult.Conflict conflict:
                throw Conflict(conflict);
            case IncidentResult.Unseen unseen:
                throw ProblemException.Bad(FormattableString.Invariant(
                    $"The incident is at revision {unseen.Incident.Revision}: say in If-Match which one you have seen, and no later one."));
            case IncidentResult.Forbidden:
                throw ProblemException.Forbidden("Your role does not allow this on any alert that waits in this incident.");
            default:
                throw ProblemException.Missing("incident of that id");
        }
    }

    private static ProblemException Conflict(IncidentResult.Conflict c)
    {
        var first = c.First is { } step
            ? string.Create(CultureInfo.InvariantCulture, $" First was {step.Who}: {step.What}, {step.When:yyyy-MM-ddTHH:mm:sszzz}.")
            : "";
        return new ProblemException(409, "Somebody was first", "No alert that you saw in this incident waits any more." + first)
            .With("by", c.First?.Who)
            .With("at", c.First?.When)
            .With("what", c.First?.What)
            .With("state", c.Incident.ClosedAt is null ? IncidentState.Open : IncidentState.Closed)
            .With("revision", c.Incident.Revision);
    }

    private static Task ReplyAsync(Call call, IncidentDetail incident)
    {
        call.Http.Response.Headers.ETag = FormattableString.Invariant($"\"{incident.Revision}\"");
        return call.ReplyAsync(incident.Card is null || Access.Phones.Allows(call.Caller) ? incident : incident with { Card = incident.Card with { Phones = [] } });
    }
}
