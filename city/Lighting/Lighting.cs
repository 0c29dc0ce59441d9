namespace SmartCity.City;

/// <summary>The one answer to "how bright is this lamp now, and why", for server, gateway and preview.</summary>
public static class Lighting
{
    /// <summary>Level of a lamp that nothing else speaks of: a street is never dark because a server is.</summary>
    public const double DefaultPercent = 100;

    /// <summary>
    /// The level at an instant: the winning override; else the programme of the night; else <see cref="DefaultPercent"/> with
    /// <see cref="LightReason.Default"/>. While it is dark, the street's minimum is a floor under all of them.
    /// </summary>
    public static LightLevel Level(LampPlan lamp, DateTimeOffset instant)
    {
        ArgumentNullException.ThrowIfNull(lamp);
        var night = lamp.NightOf(instant);
        var level = Winner(lamp.Overrides, instant) is { } winner
            ? new LightLevel(winner.Level, LightReason.Override) { Override = winner, Programme = night.Programme }
            : night.Programme is { } programme
                ? new LightLevel(night.Level(instant), LightReason.Programme) { Programme = programme }
                : new LightLevel(DefaultPercent, LightReason.Default);
        return level.Percent < lamp.Minimum && night.Night.IsDark(instant) ? level with { Percent = lamp.Minimum, Raised = true } : level;
    }

    private static LightOverride? Winner(IReadOnlyList<LightOverride> overrides, DateTimeOffset instant)
    {
        LightOverride? winner = null;
        for (var i = 0; i < overrides.Count; i++)
        {
            var each = overrides[i];
            if (each.Holds(instant) && (winner is null || each.Beats(winner)))
            {
                winner = each;
            }
        }

        return winner;
    }
}
