using System.Globalization;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>Maintenance windows: tests, drills and works, on the record and for a limited time.</summary>
internal static class MaintenanceApi
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(90);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <param name="Scope">What kind of place: zone, street, gateway, device.</param>
    /// <param name="Target">Its id.</param>
    /// <param name="Mode">test (at most 8 h), drill (24 h), works (30 days).</param>
    /// <param name="To">When it ends, with offset.</param>
    /// <param name="From">When it begins, at most 90 days ahead; now when missing.</param>
    /// <param name="Note">Words for the record.</param>
    internal sealed record WindowBody(MaintenanceScope? Scope, string? Target, MaintenanceMode? Mode, string? To, string? From = null, string? Note = null);

    /// <param name="Note">Words for the record.</param>
    internal sealed record EndBody(string? Note = null);

    public static async Task ListAsync(Call call)
    {
        var current = call.Query("state") switch
        {
            null or "current" => true,
            "all" => false,
            _ => throw ProblemException.Bad("\"state\" is current or all."),
        };
        var (items, next) = await call.Services.Book.Maintenance.ListAsync(current, call.Before, call.Limit, call.Cancel);
        await call.ReplyAsync(new Page<MaintenanceView>(items, next?.ToString(CultureInfo.InvariantCulture)));
    }

    public static async Task AddAsync(Call call)
    {
        var body = await call.BodyAsync<WindowBody>();
        AlertApi.CheckNote(body.Note);
        if (body is not { Scope: { } scope, Target: { } target, Mode: { } mode, To: { } until })
        {
            throw ProblemException.Bad("A window needs \"scope\" (zone, street, gateway, device), \"target\", \"mode\" (test, drill, works) and \"to\".");
        }

        if (!Exists(call.Services.Book.Registry.Current, scope, target))
        {
            throw ProblemException.Bad($"\"target\": there is no {scope.ToString().ToLowerInvariant()} \"{target}\" in service.");
        }

        var now = call.Services.Time.GetUtcNow();
        var from = body.From is null ? now : Call.MomentOf("from", body.From);
        var to = Call.MomentOf("to", until);
        if (from < now - Slack || from > now + Ahead)
        {
            throw ProblemException.Bad("\"from\" lies between now and 90 days ahead: what has happened already was no test.");
        }

        from = from < now ? now : from;
        if (to <= from || to - from > MaintenanceWindow.Longest(mode))
        {
            throw ProblemException.Bad(string.Create(
                CultureInfo.InvariantCulture, $"\"to\" lies after \"from\", and a {mode.ToString().ToLowerInvariant()} lasts at most {MaintenanceWindow.Longest(mode).TotalHours:0} hours."));
        }

        var window = new MaintenanceWindow
        {
            Id = 0,
            Scope = scope,
            Target = target,
            Mode = mode,
            From = Instant.From(from),
            To = Instant.From(to),
            Note = body.Note,
            By = call.Caller.Name,
            CreatedAt = Instant.From(now),
        };
        await ReplyAsync(call, await call.Services.Book.Maintenance.AddAsync(window, call.Cancel), StatusCodes.Status201Created);
    }

    public static async Task EndAsync(Call call)
    {
        var body = call.HasBody ? await call.BodyAsync<EndBody>() : new EndBody();
        AlertApi.CheckNote(body.Note);
        var id = long.TryParse(call.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        await ReplyAsync(call, await call.Services.Book.Maintenance.EndAsync(id, call.Caller.Name, body.Note, call.Cancel), StatusCodes.Status200OK);
    }

    private static Task ReplyAsync(Call call, MaintenanceResult result, int status) => result switch
    {
        MaintenanceResult.Done done => call.ReplyAsync(done.Window, status),
        MaintenanceResult.Over over => throw new ProblemException(
            409, "Somebody was first", $"This window has ended already{(over.Window.EndedBy is { } who ? $": {who} ended it" : " by its time")}.")
            .With("by", over.Window.EndedBy)
            .With("at", over.Window.EndedAt),
        MaintenanceResult.TooLong l => throw ProblemException.Bad(string.Create(
            CultureInfo.InvariantCulture,
            $"With the tests before and after it this place would be under test from {l.From:yyyy-MM-ddTHH:mm:sszzz} to {l.To:yyyy-MM-ddTHH:mm:sszzz}: at most {MaintenanceWindow.Longest(MaintenanceMode.Test).TotalHours:0} hours in one go.")),
        MaintenanceResult.Full => throw new ProblemException(
            409, "Too many windows", FormattableString.Invariant($"{MaintenanceBook.Most} windows are planned or running: end some of them first.")),
        _ => throw ProblemException.Missing("maintenance window of that id"),
    };

    private static bool Exists(RegistrySnapshot registry, MaintenanceScope scope, string id) => (IRegistryRow?)(scope switch
    {
        MaintenanceScope.Zone => registry.Zones.GetValueOrDefault(id),
        MaintenanceScope.Street => registry.Streets.GetValueOrDefault(id),
        MaintenanceScope.Gateway => registry.Gateways.GetValueOrDefault(id),
        _ => (IRegistryRow?)registry.Devices.Find(id)?.Row,
    }) is { State: Service.Active };
}
