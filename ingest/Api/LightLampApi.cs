using SmartCity.City;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>What each lamp really does.</summary>
internal static class LightLampApi
{
    /// <summary>What is wanted of a lamp.</summary>
    /// <param name="Level">0 … 100 %.</param>
    /// <param name="Reason">default, programme or override.</param>
    /// <param name="Until">Until when; null: nothing is to come before the night is over, or until somebody releases the order.</param>
    /// <param name="Programme">Id of the programme of the night, also below an order.</param>
    /// <param name="Orders">Orders that hold for it, the one that has the say first.</param>
    internal sealed record WantedView(double Level, LightReason Reason, DateTimeOffset? Until, string? Programme, IReadOnlyList<string> Orders);

    /// <summary>A lamp. <c>target</c> (percent that it was asked last), <c>feedback</c> (percent that its output says is in force) and <c>actual</c> (watts measured) are three things,
    /// and what nobody said is null; <c>expected</c> are the watts that the wanted level means. <c>sentence</c> says in the caller's language why it is at its level and whether it
    /// really is; <c>version</c> is the document that its gateway runs, <c>desiredVersion</c> the one it should run; <c>faults</c> are rules of its open alerts.</summary>
    internal sealed record LampView(
        string Id,
        string? Name,
        string? Street,
        string? Ward,
        string? Gateway,
        IReadOnlyList<string> Groups,
        double? Lat,
        double? Lon,
        WantedView Wanted,
        string Sentence,
        double? Target,
        double? Feedback,
        double? Actual,
        DateTimeOffset? ActualAt,
        double Expected,
        DateTimeOffset? ReportedAt,
        long? Version,
        long? DesiredVersion,
        LampFollow Follow,
        LampWhy? Why,
        IReadOnlyList<string> Faults);

    /// <summary>A page of lamps, and how many of the place follow how far.</summary>
    internal sealed record LampPage(IReadOnlyList<LampView> Items, string? Next, FollowCounts Counts, DateTimeOffset At);

    public static async Task ListAsync(Call call)
    {
        var board = await call.Services.Views.Lamps.GetAsync(call.Cancel);
        var lamps = board.Of(Target(call));
        await PageAsync(call, board, lamps, Follow(call, ["confirmed", "in-force", "sent", "not-followed", "away"], order: null), FollowCounts.Of(lamps));
    }

    /// <summary>A page of lamps in order of their ids.</summary>
    internal static Task PageAsync(Call call, LampBoard board, IEnumerable<LampState> lamps, Func<LampState, bool> wanted, FollowCounts counts)
    {
        var (after, limit, words) = (call.Query("cursor"), call.Limit, LightPreviewApi.Language(call));
        var rows = lamps.Where(l => (after is null || string.CompareOrdinal(l.Lamp.Id, after) > 0) && wanted(l)).Take(limit + 1).ToList();
        return call.ReplyAsync(new LampPage(
            [.. rows.Take(limit).Select(l => View(board, l, words, call.Services.TimeZone))], rows.Count > limit ? rows[limit - 1].Lamp.Id : null, counts, board.At));
    }

    /// <summary>Which lamps are asked for by <c>follow</c>.</summary>
    internal static Func<LampState, bool> Follow(Call call, IReadOnlyList<string> known, string? order)
    {
        var follow = call.Query("follow");
        if (follow is not null && !known.Contains(follow, StringComparer.Ordinal))
        {
            throw ProblemException.Bad($"\"follow\" is one of {string.Join(", ", known)}.");
        }

        var mine = (LampState l) => order is null || l.Wanted.Override?.Id == order;
        return follow switch
        {
            null => static _ => true,
            "confirmed" => l => mine(l) && l.Follow == LampFollow.Confirmed,
            "in-force" => l => mine(l) && l.Follow == LampFollow.InForce,
            "sent" => l => mine(l) && l.Follow == LampFollow.Sent,
            "not-followed" => l => mine(l) && l.Follow == LampFollow.NotFollowed,
            "away" => l => mine(l) && l.Why == LampWhy.GatewayAway,
            _ => l => !mine(l),
        };
    }

    /// <summary>The place in the query; the city when there is none.</summary>
    internal static LightTarget Target(Call call) => call.Query("target") is not { } text ? LightTarget.City
        : LightTarget.TryParse(text, out var target) ? target
        : throw ProblemException.Bad("\"target\" is city, ward/NAME, street/ID, group/ID or lamp/ID.");

    /// <summary>A lamp in words.</summary>
    internal static LampView View(LampBoard board, LampState lamp, ServerWords words, TimeZoneInfo zone)
    {
        var (row, plan) = (lamp.Lamp.Row, board.Directory.Plan(lamp.Lamp));
        var gateway = row.Gateway is null ? null : board.Directory.Registry.Gateways.GetValueOrDefault(row.Gateway);
        var own = row is { Lat: not null, Lon: not null };
        var orders = plan.Overrides.Where(o => o.Holds(board.At)).Order(Comparer<LightOverride>.Create((a, b) => ReferenceEquals(a, b) ? 0 : a.Beats(b) ? -1 : 1));
        return new LampView(
            row.Id,
            row.Name,
            lamp.Lamp.Street,
            lamp.Lamp.Ward,
            row.Gateway,
            lamp.Lamp.Groups,
            own ? row.Lat : gateway?.Lat,
            own ? row.Lon : gateway?.Lon,
            new WantedView(Tenth(lamp.Wanted.Percent)!.Value, lamp.Wanted.Reason, LampTiming.Until(plan, lamp.Wanted, board.At), lamp.Wanted.Programme?.Id, [.. orders.Select(o => o.Id)]),
            LampSentence.Of(words, board, lamp, zone),
            lamp.Target,
            lamp.Feedback,
            Tenth(lamp.Actual),
            lamp.ActualAt,
            Tenth(lamp.Expected)!.Value,
            lamp.ReportedAt,
            lamp.Version,
            lamp.DesiredVersion,
            lamp.Follow,
            lamp.Why,
            lamp.Faults);
    }

    private static double? Tenth(double? value) => value is { } number ? Math.Round(number, 1) : null;
}
