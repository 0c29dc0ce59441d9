namespace SmartCity.City;

/// <summary>
/// What the city knows about one device, resolved once for its kind's rules: built when the registry's word on a device changes,
/// never per reading.
/// </summary>
public sealed class DeviceContext
{
    private readonly double[] _parameters;

    /// <summary>Resolves the rules' parameters for a device.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="id">Its identifier.</param>
    /// <param name="zone">Its zone, or null.</param>
    /// <param name="registered">False for a device nobody registered.</param>
    /// <param name="thresholds">
    /// The device's own values: <c>rule.parameter</c> (for instance <c>flood.II</c>, <c>too-hot.raise</c>), or just
    /// <c>parameter</c> for every rule that has one of that name.
    /// </param>
    public DeviceContext(
        DeviceKind kind,
        string id,
        string? zone = null,
        bool registered = true,
        IReadOnlyDictionary<string, double>? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Kind = kind;
        Id = id;
        Zone = zone;
        Registered = registered;
        _parameters = kind.ResolveParameters(thresholds);
    }

    /// <summary>Its kind.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Its identifier.</summary>
    public string Id { get; }

    /// <summary><c>device/ID</c>: who, in an alert's identifier.</summary>
    public string Subject => string.Concat("device/", Id);

    /// <summary>Its zone, or null.</summary>
    public string? Zone { get; }

    /// <summary>False for a device nobody registered.</summary>
    public bool Registered { get; }

    /// <summary>When somebody promised that it would report, Unix ns: the registry's last word on it. 0 = not known; then its silence is
    /// judged only once it has reported.</summary>
    public long RegisteredAt { get; init; }

    /// <summary>Degrees north, NaN when unknown; what needs the sun is not judged then.</summary>
    public double Latitude { get; init; } = double.NaN;

    /// <summary>Degrees east, NaN when unknown.</summary>
    public double Longitude { get; init; } = double.NaN;

    /// <summary>The city's offset from UTC, for hourly means. Vietnam has had UTC+7 without daylight saving since 1975.</summary>
    public TimeSpan UtcOffset { get; init; } = TimeSpan.FromHours(7);

    internal ReadOnlySpan<double> Parameters => _parameters;

    internal ReadOnlySpan<double> ParametersOf(int rule) => _parameters.AsSpan(Kind.ParameterOffset(rule), Kind.Rules[rule].Parameters.Count);
}
