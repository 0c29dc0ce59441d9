using System.Buffers;
using SmartCity.City;

namespace SmartCity.Edge.Fire;

/// <content>What is remembered over a restart.</content>
internal sealed partial class FireDesk
{
    private void Remember() => _store?.Save(Memory);

    private FireMemory Memory()
    {
        lock (_gate)
        {
            var zones = _zones.Values.Where(z => !z.IsAtRest).ToDictionary(
                z => z.Name,
                z => new ZoneMemory(Base64(z.State.Write), [.. z.Active], [.. z.Heard], z.SilencedAt),
                StringComparer.Ordinal);
            var devices = _devices.Values.Where(d => d.Zone.HasActive(d.Context.Id)).ToDictionary(
                d => d.Context.Id, d => Base64(d.State.Write), StringComparer.Ordinal);
            return new FireMemory(_clock.Now, zones, devices);
        }
    }

    private void Restore(FireMemory? memory)
    {
        foreach (var (name, remembered) in memory?.Zones ?? new Dictionary<string, ZoneMemory>(StringComparer.Ordinal))
        {
            if (_zones.TryGetValue(name, out var zone) && Bytes(remembered.State) is { } bytes && ZoneState.TryRead(bytes) is { } state)
            {
                zone.Restore(state, remembered.Active ?? [], remembered.Heard ?? [], remembered.SilencedAt);
            }
        }

        foreach (var (id, snapshot) in memory?.Devices ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (_devices.TryGetValue(id, out var device) && Bytes(snapshot) is { } bytes && DeviceState.TryRead(bytes, device.Kind) is { } state)
            {
                device.State = state;
                device.LastAt = state.LastMeasured;
            }
        }
    }

    private static string Base64(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Convert.ToBase64String(buffer.WrittenSpan);
    }

    private static byte[]? Bytes(string? base64)
    {
        var bytes = new byte[(base64?.Length ?? 0)];
        return base64 is not null && Convert.TryFromBase64String(base64, bytes, out var count) ? bytes[..count] : null;
    }
}
