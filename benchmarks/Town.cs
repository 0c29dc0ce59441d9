using SmartCity.Grains;
using SmartCity.Ingest.Book;

namespace SmartCity.Benchmarks;

/// <summary>The registry's own snapshot with some devices of <see cref="Samples"/> in it, all of one gateway.</summary>
internal sealed class Town : IDeviceDirectory
{
    private readonly RegistrySnapshot _snapshot;

    public Town(int devices, int first = 0)
    {
        var batch = new RegistryBatch();
        for (var i = first; i < first + devices; i++)
        {
            batch.Devices.Add(new DeviceRow(
                Samples.Device(i), Samples.Kind, "gw-001", null, null, null, 19.8, 105.8, null, Registered: true, null, Service.Active, 1, DateTimeOffset.UnixEpoch));
        }

        _snapshot = RegistrySnapshot.Empty.With(batch);
    }

    public object Version => _snapshot;

    public IReadOnlyList<DeviceInfo> InService => _snapshot.InService;

    public DeviceInfo? Find(ReadOnlySpan<byte> deviceId) => _snapshot.Find(deviceId);

    public ZoneInfo? FindZone(string id) => _snapshot.ZoneInfos.GetValueOrDefault(id);
}
