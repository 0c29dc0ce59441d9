using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <content>From a line to a grain's working copy, and from a device's signals to its zone's. Allocates nothing while nothing is said.</content>
public sealed partial class EmbeddedHost
{
    private void ApplyLine(ref LineReader reader, LogCursor end, long receivedAt, ReadingFaults faults)
    {
        if (reader.Error != LineError.None || !TryDevice(ref reader, out var id))
        {
            Counters.CountBadLine();
            return;
        }

        var kind = _kinds.Find(reader.Measurement);
        if (kind is null)
        {
            Counters.CountUnknownKind();
            return;
        }

        if (kind.Lane != Lane)
        {
            Counters.CountWrongLane();
            return;
        }

        var grain = Grain(id, kind);
        if (end.Position <= grain.Applied && grain.AppliedLog == end.LogId)
        {
            Counters.CountSkipped();
            return;
        }

        var values = _values.AsSpan(0, kind.Metrics.Count);
        values.Fill(double.NaN);
        while (reader.NextField(out var field))
        {
            var metric = kind.IndexOf(field.Name);
            if (metric >= 0 && field.TryGetDouble(out var value))
            {
                values[metric] = value;
            }
        }

        if (!grain.IsHeard)
        {
            grain.IsHeard = true;
            _grains.Unheard--;
        }

        Counters.CountLine();
        grain.Circuit?.ReadsAt(end);
        var stamp = reader.HasTimestamp ? reader.Timestamp : receivedAt;
        grain.Logic.Apply(grain.Context, Work(grain), new ReadingView(stamp, receivedAt, values, faults), _sink, grain.Circuit);
        if (!_sink.IsEmpty)
        {
            Collect(grain);
        }
    }

    private static bool TryDevice(ref LineReader reader, out ReadOnlySpan<byte> id)
    {
        while (reader.NextTag(out var key, out id))
        {
            if (key.SequenceEqual("device"u8))
            {
                return Identifier.IsValid(id);
            }
        }

        id = default;
        return false;
    }

    private DeviceGrain Grain(ReadOnlySpan<byte> id, DeviceKind kind)
    {
        var info = _directory.Find(id);
        if (_grains.TryFind(id, out var grain) && ReferenceEquals(grain.Info, info) && ReferenceEquals(grain.Context.Kind, kind))
        {
            return grain;
        }

        return grain is null ? NewGrain(IdentifierComparer.Instance.Create(id), kind, info) : Rebind(grain, kind, info);
    }

    private DeviceGrain NewGrain(string id, DeviceKind kind, DeviceInfo? info)
    {
        if (info is null && _grains.Unregistered >= _options.MaximumUnregistered && _grains.OldestUnregistered() is { } oldest)
        {
            Counters.CountEvicted();
            Forget(oldest);
        }

        Remember(GrainSnapshots.DevicePrefix + id);
        var grain = new DeviceGrain(id, _logics[kind], ContextOf(id, kind, info), info, new DeviceState(kind));
        _grains.Add(grain);
        Join(grain);
        return grain;
    }

    private DeviceGrain Rebind(DeviceGrain grain, DeviceKind kind, DeviceInfo? info)
    {
        _grains.Rebound(grain.Info, info);
        var context = ContextOf(grain.Id, kind, info);
        if (ReferenceEquals(grain.Context.Kind, kind))
        {
            grain.Rebind(info, context);
            Join(grain);
            return grain;
        }

        Counters.CountRebound();
        _touched.Remove(grain);
        grain.Rebind(info, context, _logics[kind], new DeviceState(kind));
        Join(grain);
        return grain;
    }

    private DeviceContext ContextOf(string id, DeviceKind kind, DeviceInfo? info) =>
        new(kind, id, info?.Zone, info is { Registered: true }, info?.Thresholds)
        {
            RegisteredAt = info?.RegisteredAt ?? 0,
            Latitude = info?.Latitude ?? double.NaN,
            Longitude = info?.Longitude ?? double.NaN,
            UtcOffset = _options.UtcOffset,
        };

    private DeviceState Work(DeviceGrain grain)
    {
        if (grain.Working is { } working)
        {
            return working;
        }

        var pool = _pool[grain.Context.Kind];
        working = pool.Count > 0 ? pool.Pop() : new DeviceState(grain.Context.Kind);
        working.CopyFrom(grain.State);
        grain.Working = working;
        _touched.Add(grain);
        return working;
    }

    private ZoneState Work(ZoneGrain zone)
    {
        if (zone.Work(out var working))
        {
            _touchedZones.Add(zone);
        }

        _mustSave = true;
        return working;
    }

    /// <summary>The sink holds what a device said: changes go to the book, signals to its zone, and the device must be saved with them.</summary>
    private void Collect(DeviceGrain grain)
    {
        grain.MustSave = true;
        _mustSave = true;
        Keep();
        if (_sink.Signals.Count == 0)
        {
            _sink.Clear();
            return;
        }

        Tell(grain);
    }

    private void Tell(DeviceGrain grain)
    {
        var signals = _sink.Signals.ToArray();
        _sink.Clear();
        var zone = ZoneOf(grain.Context);
        foreach (var signal in signals)
        {
            ZoneLogic.Apply(zone.Context, Work(zone), signal, _sink);
            Keep();
            _sink.Clear();
        }
    }

    private void Keep()
    {
        _changes.AddRange(_sink.Changes);
        Counters.CountChanges(_sink.Changes.Count);
    }

    private ZoneGrain ZoneOf(DeviceContext device) => Zone(KeyOf(device), device.Zone, device.Id);

    private static string KeyOf(DeviceContext device) => device.Zone is null ? GrainSnapshots.AlonePrefix + device.Id : GrainSnapshots.ZonePrefix + device.Zone;

    private ZoneGrain Zone(string key, string? zone, string device)
    {
        var info = zone is null ? null : _directory.FindZone(zone);
        if (!_grains.TryFindZone(key, out var grain))
        {
            Remember(key);
            grain = new ZoneGrain(key, ContextOf(zone, device, info), info);
            _grains.Add(grain);
        }
        else if (!ReferenceEquals(grain.Info, info))
        {
            grain.Rebind(info, ContextOf(zone, device, info));
        }

        return grain;
    }

    private static ZoneContext ContextOf(string? zone, string device, ZoneInfo? info)
    {
        info ??= new ZoneInfo(zone ?? device);
        var context = zone is null ? ZoneContext.OfDevice(device) : ZoneContext.OfZone(zone);
        return context with { AcknowledgeWithin = info.AcknowledgeWithin, Coincidence = info.Coincidence };
    }

    private void TickZones(long now)
    {
        foreach (var zone in _grains.Zones)
        {
            if (ZoneLogic.IsDue(zone.Context, zone.Current, now))
            {
                ZoneLogic.Tick(zone.Context, Work(zone), now, _sink);
                Keep();
                _sink.Clear();
            }
        }
    }

    /// <summary>Alarm devices that are in service and never spoke get their grain too: only so is their silence noticed.</summary>
    private void ExpectDevices()
    {
        if (Lane != Lane.Alarm || ReferenceEquals(_directory.InService, _expected))
        {
            return;
        }

        _expected = _directory.InService;
        foreach (var info in _expected)
        {
            if (info is { Registered: true, RegisteredAt: > 0 } && !_grains.TryFind(info.Id, out _)
                && _kinds.Find(info.Kind) is { } kind && kind.Lane == Lane)
            {
                NewGrain(info.Id, kind, info).IsHeard = false;
                _grains.Unheard++;
            }
        }
    }

    private void TickDevices(in TickView tick)
    {
        ExpectDevices();
        for (var i = 0; i < _grains.Devices.Count && _changes.Count < _options.MaximumChangesPerTick; i++)
        {
            var grain = _grains.Devices[i];
            var info = _directory.Find(grain.IdUtf8);
            if (!ReferenceEquals(info, grain.Info))
            {
                if (info is null && grain.Working is null)
                {
                    Forget(grain); // decommissioned: its silence is no news
                    i--;
                    continue;
                }

                Rebind(grain, grain.Context.Kind, info);
            }

            if (grain.Logic.IsDue(grain.Context, grain.Current, tick, grain.Circuit))
            {
                grain.Logic.Tick(grain.Context, Work(grain), tick, _sink, grain.Circuit);
                Collect(grain);
            }
        }
    }

    private void TakeRequests()
    {
        while (!_failed && _requests.TryDequeue(out var request))
        {
            Interlocked.Decrement(ref _waiting);
            var zone = OpenZone(request.Alert);
            if (zone is null)
            {
                Counters.CountRefusedRequest();
                continue;
            }

            List<DeviceGrain> moved = [];
            if (request.Kind == ZoneSignalKind.Reset)
            {
                ZoneLogic.Forget(Work(zone), device => IsIn(zone, device, moved));
            }

            var signal = new ZoneSignal(request.Kind, On: true, "", "", request.At, request.At);
            ZoneLogic.Apply(zone.Context, Work(zone), signal, _sink);
            Keep();
            _sink.Clear();
            if (request.Kind == ZoneSignalKind.Reset)
            {
                SayAgain(zone, moved, request.At);
            }
        }
    }

    private bool IsIn(ZoneGrain zone, string device, List<DeviceGrain> moved)
    {
        if (!_grains.TryFind(device, out var grain))
        {
            return false;
        }

        Renew(grain);
        if (string.Equals(KeyOf(grain.Context), zone.Key, StringComparison.Ordinal))
        {
            return true;
        }

        moved.Add(grain);
        return false;
    }

    /// <summary>
    /// A reset must make nothing silent. What a device that was moved meanwhile still says is told to the zone where it is now; and when
    /// the zone has nothing left, those of its devices that still alarm are asked, because more may have spoken than it can remember.
    /// </summary>
    private void SayAgain(ZoneGrain zone, List<DeviceGrain> moved, long at)
    {
        foreach (var grain in moved.Distinct())
        {
            Restate(grain, at);
        }

        if (!zone.Current.IsQuiet)
        {
            return;
        }

        var said = 0;
        foreach (var grain in _grains.Devices)
        {
            if (string.Equals(KeyOf(grain.Context), zone.Key, StringComparison.Ordinal) && Restate(grain, at) && ++said == ZoneState.Remembered)
            {
                return;
            }
        }
    }

    private bool Restate(DeviceGrain grain, long at)
    {
        grain.Logic.Restate(grain.Context, grain.Working ?? grain.State, at, _sink);
        var says = _sink.Signals.Count > 0;
        if (says)
        {
            Tell(grain);
        }

        return says;
    }

    /// <summary>The registry may have said something new of it since it last spoke.</summary>
    private void Renew(DeviceGrain grain)
    {
        if (_directory.Find(grain.IdUtf8) is { } info && !ReferenceEquals(info, grain.Info) && string.Equals(info.Kind, grain.Context.Kind.Name, StringComparison.Ordinal))
        {
            Rebind(grain, grain.Context.Kind, info);
        }
    }

    private ZoneGrain? OpenZone(string alert)
    {
        foreach (var zone in _grains.Zones)
        {
            if (string.Equals(ZoneLogic.OpenPreAlarm(zone.Context, zone.Current), alert, StringComparison.Ordinal)
                || string.Equals(ZoneLogic.OpenFire(zone.Context, zone.Current), alert, StringComparison.Ordinal))
            {
                return zone;
            }
        }

        return null;
    }

    /// <summary>It is back before its row was deleted.</summary>
    private void Remember(string key) => _forgotten.RemoveAll(f => string.Equals(f.Grain, key, StringComparison.Ordinal));

    private void Forget(DeviceGrain grain)
    {
        Leave(grain);
        _grains.Remove(grain);
        _forgotten.Add(new GrainSnapshot(GrainSnapshots.DevicePrefix + grain.Id, 0, default));
        var alone = GrainSnapshots.AlonePrefix + grain.Id;
        if (_grains.TryFindZone(alone, out var zone) && zone.Working is null)
        {
            _grains.RemoveZone(alone);
            _forgotten.Add(new GrainSnapshot(alone, 0, default));
        }
    }
}
