using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Lights;

/// <summary>Why a lamp is at its level and whether it really is, in one sentence.</summary>
internal static class LampSentence
{
    private const int LongestWords = 160;

    /// <summary>The sentence.</summary>
    /// <param name="words">The language.</param>
    /// <param name="board">What is known.</param>
    /// <param name="lamp">The lamp.</param>
    /// <param name="zone">The city's time.</param>
    public static string Of(ServerWords words, LampBoard board, LampState lamp, TimeZoneInfo zone) => words.Say(
        lamp.Wanted.Percent <= 0 ? "lamp.sentence.off" : "lamp.sentence", Number(words, lamp.Wanted.Percent), Why(words, board, lamp, zone), Does(words, board, lamp));

    private static string Why(ServerWords words, LampBoard board, LampState lamp, TimeZoneInfo zone)
    {
        var plan = board.Directory.Plan(lamp.Lamp);
        var wanted = lamp.Wanted;
        var why = wanted switch
        {
            { Override: { } order } => Order(words, plan, order, board.At, zone),
            { Programme: { } programme } => Programme(words, board, plan, wanted, programme, zone),
            _ => words["lamp.why.default"],
        };
        return wanted.Raised ? words.Say("lamp.why.raised", why) : why;
    }

    private static string Order(ServerWords words, LampPlan plan, LightOverride order, DateTimeOffset now, TimeZoneInfo zone)
    {
        var until = order.Expires is { } end ? words.Say("lamp.why.until", Clock(end, now, zone)) : words["lamp.why.untilreleased"];
        var why = words.Say(
            "lamp.why.order", order.Id, order.By ?? "–", string.IsNullOrEmpty(order.Reason) ? "" : words.Say("lamp.why.order.reason", Short(order.Reason)), order.Priority, until);
        var under = plan.Overrides.Where(o => o.Id != order.Id && o.Holds(now)).ToList();
        if (under.Count == 0)
        {
            return why;
        }

        var next = under.Aggregate((best, each) => each.Beats(best) ? each : best);
        why = words.Say("lamp.why.over", why, next.Id, next.By ?? "–", next.Priority, Number(words, next.Level));
        return under.Count > 1 ? words.Say("lamp.why.overmore", why, under.Count - 1) : why;
    }

    private static string Programme(ServerWords words, LampBoard board, LampPlan plan, in LightLevel wanted, LightProgramme programme, TimeZoneInfo zone)
    {
        var name = board.Directory.Lighting.Find(LightKind.Programme, programme.Id)?.Name ?? programme.Id;
        return LampTiming.Until(plan, wanted, board.At) is { } end ? words.Say("lamp.why.programme.until", name, Clock(end, board.At, zone)) : words.Say("lamp.why.programme", name);
    }

    private static string Does(ServerWords words, LampBoard board, LampState lamp)
    {
        var gateway = lamp.Lamp.Row.Gateway;
        return lamp switch
        {
            { Follow: LampFollow.Confirmed } => words.Say("lamp.does.confirmed", Number(words, lamp.Actual)),
            { Follow: LampFollow.Sent } => words["lamp.does.sent"],
            { Follow: LampFollow.InForce, Why: null } => words["lamp.does.in-force"],
            { Follow: LampFollow.InForce } => words["lamp.does.unmeasured"],
            { Why: LampWhy.GatewayAway } => gateway is null ? words["lamp.does.no-gateway"] : words.Say("lamp.does.gateway-away", gateway),
            { Why: LampWhy.Refused } => words.Say("lamp.does.refused", gateway, Short(lamp.RefusedWhy)),
            { Why: LampWhy.OlderVersion } => words.Say("lamp.does.older-version", gateway, lamp.Version, lamp.DesiredVersion),
            { Why: LampWhy.Hand } => words.Say("lamp.does.hand", Number(words, lamp.Target), Short(lamp.Report?.Detail)),
            { Why: LampWhy.OtherLevel } => words.Say("lamp.does.other-level", Number(words, lamp.Target), Short(lamp.Report?.Detail), gateway),
            { Why: LampWhy.NoPower } => words.Say("lamp.does.no-power", Number(words, lamp.Actual)),
            { Why: LampWhy.PowerDoesNotFit } => words.Say("lamp.does.power-does-not-fit", Number(words, lamp.Actual), Number(words, Math.Round(lamp.Expected))),
            { Why: LampWhy.Silent } => words.Say("lamp.does.silent", gateway),
            _ => words.Say("lamp.does.fault", Short(lamp.Report?.Detail)),
        };
    }

    private static string Clock(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo zone)
    {
        var (local, today) = (TimeZoneInfo.ConvertTime(at, zone), TimeZoneInfo.ConvertTime(now, zone));
        return local.ToString(local.Date == today.Date ? "HH:mm" : "HH:mm dd/MM", CultureInfo.InvariantCulture);
    }

    private static string Number(ServerWords words, double? value) => value is { } number ? words.Number(number, Math.Abs(number - Math.Round(number)) < 0.05 ? 0 : 1) : "–";

    private static string Short(string? text) => string.IsNullOrWhiteSpace(text) ? "–" : text.Length <= LongestWords ? text : text[..LongestWords] + "…";
}
