namespace SmartCity.Simulators.Plan;

/// <summary>A place on the map, WGS 84 degrees.</summary>
/// <param name="Lat">Latitude, −90 … 90.</param>
/// <param name="Lon">Longitude, −180 … 180.</param>
internal readonly record struct GeoPoint(double Lat, double Lon);

/// <summary>A street: its line runs through the points in order.</summary>
internal sealed record PlanStreet(string Id, string Name, string Ward, IReadOnlyList<GeoPoint> Line);

/// <summary>A place whose detectors confirm each other (a market, a school, a hospital) and whose people are warned together.</summary>
internal sealed record PlanZone(string Id, string Name, string Kind, string Ward, GeoPoint At)
{
    /// <summary>Its border, closed (the first point again at the end); empty for a place that is only a point.</summary>
    public IReadOnlyList<GeoPoint> Boundary { get; init; } = [];
}

/// <summary>A gateway in its cabinet.</summary>
internal sealed record PlanGateway(string Id, string Name, string Street, GeoPoint At);

/// <summary>A device, as the registry is told of it.</summary>
internal sealed record PlanDevice(string Id, string Name, string Kind, string Gateway, string? Zone, string? Street, GeoPoint At)
{
    /// <summary>What this device is judged by where its kind's own figure does not fit (a gauge's legal alarm levels).</summary>
    public IReadOnlyDictionary<string, double> Thresholds { get; init; } = NoThresholds;

    private static readonly Dictionary<string, double> NoThresholds = [];
}

/// <summary>A whole simulated city: what its registry holds, and nothing about how it behaves.</summary>
internal sealed record CityPlan(
    string Name,
    int Seed,
    IReadOnlyList<PlanStreet> Streets,
    IReadOnlyList<PlanZone> Zones,
    IReadOnlyList<PlanGateway> Gateways,
    IReadOnlyList<PlanDevice> Devices)
{
    /// <summary>Wards and rivers: zones of the registry for the map to draw, and for nobody to belong to.</summary>
    public IReadOnlyList<PlanZone> Areas { get; init; } = [];
}
