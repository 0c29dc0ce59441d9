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
                z => new ZoneMemory(Base64(z.State.Write), [.. z.Active], [.. z.Heard], z.SilencedAt) { Began = z.Began(_timeOfDay) },
                StringComparer.Ordinal);
            var devices = _devices.Values.Where(d => d.Zone.HasActive(d.Context.Id)).ToDictionary(
                d => d.Context.Id, d => Base64(d.State.Write), StringComparer.Ordinal);
            return new FireMemory(_clock.Now, zones, devices)
            {
                Followed = _zones.Values.Where(z => z.Followed != default).ToDictionary(z => z.Name, z => z.Followed, StringComparer.Ordinal),
            };
        }
    }

    private void Restore(FireMemory? memory)
    {
        foreach (var (name, remembered) in memory?.Zones ?? new Dictionary<string, ZoneMemory>(StringComparer.Ordinal))
        {
            if (_zones.TryGetValue(name, out var zone) && Bytes(remembered.State) is { } bytes && ZoneState.TryRead(bytes) is { } state)
            {
                zone.Restore(state, remembered.Active ?? [], remembered.Heard ?? [], remembered.Began, remembered.SilencedAt);
                EndOfTheGone(zone);
            }
            else
            {
                _notice?.Invoke($"zone {name}: it was in alarm before, and is no longer in the configuration or its memory cannot be read");
            }
        }

        foreach (var zone in _zones.Values)
        {
            zone.Followed = memory?.Followed?.GetValueOrDefault(zone.Name) ?? default;
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

    /// <summary>A device that was taken out of the zone while it alarmed will never say that its alarm is over.</summary>
    private void EndOfTheGone(FireZone zone)
    {
        foreach (var key in zone.Active.ToList())
        {
            var space = key.IndexOf(' ', StringComparison.Ordinal);
            var (device, rule) = space < 0 ? (key, "") : (key[..space], key[(space + 1)..]);
            if (_devices.TryGetValue(device, out var found) && ReferenceEquals(found.Zone, zone))
            {
                continue;
            }

            var now = _clock.Now;
            foreach (var kind in (ZoneSignalKind[])[ZoneSignalKind.Detector, ZoneSignalKind.Heat, ZoneSignalKind.CallPoint])
            {
                zone.Apply(new ZoneSignal(kind, false, device, rule, now, now), 0, Cleared(_zoneChanges));
            }

            _notice?.Invoke($"zone {zone.Name}: {device} alarmed and is no longer there; its alarm is over");
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
