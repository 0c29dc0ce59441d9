using SmartCity.Grains;

namespace SmartCity.Ingest.Book;

/// <summary>The registry as grains and intake see it: devices and zones in service.</summary>
internal sealed partial class Registry : IDeviceDirectory
{
    /// <inheritdoc/>
    public object Version => _current;

    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> InService => _current.InService;

    /// <inheritdoc/>
    public DeviceInfo? Find(ReadOnlySpan<byte> deviceId) => _current.Find(deviceId);

    /// <inheritdoc/>
    public ZoneInfo? FindZone(string id) => _current.ZoneInfos.GetValueOrDefault(id);
}
