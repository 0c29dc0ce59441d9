using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <content>From a line to its grain, and from a device's signals to its zone's. Allocates nothing while nothing is said.</content>
public sealed partial class EmbeddedHost
{
    private void ApplyLine(ref LoggedLines line, in LogCursor end, long receivedAt, ReadingFaults faults)
    {
        var grain = Known(line);
        if (grain is null)
        {
            grain = Meet(ref line);
            if (grain is null)
            {
                return;
            }

            line.Rewind();
        }

        if (IsShared && IsLeft(grain))
        {
            return;
        }

        if (end.Position <= grain.Applied && grain.AppliedLog == end.LogId)
        {
            Counters.CountSkipped();
            return;
        }

        var values = _values.AsSpan(0, grain.Work.Kind.Metrics.Count);
        if (!grain.Work.Lines.Read(ref line, values))
        {
            Counters.CountBadLine();
            return;
        }

        if (!grain.IsHeard)
        {
            grain.IsHeard = true;
            _grains.Unheard--;
        }

        Counters.CountLine();
        grain.Circuit?.ReadsAt(end);
        Touch(grain);
        var stamp = line.HasTimestamp ? line.Timestamp : receivedAt;
        grain.Begin();
        try
        {
            grain.Logic.Apply(grain.Context, grain.State, new ReadingView(stamp, receivedAt, values, faults), _sink, grain.Circuit);
        }
        finally
        {
            grain.End();
        }

        if (_sink.TakeWake() is not long.MaxValue and var wake)
        {
            Ask(grain, wake);
        }

        if (!_sink.IsEmpty)
        {
            Collect(grain);
        }
    }

    /// <summary>The grain whose line begins so, bound to the registry's present word; null when it must be looked for in another way, or is new.</summary>
    private DeviceGrain? Known(in LoggedLines line)
    {
        if (line.Error != LineError.None)
        {
            return null;
        }

        var series = line.Series;
        var last = _last;
        if (last?.Follower is not { IsGone: false } grain || !series.SequenceEqual(grain.Series))
        {
            if (!_grains.TryFind(line.Device, out grain) || !series.SequenceEqual(grain.Series))
            {
                return null;
            }

            Follow(grain);
        }

        _last = grain;
        return grain.Checked == _generation ? grain : Compare(grain);
    }

    private void Follow(DeviceGrain grain)
    {
        if (_last is { } last)
        {
            last.Follower = grain;
        }

        _last = grain;
    }

    private DeviceGrain Compare(DeviceGrain grain)
    {
        var info = _directory.Find(grain.IdUtf8);
        if (!ReferenceEquals(info, grain.Info))
        {
            Rebind(grain, grain.Work, info);
        }

        grain.Checked = _generation;
        return grain;
    }

    /// <summary>A line of a device that is new here, came back as another kind, or is written otherwise; null when it is no line for this host.</summary>
    private DeviceGrain? Meet(ref LoggedLines line)
    {
        if (line.Error != LineError.None || !Identifier.IsValid(line.Device))
        {
            Counters.CountBadLine();
            return null;
        }

        var kind = _kinds.Find(line.Measurement);
        if (kind is null)
        {
            Counters.CountUnknownKind();
            return null;
        }

        if (kind.Lane != Lane)
        {
            Counters.CountWrongLane();
            return null;
        }

        var work = _works[kind];
        if (!work.Lines.Read(ref line, _values.AsSpan(0, kind.Metrics.Count)))
        {
            Counters.CountBadLine(); // no grain for the sake of a bad line
            return null;
        }

        var info = _directory.Find(line.Device);
        if (IsShared && HoldOf(info, _source) is { IsOurs: false } hold && IsLeft(hold))
        {
            return null;
        }

        if (!_grains.TryFind(line.Device, out var grain))
        {
            grain = NewGrain(info?.Id ?? IdentifierComparer.Instance.Create(line.Device), work, info);
        }
        else if (!ReferenceEquals(grain.Info, info) || !ReferenceEquals(grain.Work, work))
        {
            Rebind(grain, work, info);
        }

        grain.Checked = _generation;
        Follow(grain);
        return grain;
    }

    private DeviceGrain NewGrain(string id, KindWork work, DeviceInfo? info)
    {
        if (info is null && _grains.Unregistered >= _options.MaximumUnregistered && _grains.OldestUnregistered(_batch) is { } oldest)
        {
            Counters.CountEvicted();
            Forget(oldest);
        }

        Remember(GrainSnapshots.DevicePrefix + id);
        var grain = new DeviceGrain(id, work, ContextOf(id, work.Kind, info), info, new DeviceState(work.Kind)) { HeardFrom = IsStranger(info) ? _source : "" };
        Enter(grain);
        return grain;
    }

    private void Enter(DeviceGrain grain)
    {
        _grains.Add(grain);
        Attach(grain);
        Join(grain);
        Ask(grain, AtOnce);
    }

    private void Rebind(DeviceGrain grain, KindWork work, DeviceInfo? info)
    {
        var context = ContextOf(grain.Id, work.Kind, info);
        if (ReferenceEquals(grain.Work, work))
        {
            grain.Rebind(info, context);
        }
        else
        {
            Counters.CountRebound();
            _saying.Remove(grain);
            grain.Rebind(info, context, work, new DeviceState(work.Kind));
        }

        _grains.Rebound(grain);
        Attach(grain);
        Join(grain);
        Ask(grain, AtOnce);
    }

    private DeviceContext ContextOf(string id, DeviceKind kind, DeviceInfo? info) =>
        new(kind, id, info?.Zone, info is { Registered: true }, info?.Thresholds)
        {
            RegisteredAt = info?.RegisteredAt ?? 0,
            Latitude = info?.Latitude ?? double.NaN,
            Longitude = info?.Longitude ?? double.NaN,
            UtcOffset = _options.UtcOffset,
        };

    /// <summary>It has a part in this batch, and differs from what is saved of it.</summary>
    private void Touch(DeviceGrain grain)
    {
        if (grain.Batch == _batch)
        {
            return;
        }

        grain.Batch = _batch;
        if (grain.IsForeign)
        {
            return; // its row is another server's
        }

        grain.Dirty = true;
        if (!grain.IsListed)
        {
            grain.IsListed = true;
            _dirty.Add(grain);
        }
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
        if (grain.IsForeign)
        {
            KeepLate(_sink.Changes);
            _sink.Clear();
            return;
        }

        if (!grain.MustSave)
        {
            grain.MustSave = true;
            _saying.Add(grain);
        }

        _mustSave = true;
        Say(grain);
        if (_sink.Signals.Count == 0)
        {
            _sink.Clear();
            return;
        }

        Tell(grain, ActKind.Signal);
    }

    private void Tell(DeviceGrain grain, ActKind kind)
    {
        var signals = _sink.Signals.ToArray();
        _sink.Clear();
        foreach (var signal in signals)
        {
            Tell(grain.Context, grain.Hold, signal, kind);
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

    private void TakeRequests()
    {
        if (IsShared)
        {
            TakeWords();
        }

        while (MayApply && _requests.TryDequeue(out var request))
        {
            Interlocked.Decrement(ref _waiting);
            if (!Take(request))
            {
                Counters.CountRefusedRequest();
            }
        }

        if (_restateAt != 0)
        {
            RestateUnheard();
        }
    }

    private bool Take(in Request request, bool again = false)
    {
        var zone = OpenZone(request.Alert);
        if (zone is null)
        {
            if (IsShared)
            {
                KeepUnmatched(request);
                _restateAt = request.Kind == ZoneSignalKind.Reset && !again ? request.At : _restateAt;
            }

            return false;
        }

        var before = _changes.Count;
        List<DeviceGrain> moved = [];
        if (request.Kind == ZoneSignalKind.Reset)
        {
            ZoneLogic.Forget(Work(zone), device => IsIn(zone, device, moved));
        }

        var signal = new ZoneSignal(request.Kind, On: true, "", "", request.At, request.At);
        ZoneLogic.Apply(zone.Context, Work(zone), signal, _sink);
        Keep();
        _sink.Clear();
        if (IsShared)
        {
            Note(new Act(ActKind.Request, null) { Request = request }, before);
        }

        if (request.Kind == ZoneSignalKind.Reset)
        {
            SayAgain(zone, moved, request.At);
        }

        return true;
    }

    private bool IsRegisteredIn(ZoneGrain zone, string device) =>
        _directory.Find(Encoding.UTF8.GetBytes(device)) is { } info
            ? string.Equals(info.Zone is null ? GrainSnapshots.AlonePrefix + info.Id : GrainSnapshots.ZonePrefix + info.Zone, zone.Key, StringComparison.Ordinal)
            : zone.Key == GrainSnapshots.AlonePrefix + device;

    private bool IsIn(ZoneGrain zone, string device, List<DeviceGrain> moved)
    {
        if (!_grains.TryFind(device, out var grain) || grain.IsForeign)
        {
            // Another server has its grain, and says again there what it says, if it is in another zone by now.
            return IsShared && IsRegisteredIn(zone, device);
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
            if (!grain.IsGone && !grain.IsForeign && string.Equals(KeyOf(grain.Context), zone.Key, StringComparison.Ordinal) && Restate(grain, at) && ++said == ZoneState.Remembered)
            {
                return;
            }
        }
    }

    private bool Restate(DeviceGrain grain, long at)
    {
        grain.Logic.Restate(grain.Context, grain.State, at, _sink);
        var says = _sink.Signals.Count > 0;
        if (says)
        {
            Tell(grain, ActKind.Restated);
        }

        return says;
    }

    /// <summary>The registry may have said something new of it since it last spoke.</summary>
    private void Renew(DeviceGrain grain)
    {
        if (_directory.Find(grain.IdUtf8) is { } info && !ReferenceEquals(info, grain.Info) && string.Equals(info.Kind, grain.Context.Kind.Name, StringComparison.Ordinal))
        {
            Rebind(grain, grain.Work, info);
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
    private void Remember(string key) => _forgotten.RemoveAll(f => string.Equals(f.Row.Grain, key, StringComparison.Ordinal));

    private void Forget(DeviceGrain grain)
    {
        if (grain.IsForeign)
        {
            Drop(grain);
            return;
        }

        grain.Hold?.Grains.Remove(grain);
        Leave(grain);
        _grains.Remove(grain);
        _last = ReferenceEquals(_last, grain) ? null : _last;
        if (++_forgottenSince >= SweepAfter)
        {
            Sweep();
        }

        _forgotten.Add(new(new GrainSnapshot(GrainSnapshots.DevicePrefix + grain.Id, 0, default), grain.Hold));
        var alone = GrainSnapshots.AlonePrefix + grain.Id;
        if (_grains.TryFindZone(alone, out var zone) && zone.Working is null)
        {
            _grains.RemoveZone(alone);
            _forgotten.Add(new(new GrainSnapshot(alone, 0, default) { Revision = zone.Revision }, null));
        }
    }
}
