namespace SmartCity.Ingest.Cap;

/// <summary>How a kind of danger is said in CAP.</summary>
/// <param name="Category">CAP category.</param>
/// <param name="Urgency">While it goes on.</param>
/// <param name="Certainty">What the sensors alone can claim.</param>
/// <param name="Response">What people should do while it goes on.</param>
/// <param name="Life">How long a message holds unless it is followed by another.</param>
/// <param name="RadiusKm">Around the device, where the zone has no boundary.</param>
/// <param name="Decimals">Of its value in a sentence; null when its value says nothing to people.</param>
internal sealed record CapKind(
    string Category, string Urgency, string Certainty, string Response, TimeSpan Life, double RadiusKm, int? Decimals = null);

/// <summary>The dangers that are told to the world. Faults of devices, doors, lamps and bins are the city's own business: see docs/decisions/cap.md.</summary>
internal static class CapKinds
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, CapKind> Table = new(StringComparer.Ordinal)
    {
        ["fire"] = new("Fire", "Immediate", "Observed", "Evacuate", Day, 0.2),

        // One detector: possible, and for the people on site to look.
        ["fire-prealarm"] = new("Fire", "Immediate", "Possible", "Prepare", Day, 0.2),

        // A flood stands for days, and its messages are renewed only by its stages.
        ["flood"] = new("Met", "Expected", "Observed", "Prepare", 3 * Day, 5, 2),
        ["flood-rise"] = new("Met", "Immediate", "Observed", "Avoid", Day, 5),
        ["rain"] = new("Met", "Immediate", "Observed", "Prepare", Day, 3, 0),
        ["weather"] = new("Met", "Immediate", "Observed", "Shelter", Day, 3, 1),
        ["air"] = new("Env", "Immediate", "Observed", "Shelter", Day, 3, 0),
        ["gas"] = new("Env", "Immediate", "Observed", "Avoid", Day, 0.2),
    };

    /// <summary>The kinds, in order of their names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Table.Keys.Order(StringComparer.Ordinal)];

    /// <summary>How this kind is said, or null when it is no danger.</summary>
    public static CapKind? Find(string kind) => Table.GetValueOrDefault(kind);
}
