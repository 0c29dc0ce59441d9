namespace SmartCity.Ingest.Lights;

/// <summary>How a lamp looks on map and tree. The order is the contract's: the number is what goes over the wire.</summary>
internal enum LampLook
{
    /// <summary>Dark, as it should be.</summary>
    Off,

    /// <summary>Burns below 100 %, as it should.</summary>
    Dimmed,

    /// <summary>Burns at 100 %, as it should.</summary>
    On,

    /// <summary>Does not do what is wanted, and nobody has found a fault yet.</summary>
    NotFollowed,

    /// <summary>A fault is open, or its power says that there is one.</summary>
    Fault,

    /// <summary>Nobody knows: its gateway is away, or says nothing of it.</summary>
    Silent,
}

/// <summary>How looks are judged.</summary>
internal static class LampLooks
{
    /// <summary>In the order of their numbers.</summary>
    public static readonly string[] Words = ["off", "dimmed", "on", "not-followed", "fault", "silent"];

    /// <summary>In the order of <see cref="LampFollow"/>.</summary>
    public static readonly string[] FollowWords = ["confirmed", "in-force", "sent", "not-followed"];

    /// <summary>How a lamp looks. What nobody hears goes before what was found there once; what is found goes before what is asked.</summary>
    public static LampLook Of(LampState lamp)
    {
        if (lamp.Follow == LampFollow.NotFollowed && lamp.Why is LampWhy.GatewayAway or LampWhy.Silent)
        {
            return LampLook.Silent;
        }

        if (lamp.Faults.Any(IsOfLight) || (lamp.Follow == LampFollow.NotFollowed && lamp.Why is LampWhy.Fault or LampWhy.NoPower or LampWhy.PowerDoesNotFit))
        {
            return LampLook.Fault;
        }

        return lamp.Follow == LampFollow.NotFollowed ? LampLook.NotFollowed : Level(lamp) switch
        {
            <= 0 => LampLook.Off,
            < 99.5 => LampLook.Dimmed,
            _ => LampLook.On,
        };
    }

    /// <summary>The level in force as well as it is known: what the output says, else what it was asked, else what is wanted.</summary>
    public static double Level(LampState lamp) => lamp.Feedback ?? lamp.Target ?? lamp.Wanted.Percent;

    // An open pole door or a hot luminaire is a crew's business, and the lamp burns all the same.
    private static bool IsOfLight(string rule) => LampTroubles.Of(rule) is not (LampTrouble.Door or LampTrouble.Hot or LampTrouble.Silent);
}
