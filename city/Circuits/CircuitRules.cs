namespace SmartCity.City;

/// <summary>Names of the rules whose alerts stand for a whole circuit. Their device is the cabinet or, where there is none, the first lamp.</summary>
public static class CircuitRules
{
    /// <summary>All lamps and cabinets of a gateway are silent.</summary>
    public const string Silence = "gateway-silence";

    /// <summary>The lamps of a gateway, or a branch of them, are without power, as they say themselves.</summary>
    public const string Supply = "circuit-supply-loss";
}
