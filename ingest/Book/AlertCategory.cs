namespace SmartCity.Ingest.Book;

/// <summary>CAP 1.2 category of an alert's kind: what groups alerts of one place into one incident.</summary>
internal static class AlertCategory
{
    /// <summary>A fire zone's alerts.</summary>
    public const string Fire = "Fire";

    /// <summary>Water and weather.</summary>
    public const string Met = "Met";

    /// <summary>What is in the air.</summary>
    public const string Env = "Env";

    /// <summary>Everything that is broken, silent or in the way.</summary>
    public const string Infra = "Infra";

    /// <summary>The category of a kind; a kind that is not known is infrastructure.</summary>
    public static string Of(string kind) => kind switch
    {
        "fire" or "fire-prealarm" => Fire,
        "flood" or "flood-rise" or "rain" or "weather" => Met,
        "air" or "gas" => Env,
        _ => Infra,
    };

    /// <summary>Only a person ends it, and no works make it quiet.</summary>
    public static bool IsFire(string kind) => kind is "fire" or "fire-prealarm";
}
