namespace SmartCity.Ingest.Lights;

/// <summary>How far a lamp has followed what is wanted of it.</summary>
internal enum LampFollow
{
    /// <summary>Power measured after the level came in force fits it.</summary>
    Confirmed,

    /// <summary>Its gateway reports that the output has the level.</summary>
    InForce,

    /// <summary>Its gateway has been told, a moment ago.</summary>
    Sent,

    /// <summary>It does not do what is wanted, or nobody can know.</summary>
    NotFollowed,
}

/// <summary>Why a lamp does not follow, or why power does not confirm that it does.</summary>
internal enum LampWhy
{
    /// <summary>Its gateway is not connected, or it has none.</summary>
    GatewayAway,

    /// <summary>Its gateway refuses the document.</summary>
    Refused,

    /// <summary>Its gateway still runs an older document.</summary>
    OlderVersion,

    /// <summary>Somebody at the pole, a technician's test or an input of the gateway has the say.</summary>
    Hand,

    /// <summary>Its gateway runs this document and asks for another level all the same: its clock is wrong or not known.</summary>
    OtherLevel,

    /// <summary>The output cannot be told, or does not take the level.</summary>
    Fault,

    /// <summary>Asked on, it takes no power.</summary>
    NoPower,

    /// <summary>It takes another power than the level means.</summary>
    PowerDoesNotFit,

    /// <summary>Nothing has measured its power since the level came in force.</summary>
    Unmeasured,

    /// <summary>Its gateway is connected and says nothing of it.</summary>
    Silent,
}

/// <summary>What is known of a lamp when it is judged.</summary>
internal readonly record struct LampFacts
{
    /// <summary>What is wanted now, 0 … 100 %.</summary>
    public required double Wanted { get; init; }

    /// <summary>By how many percent a report may be behind, because what is wanted moves (a ramp).</summary>
    public double Slack { get; init; }

    /// <summary>What is wanted has been so for longer than a gateway in order needs.</summary>
    public required bool Settled { get; init; }

    /// <summary>Its gateway is connected.</summary>
    public required bool Connected { get; init; }

    /// <summary>Its gateway has refused the document that it should have in force.</summary>
    public bool Refuses { get; init; }

    /// <summary>Its gateway has the document in force that it should have.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>Age of its gateway's last report; null when it has never reported.</summary>
    public required TimeSpan? ReportAge { get; init; }

    /// <summary>The report speaks of this lamp.</summary>
    public required bool Reported { get; init; }

    /// <summary>What it was asked last, as reported.</summary>
    public double? Target { get; init; }

    /// <summary>What its output says is in force; null when it cannot say.</summary>
    public double? Feedback { get; init; }

    /// <summary>The gateway's reason: default, programme, override, sensor, fault.</summary>
    public string? Reason { get; init; }

    /// <summary>That is also why the level is wanted now.</summary>
    public bool SameReason { get; init; }

    /// <summary>How long ago its output took its last step; null when nobody knows of one.</summary>
    public TimeSpan? StepAge { get; init; }

    /// <summary>Watts measured after the level came in force; null when none were.</summary>
    public double? Watts { get; init; }

    /// <summary>How long ago that was.</summary>
    public TimeSpan WattsAge { get; init; }

    /// <summary>What the lamp is like.</summary>
    public required LampPower Power { get; init; }

    /// <summary>Percent of the driver's power that stands for 100 %; 100 without constant light output.</summary>
    public double Clo { get; init; }
}

/// <summary>The judgement: does a lamp follow? Pure. Target, feedback and actual never stand for one another (lighting.md): only power that was measured after the
/// output took the level confirms it.</summary>
internal static class LampJudgement
{
    /// <summary>A gateway in order has a document in force, and its lamps at their level, within this: a second to report, four for the stagger of a cabinet, and the way.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>A gateway reports at least each minute; after two and a half it says nothing.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(150);

    /// <summary>Three reporting intervals of a meter, as everywhere: older power is not of now.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromMinutes(3);

    /// <summary>Power is measured two seconds after a step and reported at once; for what measures each minute this is long enough.</summary>
    public static readonly TimeSpan Unmeasured = TimeSpan.FromSeconds(90);

    /// <summary>After a step a driver needs this until its power is the level's.</summary>
    public static readonly TimeSpan DriverNeeds = TimeSpan.FromSeconds(2);

    /// <summary>Outputs go in steps of one percent.</summary>
    public const double Near = 1;

    /// <summary>Judges.</summary>
    public static (LampFollow Follow, LampWhy? Why) Judge(in LampFacts lamp)
    {
        if (!lamp.Connected)
        {
            return (LampFollow.NotFollowed, LampWhy.GatewayAway);
        }

        if (lamp.ReportAge is not { } age)
        {
            return Late(lamp, LampWhy.Silent);
        }

        if (lamp.Refuses)
        {
            return (LampFollow.NotFollowed, LampWhy.Refused);
        }

        if (age > Silence)
        {
            return Late(lamp, LampWhy.Silent);
        }

        // A document that is on its way for the sake of another lamp makes nothing of this one unknown.
        if (!lamp.IsCurrent && (lamp.Settled || !lamp.SameReason || !Fits(lamp, lamp.Target)))
        {
            return Late(lamp, LampWhy.OlderVersion);
        }

        if (!lamp.Reported)
        {
            return Late(lamp, LampWhy.Silent);
        }

        if (lamp.Reason == "fault")
        {
            return (LampFollow.NotFollowed, LampWhy.Fault);
        }

        if (!Fits(lamp, lamp.Target))
        {
            // A hand at the pole is no delay: it is there until somebody takes it away.
            return lamp.Reason is "sensor" ? (LampFollow.NotFollowed, LampWhy.Hand) : Late(lamp, lamp.Reason == "override" ? LampWhy.Hand : LampWhy.OtherLevel);
        }

        return lamp.Feedback is not null && !Fits(lamp, lamp.Feedback) ? Late(lamp, LampWhy.Fault) : Measured(lamp);
    }

    private static (LampFollow Follow, LampWhy? Why) Late(in LampFacts lamp, LampWhy why) => lamp.Settled ? (LampFollow.NotFollowed, why) : (LampFollow.Sent, null);

    private static bool Fits(in LampFacts lamp, double? percent) => percent is { } level && Math.Abs(level - lamp.Wanted) <= Near + lamp.Slack;

    // The level is in force.
    private static (LampFollow Follow, LampWhy? Why) Measured(in LampFacts lamp)
    {
        if (lamp.Watts is not { } watts || lamp.WattsAge > Stale)
        {
            return (LampFollow.InForce, lamp.StepAge < Unmeasured ? null : LampWhy.Unmeasured);
        }

        if (lamp.Wanted <= 0)
        {
            return watts <= lamp.Power.Dark ? (LampFollow.Confirmed, null) : (LampFollow.NotFollowed, LampWhy.PowerDoesNotFit);
        }

        if (lamp.Wanted >= lamp.Power.AskedOn && watts <= lamp.Power.Dark)
        {
            return (LampFollow.NotFollowed, LampWhy.NoPower);
        }

        var clo = lamp.Clo > 0 ? lamp.Clo : 100;
        return Math.Abs(watts - lamp.Power.At(lamp.Wanted, clo)) <= lamp.Power.Tolerance + (lamp.Power.Rated * lamp.Slack / 100)
            ? (LampFollow.Confirmed, null)
            : (LampFollow.NotFollowed, LampWhy.PowerDoesNotFit);
    }
}
