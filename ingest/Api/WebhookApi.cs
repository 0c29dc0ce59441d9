using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Delivery;

namespace SmartCity.Ingest.Api;

/// <summary>Webhooks, for administrators.</summary>
internal static class WebhookApi
{
    private const int CountedAtMost = 10_000;

    /// <param name="Name">Who receives.</param>
    /// <param name="Url">Where.</param>
    /// <param name="Kinds">Kinds of alert; missing: all.</param>
    /// <param name="MinimumSeverity">From which severity on; missing: all.</param>
    /// <param name="Steps">Which steps; missing: all.</param>
    /// <param name="Enabled">Off: nothing is sent, and what happens meanwhile is not sent later.</param>
    internal sealed record HookBody(
        string Name, string Url, IReadOnlyList<string>? Kinds = null, Severity? MinimumSeverity = null, IReadOnlyList<string>? Steps = null, bool Enabled = true);

    /// <summary>A webhook and how it fares.</summary>
    internal record HookView
    {
        public required string Id { get; init; }

        public required string Name { get; init; }

        public required string Url { get; init; }

        public IReadOnlyList<string>? Kinds { get; init; }

        public Severity? MinimumSeverity { get; init; }

        public IReadOnlyList<string>? Steps { get; init; }

        public bool Enabled { get; init; }

        /// <summary>ok, failing (the last try did not succeed) or off.</summary>
        public required string State { get; init; }

        /// <summary>Events that wait, counted up to 10,000.</summary>
        public long Behind { get; init; }

        /// <summary>Dead letters.</summary>
        public long Dead { get; init; }

        public long Delivered { get; init; }

        public DateTimeOffset? LastDeliveredAt { get; init; }

        public int? LastStatus { get; init; }

        public string? LastError { get; init; }

        public DateTimeOffset? FailingSince { get; init; }

        public required string CreatedBy { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset ChangedAt { get; init; }

        public long Revision { get; init; }
    }

    /// <summary>A new webhook with its secret, which is shown here and never again.</summary>
    internal sealed record HookMade : HookView
    {
        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        public HookMade(HookView view, string secret)
            : base(view) => Secret = secret;

        public string Secret { get; init; }
    }

    /// <summary>The new secret, shown here and never again; the old one signs beside it until <paramref name="OldUntil"/>.</summary>
    internal sealed record SecretView(string Id, string Secret, DateTimeOffset OldUntil);

    /// <summary>How a trial ended.</summary>
    internal sealed record TestView(bool Delivered, int? Status, string? Error, long Milliseconds);

    /// <summary>How many dead letters are tried again.</summary>
    internal sealed record RetryView(int Retrying);

    public static async Task ListAsync(Call call)
    {
        var views = new List<HookView>();
        foreach (var (hook, progress) in await Desk(call).Book.ListAsync(call.Cancel))
        {
            views.Add(await ViewAsync(call, hook, progress));
        }

        await call.ReplyAsync(new Page<HookView>(views, null));
    }

    public static async Task OneAsync(Call call)
    {
        var (hook, progress) = await FindAsync(call);
        await call.ReplyAsync(await ViewAsync(call, hook, progress));
    }

    public static async Task AddAsync(Call call)
    {
        var desk = Desk(call);
        var hook = Checked(call, await call.BodyAsync<HookBody>(), "wh_" + Identity.Secrets.Token(72));
        var added = await desk.ChangeAsync(
            hook.Id, () => desk.Book.AddAsync(hook, desk.Options.MaximumWebhooks, call.Caller.Name, CancellationToken.None), call.Cancel);
        if (!added)
        {
            throw new ProblemException(409, "Conflict", $"There are {desk.Options.MaximumWebhooks} webhooks already; remove one.");
        }

        var (made, progress) = await FoundAsync(call, hook.Id);
        await call.ReplyAsync(new HookMade(await ViewAsync(call, made, progress), desk.Secret(made)), StatusCodes.Status201Created);
    }

    public static async Task PutAsync(Call call)
    {
        var desk = Desk(call);
        await FindAsync(call);
        var hook = Checked(call, await call.BodyAsync<HookBody>(), call.Id);
        var expected = call.Http.Request.Headers.IfMatch.Count > 0 ? call.Revision() : (long?)null;
        if (await desk.ChangeAsync(hook.Id, () => desk.Book.ChangeAsync(hook, expected, call.Caller.Name, CancellationToken.None), call.Cancel) is { } first)
        {
            throw new ProblemException(409, "Conflict", $"{first.By} has changed this webhook since you saw it. Look at it again.")
                .With("by", first.By).With("revision", first.Revision);
        }

        var (changed, progress) = await FindAsync(call);
        await call.ReplyAsync(await ViewAsync(call, changed, progress));
    }

    public static async Task RemoveAsync(Call call)
    {
        var desk = Desk(call);
        if (!await desk.ChangeAsync(call.Id, () => desk.Book.RemoveAsync(call.Id, call.Caller.Name, CancellationToken.None), call.Cancel))
        {
            throw ProblemException.Missing("webhook of that id");
        }

        await call.DoneAsync();
    }

    public static async Task SecretAsync(Call call)
    {
        var desk = Desk(call);
        await FindAsync(call);
        await desk.ChangeAsync(
            call.Id,
            async () =>
            {
                await desk.Book.RotateAsync(call.Id, call.Caller.Name, CancellationToken.None);
                return true;
            },
            call.Cancel);
        var (hook, _) = await FindAsync(call);
        await call.ReplyAsync(new SecretView(hook.Id, desk.Secret(hook), Instant.ToMoment(hook.RotatedAt!.Value) + desk.Options.OldSecretFor));
    }

    public static async Task TestAsync(Call call)
    {
        var (hook, _) = await FindAsync(call);
        var (attempt, took) = await Desk(call).TestAsync(hook, call.Caller.Name, call.Cancel)
            ?? throw new ProblemException(429, "Too many requests", "Other trials are under way.") { RetryAfter = TimeSpan.FromSeconds(5) };
        await call.ReplyAsync(new TestView(attempt.Delivered, attempt.Status, attempt.Error, (long)took.TotalMilliseconds));
    }

    public static async Task DeliveriesAsync(Call call)
    {
        var (dead, waiting) = call.Query("state") switch
        {
            null or "all" => (true, true),
            "dead" => (true, false),
            "waiting" => (false, true),
            _ => throw ProblemException.Bad("\"state\" is dead, waiting or all."),
        };
        var after = call.Query("cursor") is null ? 0 : call.Before;
        var (hook, progress) = await FindAsync(call);
        var limit = call.Limit;
        var rows = await Desk(call).Book.DeliveriesAsync(hook, progress.Position, dead, waiting, after, limit + 1, call.Cancel);
        await call.ReplyAsync(new Page<DeliveryRow>(
            rows.Count > limit ? rows[..limit] : rows, rows.Count > limit ? rows[limit - 1].Event.ToString(CultureInfo.InvariantCulture) : null));
    }

    public static async Task RetryAsync(Call call)
    {
        var (hook, _) = await FindAsync(call);
        if (!hook.Enabled)
        {
            throw new ProblemException(409, "Conflict", "This webhook is off; switch it on first.");
        }

        var text = (string)call.Http.Request.RouteValues["n"]!;
        long? number = text == "all" ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var one) ? one
            : throw ProblemException.Bad("Name the number of an event, or all.");
        var asked = await Desk(call).Book.AskAgainAsync(hook.Id, number, call.Caller.Name, call.Cancel);
        if (asked == 0 && number is not null)
        {
            throw ProblemException.Missing("dead letter of that number");
        }

        Desk(call).TryNow(hook.Id, again: true);
        await call.ReplyAsync(new RetryView(asked), StatusCodes.Status202Accepted);
    }

    private static DeliveryService Desk(Call call) =>
        call.Services.Delivery ?? throw new ProblemException(503, "Not available", "This server does not deliver by webhook.");

    private static Task<(Webhook Hook, WebhookProgress Progress)> FindAsync(Call call) => FoundAsync(call, call.Id);

    private static async Task<(Webhook Hook, WebhookProgress Progress)> FoundAsync(Call call, string id)
    {
        var (hook, progress) = await Desk(call).Book.FindAsync(id, call.Cancel) ?? throw ProblemException.Missing("webhook of that id");
        return (hook, Desk(call).Progress(id) ?? progress);
    }

    private static Webhook Checked(Call call, HookBody body, string id)
    {
        var fault = WebhookRules.Name(body.Name) ?? WebhookRules.Filter(body.Kinds, body.Steps);
        var wrong = WebhookRules.Url(body.Url, Desk(call).Policy, out var url);
        return (fault ?? wrong) is { } told
            ? throw ProblemException.Bad(told.Words).With("field", told.Field).With("code", told.Code)
            : new Webhook { Id = id, Name = body.Name, Url = url, Kinds = body.Kinds, MinimumSeverity = body.MinimumSeverity, Steps = body.Steps, Enabled = body.Enabled };
    }

    private static async Task<HookView> ViewAsync(Call call, Webhook hook, WebhookProgress stored)
    {
        var progress = Desk(call).Progress(hook.Id) ?? stored;
        var (behind, dead) = await Desk(call).Book.CountAsync(hook, progress.Position, CountedAtMost, call.Cancel);
        return new HookView
        {
            Id = hook.Id,
            Name = hook.Name,
            Url = hook.Url.AbsoluteUri,
            Kinds = hook.Kinds,
            MinimumSeverity = hook.MinimumSeverity,
            Steps = hook.Steps,
            Enabled = hook.Enabled,
            State = !hook.Enabled ? "off" : progress.FailingSince is null ? "ok" : "failing",
            Behind = behind,
            Dead = dead,
            Delivered = progress.Delivered,
            LastDeliveredAt = Instant.ToMoment(progress.LastDeliveredAt),
            LastStatus = progress.LastStatus,
            LastError = progress.LastError,
            FailingSince = Instant.ToMoment(progress.FailingSince),
            CreatedBy = hook.CreatedBy,
            CreatedAt = Instant.ToMoment(hook.CreatedAt),
            ChangedAt = Instant.ToMoment(hook.ChangedAt),
            Revision = hook.Revision,
        };
    }
}
