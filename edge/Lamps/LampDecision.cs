using SmartCity.City;

namespace SmartCity.Edge.Lamps;

/// <summary>What one lamp is to do now, and why.</summary>
/// <param name="Percent">0 … 100 %.</param>
/// <param name="Reason">Why.</param>
/// <param name="Words">The same in one sentence, made when somebody asks.</param>
/// <param name="AtOnce">One lamp alone is meant, and somebody stands before it: it does not wait for its place in the cabinet.</param>
internal readonly record struct LampDecision(double Percent, LightReason Reason, Func<string> Words, bool AtOnce = false);

/// <summary>What the desk knows at one moment, the same for all its lamps.</summary>
/// <param name="Now">The time of day; null while nobody knows it.</param>
/// <param name="Dark">What the photocell says; null when there is none that has measured lately.</param>
internal readonly record struct LampMoment(DateTimeOffset? Now, bool? Dark);

/// <summary>
/// Who has the say over a lamp, the first that speaks: a technician's test; the switch at the pole (on = 100 %, reason <c>sensor</c>: TALQ has no
/// word of its own for a hand at the pole, and to the gateway it is an input); override, programme and minimum of the document; the photocell; 100 %.
/// </summary>
internal static class LampRules
{
    private static readonly Func<string> AtThePole = static () => "switched on by hand at the pole";
    private static readonly Func<string> PhotocellDark = static () => "photocell: dark";
    private static readonly Func<string> PhotocellLight = static () => "photocell: light enough";
    private static readonly Func<string> NoTime = static () => "nobody knows the time, and there is no photocell";
    private static readonly Func<string> NoProgramme = static () => "no programme, and there is no photocell";

    /// <summary>Decides.</summary>
    /// <param name="plan">The lamp's plan.</param>
    /// <param name="test">Level of a test under way; null = none.</param>
    /// <param name="hand">The switch at the pole is on.</param>
    /// <param name="moment">Time and light.</param>
    public static LampDecision Decide(LampPlan plan, double? test, bool hand, in LampMoment moment)
    {
        if (test is { } percent)
        {
            return new LampDecision(percent, LightReason.Override, static () => "a technician's test", AtOnce: true);
        }

        if (hand)
        {
            return new LampDecision(100, LightReason.Sensor, AtThePole, AtOnce: true);
        }

        if (moment.Now is { } now)
        {
            var level = Lighting.Level(plan, now);
            if (level.Reason != LightReason.Default)
            {
                return new LampDecision(level.Percent, level.Reason, level.Sentence);
            }
        }

        return moment.Dark switch
        {
            true => new LampDecision(100, LightReason.Sensor, PhotocellDark),
            false => new LampDecision(0, LightReason.Sensor, PhotocellLight),
            _ => new LampDecision(Lighting.DefaultPercent, LightReason.Default, moment.Now is null ? NoTime : NoProgramme),
        };
    }
}
