using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Api;

/// <summary>Alerts: reading them, and acting on them.</summary>
internal static class AlertApi
{
    private const int MaximumNote = 2000;

    /// <param name="Note">Words for the record.</param>
    /// <param name="Assignee">For assign: to whom; null takes it from everybody.</param>
    /// <param name="Cause">For close: what it was; required for a fire or pre-alarm.</param>
    internal sealed record ActBody(string? Note = null, string? Assignee = null, string? Cause = null);

    public static async Task ListAsync(Call call)
    {
        var word = call.Query("state");
        var filter = new AlertFilter
        {
            OnlyOpen = word == "open",
            State = word is null or "open" or "all" ? null
                : AlertTables.StateOf(word) ?? throw ProblemException.Bad("\"state\" is open, all, raised, acknowledged, in-progress, resolved or closed."),
            Kind = call.Query("kind"),
            Device = call.Query("device"),
            Zone = call.Query("zone"),
        };
        var (items, next) = await call.Services.Book.Alerts.ListAsync(filter, call.Before, call.Limit, call.Cancel);
        await call.ReplyAsync(new Page<AlertView>(items, next?.ToString(CultureInfo.InvariantCulture)));
    }

    public static Task ProvisionalAsync(Call call) => call.ReplyAsync(call.Services.Provisional.Current.Now.View);

    public static async Task OneAsync(Call call)
    {
        var alert = await call.Services.Book.Alerts.FindAsync(call.Id, call.Cancel) ?? throw ProblemException.Missing("alert of that id");
        call.Http.Response.Headers.ETag = Tag(alert.Revision);
        await call.ReplyAsync(alert);
    }

    public static async Task ActAsync(Call call)
    {
        var act = AlertActs.Of((string)call.Http.Request.RouteValues["act"]!) ?? throw ProblemException.Missing("such act");
        var revision = call.Revision();
        var body = call.HasBody ? await call.BodyAsync<ActBody>() : new ActBody();
        CheckNote(body.Note);
        if (body.Assignee?.Length > 100 || body.Assignee?.Any(char.IsControl) == true)
        {
            throw ProblemException.Bad("An assignee has at most 100 characters, none of them a control character.");
        }

        if (act == AlertAct.Note && string.IsNullOrWhiteSpace(body.Note))
        {
            throw ProblemException.Bad("A note needs words in \"note\".");
        }

        var order = new ActOrder(act, call.Caller.Name, alert => AlertPolicy.May(call.Caller, act, alert.Kind))
        {
            Note = body.Note,
            Assignee = body.Assignee,
            Cause = body.Cause,
            Sirens = alert => SirensOf(call.Services, alert),
            CommandLife = call.Services.Options.CommandLife,
        };
        switch (await call.Services.Book.Alerts.ActAsync(call.Id, revision, order, call.Cancel))
        {
            case ActResult.Done done:
                foreach (var command in done.Commands)
                {
                    await CommandApi.SendStoredAsync(call, command);
                }

                call.Http.Response.Headers.ETag = Tag(done.Alert.Revision);
                await call.ReplyAsync(AlertView.Of(done.Alert) with { History = done.History });
                return;
            case ActResult.Conflict conflict:
                throw Conflict(conflict);
            case ActResult.Bad bad:
                throw ProblemException.Bad(bad.Why);
            case ActResult.Forbidden:
                throw ProblemException.Forbidden("Your role does not allow this on an alert of this kind.");
            default:
                throw ProblemException.Missing("alert of that id");
        }
    }

    /// <summary>
    /// One fire device on each gateway that has one of the alert's zone: a gateway that is told of a device silences all sirens of
    /// that device's zone. Fire devices are the kinds of the alarm lane that report a siren.
    /// </summary>
    private static List<DeviceRow> SirensOf(ApiServices services, AlertRecord alert) =>
    [
        .. services.Book.Registry.Current.Devices.Values
            .Select(e => e.Row)
            .Where(d => d is { State: Service.Active, Gateway: not null } && (alert.Zone is null ? d.Id == alert.Device : d.Zone == alert.Zone)
                && services.Kinds.Find(d.Kind) is { Lane: Lane.Alarm } kind && kind.IndexOf("siren_on") >= 0)
            .OrderBy(d => d.Id, StringComparer.Ordinal)
            .DistinctBy(d => d.Gateway),
    ];

    /// <summary>Refuses a note that is too long.</summary>
    public static void CheckNote(string? note)
    {
        if (note?.Length > MaximumNote)
        {
            throw ProblemException.Bad(FormattableString.Invariant($"A note has at most {MaximumNote} characters."));
        }
    }

    private static ProblemException Conflict(ActResult.Conflict c)
    {
        var first = c.First is { } step
            ? string.Create(CultureInfo.InvariantCulture, $" First was {step.Who ?? "the city's own rule"}: {step.What}, {step.When:yyyy-MM-ddTHH:mm:sszzz}.")
            : "";
        return new ProblemException(409, "Somebody was first", c.Why + first)
            .With("by", c.First?.Who)
            .With("at", c.First?.When)
            .With("what", c.First?.What)
            .With("state", c.Alert.State)
            .With("revision", c.Alert.Revision);
    }

    private static string Tag(long revision) => FormattableString.Invariant($"\"{revision}\"");
}
