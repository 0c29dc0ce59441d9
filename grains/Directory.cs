namespace SmartCity.Grains;

/// <summary>The registry's word on a device. Immutable: when anything changes there is a new object, which is how a grain notices.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="Kind">The name of its kind.</param>
/// <param name="Zone">Its zone, or null.</param>
/// <param name="Gateway">The gateway it is reached through.</param>
/// <param name="Registered">False for one nobody registered.</param>
/// <param name="Thresholds">Its own values for its rules' parameters: <c>rule.parameter</c> or <c>parameter</c>; a gauge's stages are <c>I</c>, <c>II</c>, <c>III</c>.</param>
public sealed record DeviceInfo(
    string Id,
    string Kind,
    string? Zone,
    string Gateway,
    bool Registered = true,
    IReadOnlyDictionary<string, double>? Thresholds = null)
{
    /// <summary>When the registry last said that this device is in service, Unix ns; 0 = not known. Its silence counts from then until it reports.</summary>
    public long RegisteredAt { get; init; }

    /// <summary>Degrees north, NaN when unknown.</summary>
    public double Latitude { get; init; } = double.NaN;

    /// <summary>Degrees east, NaN when unknown.</summary>
    public double Longitude { get; init; } = double.NaN;
}

/// <summary>The registry's word on a fire zone. Immutable, like <see cref="DeviceInfo"/>.</summary>
/// <param name="Id">Its identifier.</param>
public sealed record ZoneInfo(string Id)
{
    /// <summary>A pre-alarm that nobody acknowledges within this becomes a fire.</summary>
    public TimeSpan AcknowledgeWithin { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>A second detector this long after the first one's alarm ended still confirms it (60 s, fire.md).</summary>
    public TimeSpan Coincidence { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>The seam to the registry. The two methods are called for every line: they must not allocate, block or throw.</summary>
public interface IDeviceDirectory
{
    /// <summary>Another object after every change. While it is the same, <see cref="Find"/> and <see cref="FindZone"/> give the same objects, so that nobody need ask again.</summary>
    object Version { get; }

    /// <summary>Every device in service. The same list until the registry changes, and in it the objects that <see cref="Find"/> gives.</summary>
    IReadOnlyList<DeviceInfo> InService { get; }

    /// <summary>The device of this identifier, or null when nobody registered one.</summary>
    DeviceInfo? Find(ReadOnlySpan<byte> deviceId);

    /// <summary>The zone of this identifier, or null: then the defaults of <see cref="ZoneInfo"/> apply.</summary>
    ZoneInfo? FindZone(string id);
}
