namespace SmartCity.Ingest.Lights;

/// <summary>What is wrong with a lamp or a cabinet, as a crew thinks of it. In the order in which it is worth driving out for.</summary>
internal enum LampTrouble
{
    /// <summary>Leakage, overvoltage: somebody may be hurt.</summary>
    Electric,

    /// <summary>A cabinet has no supply: all its lamps are dark.</summary>
    Supply,

    /// <summary>The door of a pole or a cabinet is open: live parts within reach.</summary>
    Door,

    /// <summary>Asked on, no power.</summary>
    Dark,

    /// <summary>There is no voltage at this lamp alone: its fuse or its cable.</summary>
    Unfed,

    /// <summary>Goes on and off by itself.</summary>
    Cycling,

    /// <summary>Burns though asked off.</summary>
    Burning,

    /// <summary>Burns while the sun is up.</summary>
    Day,

    /// <summary>Power does not follow the level.</summary>
    Dimming,

    /// <summary>Its meter contradicts the cabinet's.</summary>
    Meter,

    /// <summary>Too hot.</summary>
    Hot,

    /// <summary>Says nothing.</summary>
    Silent,

    /// <summary>Says itself that something is wrong; or a rule that has no word here.</summary>
    Device,
}

/// <summary>From the rules of kinds/streetlight.yaml and kinds/power_cabinet.yaml to trouble.</summary>
internal static class LampTroubles
{
    /// <summary>The kind of device that feeds lamps: those of its gateway.</summary>
    public const string CabinetKind = "power_cabinet";

    /// <summary>What a rule means.</summary>
    public static LampTrouble Of(string rule) => rule switch
    {
        "leakage" or "overvoltage" => LampTrouble.Electric,
        "supply-loss" or City.CircuitRules.Supply => LampTrouble.Supply,
        "door" or "pole-door" => LampTrouble.Door,
        "lamp-failure" => LampTrouble.Dark,
        "lamp-supply-loss" => LampTrouble.Unfed,
        "lamp-cycling" => LampTrouble.Cycling,
        "lamp-unexpected-on" => LampTrouble.Burning,
        "lamp-day-burner" => LampTrouble.Day,
        "lamp-dimming" => LampTrouble.Dimming,
        "lamp-meter" => LampTrouble.Meter,
        "too-hot" => LampTrouble.Hot,
        "silence" or City.CircuitRules.Silence => LampTrouble.Silent,
        _ => LampTrouble.Device,
    };

    /// <summary>1: danger, or a whole cabinet; 2: a street is darker than it should be; 3: it wastes, or is not known.</summary>
    public static int Priority(LampTrouble trouble) => trouble switch
    {
        <= LampTrouble.Door => 1,
        <= LampTrouble.Cycling => 2,
        _ => 3,
    };

    /// <summary>A lamp whose cabinet is dead, or whose gateway is away, has this because of that.</summary>
    public static bool FollowsFromAbove(LampTrouble trouble) =>
        trouble is LampTrouble.Dark or LampTrouble.Unfed or LampTrouble.Silent or LampTrouble.Dimming or LampTrouble.Device or LampTrouble.Supply or LampTrouble.Meter or LampTrouble.Cycling;
}
