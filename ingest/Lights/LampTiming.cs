using SmartCity.City;

namespace SmartCity.Ingest.Lights;

/// <summary>Since when, until when, and how fast what is wanted of a lamp moves. Pure.</summary>
internal static class LampTiming
{
    /// <summary>A gateway tells a small change within ten seconds.</summary>
    private const double SmallChangeSeconds = 10;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan[] Looks = [TimeSpan.Zero, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(12)];

    /// <summary>The last moment at which an order began or ended or the programme came to a point: since then nothing new was asked of the lamp but to go on.</summary>
    public static DateTimeOffset Since(LampPlan plan, DateTimeOffset now)
    {
        var night = plan.NightOf(now);
        var since = night.Night.Begin;
        foreach (var at in Moments(plan, night))
        {
            if (at <= now && at > since)
            {
                since = at;
            }
        }

        return since;
    }

    /// <summary>Until when the level of now, or the way it goes (a ramp), is wanted for the reason of now; null when nothing is to come before the night is over.</summary>
    public static DateTimeOffset? Until(LampPlan plan, in LightLevel level, DateTimeOffset now)
    {
        var night = plan.NightOf(now);
        foreach (var at in Moments(plan, night).Where(m => m > now).Distinct().Order())
        {
            var (before, then) = (City.Lighting.Level(plan, at.AddTicks(-1)), City.Lighting.Level(plan, at + Second));
            if (then.Override?.Id != level.Override?.Id || then.Reason != level.Reason || Math.Abs(then.Percent - before.Percent) > 0.001)
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>By how many percent a gateway's report may be behind what is wanted, because that moves: five are told at once and less within ten seconds, and a second or two are the way.</summary>
    public static double Slack(LampPlan plan, DateTimeOffset now)
    {
        var rate = 0.0;
        foreach (var back in Looks)
        {
            var at = now - back;
            var moved = City.Lighting.Level(plan, at).Percent - City.Lighting.Level(plan, at - Second).Percent;

            // Half of it in half of the time: a ramp. A step is all of it at once.
            var half = City.Lighting.Level(plan, at).Percent - City.Lighting.Level(plan, at - (Second / 2)).Percent;
            rate = Math.Abs(half - (moved / 2)) < Math.Abs(moved) / 10 ? Math.Max(rate, Math.Abs(moved)) : rate;
        }

        return rate <= 0 ? 0 : Math.Min(5, SmallChangeSeconds * rate) + (3 * rate);
    }

    private static IEnumerable<DateTimeOffset> Moments(LampPlan plan, NightPlan night)
    {
        foreach (var order in plan.Overrides)
        {
            yield return order.Start;
            if (order.Expires is { } end)
            {
                yield return end;
            }
        }

        foreach (var at in night.Times)
        {
            yield return at;
        }

        if (plan.Minimum > 0)
        {
            yield return night.Night.Sunset;
            yield return night.Night.Sunrise;
        }
    }
}
