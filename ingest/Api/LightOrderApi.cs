using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>Orders for lamps (overrides): state that stands until it expires or is released, and how far the lamps have followed.</summary>
internal static class LightOrderApi
{
    /// <summary>The usual priority.</summary>
    internal const int UsualPriority = 100;

    private const int LongestReason = 200;
    private const int LongestDays = 366;

    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    // So long after a release its progress is how many lamps have come back to what holds without it.
    private static readonly TimeSpan Returning = TimeSpan.FromMinutes(10);

    /// <param name="Level">0 … 100 %.</param>
    /// <param name="Reason">Why, in words: everybody reads it beside the lamp.</param>
    /// <param name="Priority">0 … 1000; 100 when missing. 200 is usual for an event, 1000 is "everything on".</param>
    /// <param name="Start">From when, with offset; now when missing.</param>
    /// <param name="Expires">Until when; with neither this nor minutes it stands until it is released.</param>
    /// <param name="Minutes">Or how long after its start.</param>
    internal sealed record OrderBody(double? Level, string? Reason, int? Priority = null, string? Start = null, string? Expires = null, double? Minutes = null);

    /// <summary>Another order and how many lamps the two contend for.</summary>
    internal sealed record RivalView(string Id, string By, double Level, int Priority, string? Reason, int Lamps);

    /// <summary>An order. <c>progress</c> is null for one that is ahead or long over; for one that ended a moment ago it counts how many lamps have come back to what holds without it.
    /// The <c>curve</c> is remembered in memory only: after a restart it begins with the look whose second its first point says.</summary>
    internal sealed record OrderView(
        string Id,
        string Target,
        string TargetName,
        double Level,
        int Priority,
        DateTimeOffset Start,
        DateTimeOffset? Expires,
        string? Reason,
        string By,
        DateTimeOffset At,
        DateTimeOffset? ReleasedAt,
        string? ReleasedBy,
        string State,
        int Lamps,
        FollowCounts? Progress,
        IReadOnlyList<OrderPoint> Curve,
        IReadOnlyList<RivalView> OutrankedBy,
        IReadOnlyList<RivalView> Outranks);

    public static Task OrderCityAsync(Call call) => OrderAsync(call, LightTarget.City);

    public static Task OrderAsync(Call call)
    {
        LightScope scope = (string)call.Http.Request.RouteValues["scope"]! switch
        {
            "wards" => LightScope.Ward,
            "streets" => LightScope.Street,
            "groups" => LightScope.Group,
            "lamps" => LightScope.Lamp,
            _ => throw ProblemException.Missing("place of lamps of that kind; there are wards, streets, groups, lamps and the city"),
        };
        // A ward is called as people call it, and "A/B" comes as A%2FB: a server leaves that one escape as it is.
        var id = scope == LightScope.Ward ? call.Id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) : call.Id;
        return LightTarget.TryParse(new LightTarget(scope, id).ToString(), out var target) ? OrderAsync(call, target) : throw ProblemException.Missing("place of lamps of that name");
    }

    public static async Task ListAsync(Call call)
    {
        var all = call.Query("state") switch
        {
            null or "current" => false,
            "all" => true,
            _ => throw ProblemException.Bad("\"state\" is current or all."),
        };
        var (before, limit, words) = (call.Before, call.Limit, LightPreviewApi.Language(call));
        var board = await BoardAsync(call);
        var orders = all
            ? await call.Services.Book.Lighting.BeforeAsync(before, limit + 1, call.Cancel)
            : [.. call.Services.Book.Lighting.Current.Orders.Values.Where(o => o.Sequence < before).OrderByDescending(o => o.Sequence).Take(limit + 1)];
        call.Services.Orders.Look(board);
        await call.ReplyAsync(new Page<OrderView>(
            [.. orders.Take(limit).Select(o => View(call.Services, board, o, words))],
            orders.Count > limit ? orders[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null));
    }

    public static async Task OneAsync(Call call) => await ReplyAsync(call, await FindAsync(call), StatusCodes.Status200OK);

    /// <summary>The lamps of an order, each with what it really does.</summary>
    public static async Task LampsAsync(Call call)
    {
        var order = await FindAsync(call);
        var board = await BoardAsync(call);
        var held = order.EndedAt is null ? order.Id : null;
        var lamps = board.Of(order.Target);
        var wanted = LightLampApi.Follow(call, ["confirmed", "in-force", "sent", "not-followed", "away", "outranked"], held);
        await LightLampApi.PageAsync(call, board, lamps, wanted, FollowCounts.Of(lamps, held));
    }

    public static async Task ReleaseAsync(Call call)
    {
        var order = await FindAsync(call);
        if (IsDuty(call.Caller) && order.By != call.Caller.Name)
        {
            throw ProblemException.Forbidden("A duty officer releases only what he or she ordered; ask a lighting operator.");
        }

        var released = await call.Services.Book.Lighting.ReleaseAsync(order.Sequence, call.Caller.Name, call.Cancel) ?? throw Missing();
        await ReplyAsync(call, released, StatusCodes.Status200OK);
    }

    /// <summary>An order as the API shows it.</summary>
    internal static OrderView View(ApiServices services, LampBoard board, LightOrder order, ServerWords words)
    {
        var now = services.Time.GetUtcNow();
        var state = order switch
        {
            { EndedBy: not null } => "released",
            { EndedAt: not null } => "expired",
            _ when order.Expires <= now => "expired",
            _ when order.Start > now => "ahead",
            _ => "in-force",
        };
        var (by, over) = state == "in-force" ? Rivals(board, order) : ([], []);
        return new OrderView(
            order.Id,
            order.Target.ToString(),
            order.Target == LightTarget.City ? words["lamp.city"] : LightGroupApi.NameOf(board.Directory, order.Target),
            order.Level,
            order.Priority,
            order.Start,
            order.Expires,
            order.Reason,
            order.By,
            order.At,
            order.EndedAt,
            order.EndedBy,
            state,
            board.Directory.Of(order.Target).Count(),
            state switch
            {
                "ahead" => null,
                "in-force" => FollowCounts.Of(board.Of(order.Target), order.Id),
                _ when order.EndedAt is { } ended && now - ended <= Returning => FollowCounts.Of(board.Of(order.Target)),
                _ => null,
            },
            services.Orders.CurveOf(order.Sequence),
            by,
            over);
    }

    // Which orders have the say over lamps of this one, and over which orders this one has it.
    private static (IReadOnlyList<RivalView> By, IReadOnlyList<RivalView> Over) Rivals(LampBoard board, LightOrder order)
    {
        var (by, over) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var lamp in board.Of(order.Target))
        {
            var winner = lamp.Wanted.Override?.Id;
            if (winner is not null && winner != order.Id)
            {
                by[winner] = by.GetValueOrDefault(winner) + 1;
                continue;
            }

            foreach (var other in board.Directory.OverridesOf(lamp.Lamp.Id))
            {
                if (other.Id != order.Id && other.Holds(board.At))
                {
                    over[other.Id] = over.GetValueOrDefault(other.Id) + 1;
                }
            }
        }

        return (Named(by), Named(over));

        IReadOnlyList<RivalView> Named(Dictionary<string, int> rivals) =>
        [
            .. rivals.Select(r => (r.Value, Order: board.Directory.Lighting.Orders.GetValueOrDefault(LightOrder.NumberOf(r.Key) ?? 0)))
                .Where(r => r.Order is not null)
                .OrderByDescending(r => r.Order!.Priority).ThenByDescending(r => r.Order!.Start).ThenByDescending(r => r.Order!.Sequence)
                .Select(r => new RivalView(r.Order!.Id, r.Order.By, r.Order.Level, r.Order.Priority, r.Order.Reason, r.Value)),
        ];
    }

    private static async Task OrderAsync(Call call, LightTarget target)
    {
        var body = await call.BodyAsync<OrderBody>();
        if (body.Level is not { } level || !(level >= 0 && level <= 100))
        {
            throw Bad("level", "\"level\" is from 0 to 100 percent.");
        }

        if (IsDuty(call.Caller) && level < 100)
        {
            throw ProblemException.Forbidden("A duty officer may order light, level 100, and nothing darker; ask a lighting operator.");
        }

        var priority = body.Priority ?? UsualPriority;
        if (priority is < 0 or > LightOverride.EverythingOn)
        {
            throw Bad("priority", "\"priority\" is from 0 to 1000: 100 is usual, 200 for an event, 1000 is everything on.");
        }

        var reason = body.Reason?.Trim();
        if (string.IsNullOrEmpty(reason) || reason.Length > LongestReason || reason.Any(IsUnseen))
        {
            throw Bad("reason", FormattableString.Invariant($"\"reason\" says why, in 1 to {LongestReason} characters that can be seen: everybody reads it beside the lamp."));
        }

        var now = call.Services.Time.GetUtcNow();
        var start = body.Start is null ? now : Call.MomentOf("start", body.Start);
        if (start < now - Slack || start > now.AddDays(LongestDays))
        {
            throw Bad("start", FormattableString.Invariant($"\"start\" lies between now and {LongestDays} days ahead."));
        }

        start = start < now ? now : start;
        var order = await call.Services.Book.Lighting.OrderAsync(target, level, priority, start, End(body, start), reason, call.Caller.Name, call.Cancel);
        await ReplyAsync(call, order, StatusCodes.Status201Created);
    }

    // Nobody can read what is not there, and what turns the line round makes another sentence of it.
    private static bool IsUnseen(char letter) => char.IsControl(letter) || char.GetUnicodeCategory(letter) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static DateTimeOffset? End(OrderBody body, DateTimeOffset start)
    {
        if (body is { Expires: not null, Minutes: not null })
        {
            throw Bad("minutes", "Give \"expires\" or \"minutes\", not both.");
        }

        if (body.Minutes is { } minutes)
        {
            return minutes is >= 1 and <= LongestDays * 1440 ? start.AddMinutes(minutes) : throw Bad("minutes", FormattableString.Invariant($"\"minutes\" is from 1 to {LongestDays * 1440}."));
        }

        if (body.Expires is null)
        {
            return null;
        }

        var end = Call.MomentOf("expires", body.Expires);
        return end > start && end <= start.AddDays(LongestDays) ? end : throw Bad("expires", FormattableString.Invariant($"\"expires\" lies after its start, at most {LongestDays} days."));
    }

    // The city's duty officer lights what somebody needs light for; what is darker is the lighting operator's.
    private static bool IsDuty(Caller caller) => (caller.Roles & (Roles.Lighting | Roles.Admin)) == 0;

    // What is shown after a change must show the change: not the board of half a second ago.
    private static ValueTask<LampBoard> BoardAsync(Call call) =>
        call.Services.Views.Lamps.GetAsync(board => ReferenceEquals(board.Directory.Lighting, call.Services.Book.Lighting.Current), call.Cancel);

    private static async Task ReplyAsync(Call call, LightOrder order, int status)
    {
        var board = await BoardAsync(call);
        call.Services.Orders.Look(board);
        await call.ReplyAsync(View(call.Services, board, order, LightPreviewApi.Language(call)), status);
    }

    private static async Task<LightOrder> FindAsync(Call call) =>
        (LightOrder.NumberOf(call.Id) is { } number ? await call.Services.Book.Lighting.FindAsync(number, call.Cancel) : null) ?? throw Missing();

    private static ProblemException Missing() => ProblemException.Missing("order of that id");

    private static ProblemException Bad(string field, string words) => ProblemException.Bad(words).With("field", field);
}
