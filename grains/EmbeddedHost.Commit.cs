using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <content>Load, commit, install, checkpoint.</content>
public sealed partial class EmbeddedHost
{
    private readonly Queue<DeviceGrain> _checkpoint = new();
    private LogCursor? _checkpointAt;
    private long _checkpointTime;
    private readonly SnapshotBlobs _blobs = new();

    /// <summary>Takes the grains of the book. Call it once, before anything else; then read from <see cref="Cursor"/>.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var load = await _book.LoadAsync(Lane, cancel);
        Cursor = load.Cursor;
        foreach (var snapshot in load.Snapshots)
        {
            if (!Restore(snapshot))
            {
                Counters.CountUnreadable();
                _options.Warn?.Invoke($"the snapshot of {snapshot.Grain} cannot be read; it begins anew from the log");
            }
        }
    }

    /// <summary>Saves every grain that changed and moves the cursor to <see cref="Position"/>: for a clean end.</summary>
    public async Task CheckpointAsync(CancellationToken cancel)
    {
        await CommitAsync(cancel);
        while (_checkpointAt is not null || Cursor != _position)
        {
            await CheckpointStepAsync(cancel);
        }
    }

    private bool Restore(GrainSnapshot snapshot)
    {
        if (snapshot.Grain.StartsWith(GrainSnapshots.DevicePrefix, StringComparison.Ordinal))
        {
            return RestoreDevice(snapshot, snapshot.Grain[GrainSnapshots.DevicePrefix.Length..]);
        }

        if (snapshot.Grain.StartsWith(GrainSnapshots.CircuitPrefix, StringComparison.Ordinal))
        {
            return RestoreCircuit(snapshot, snapshot.Grain[GrainSnapshots.CircuitPrefix.Length..]);
        }

        var alone = snapshot.Grain.StartsWith(GrainSnapshots.AlonePrefix, StringComparison.Ordinal);
        if ((!alone && !snapshot.Grain.StartsWith(GrainSnapshots.ZonePrefix, StringComparison.Ordinal))
            || !GrainSnapshots.TryReadHead(snapshot.State.Span, out _, out var bytes) || ZoneState.TryRead(bytes) is not { } state)
        {
            return false;
        }

        var id = snapshot.Grain[(snapshot.Grain.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var zone = Zone(snapshot.Grain, alone ? null : id, id);
        zone.Restore(state);
        return true;
    }

    private bool RestoreCircuit(GrainSnapshot snapshot, string gateway)
    {
        if (!GrainSnapshots.TryReadHead(snapshot.State.Span, out var log, out var bytes) || CircuitState.TryRead(bytes) is not { } state)
        {
            return false;
        }

        CircuitOf(gateway).Restore(state, new LogCursor(log, Lane, snapshot.Position));
        return true;
    }

    private bool RestoreDevice(GrainSnapshot snapshot, string id)
    {
        if (!GrainSnapshots.TryReadDevice(snapshot.State.Span, out var log, out var name, out var bytes)
            || _kinds.Find(name) is not { } kind || kind.Lane != Lane || DeviceState.TryRead(bytes, kind) is not { } state)
        {
            return false;
        }

        var info = _directory.Find(Encoding.UTF8.GetBytes(id));
        var heard = state.LastReceived != 0;
        Enter(new DeviceGrain(info?.Id ?? id, _works[kind], ContextOf(id, kind, info), info, state) { Applied = snapshot.Position, AppliedLog = log, IsHeard = heard });
        _grains.Unheard += heard ? 0 : 1;
        return true;
    }

    private async Task CommitChangesAsync(CancellationToken cancel)
    {
        var snapshots = new List<GrainSnapshot>();
        foreach (var grain in _saying)
        {
            snapshots.Add(GrainSnapshots.Of(grain, grain.State, _position));
        }

        foreach (var zone in _touchedZones)
        {
            snapshots.Add(GrainSnapshots.Of(zone, zone.Current, _position));
        }

        foreach (var circuit in _touchedCircuits)
        {
            snapshots.Add(GrainSnapshots.Of(circuit, _position));
        }

        var said = _changes.ToArray();
        _failed = true;
        await _book.CommitAsync(new GrainCommit(Lane, null, said, snapshots), cancel);
        _failed = false;
        Install();
        _changes.Clear();
        _mustSave = false;
        if (said.Length > 0)
        {
            Committed?.Invoke(said);
        }
    }

    /// <summary>The batch is over.</summary>
    private void Install()
    {
        _batch++;
        foreach (var grain in _saying)
        {
            grain.Dirty = false;
            grain.MustSave = false;
        }

        _saying.Clear();
        foreach (var zone in _touchedZones)
        {
            zone.Install();
        }

        _touchedZones.Clear();
        foreach (var circuit in _touchedCircuits)
        {
            circuit.Install();
        }

        _touchedCircuits.Clear();
    }

    private bool CheckpointDue()
    {
        if (_checkpointAt is not null)
        {
            return true;
        }

        if (_position is not { } position || Cursor == _position)
        {
            return _forgotten.Count > 0 && _position is not null;
        }

        var since = Cursor is { } cursor && cursor.LogId == position.LogId ? position.Position - cursor.Position : position.Position;
        var rarer = Math.Clamp((double)_dirty.Count / _options.SnapshotDevices, 1, _options.MaximumRarer);
        return since >= Math.Min(_options.SnapshotBytes * rarer, _options.MaximumSnapshotBytes) || _time.GetElapsedTime(_checkpointTime) / rarer >= _options.SnapshotInterval;
    }

    /// <summary>
    /// One transaction of a checkpoint. It begins by noting who is dirty and where the host stands; when all of those are saved, at
    /// that place or later, nothing before it need be read again, and the cursor moves there with the last of them.
    /// </summary>
    private async Task CheckpointStepAsync(CancellationToken cancel)
    {
        if (_checkpointAt is null)
        {
            _checkpointAt = _position;
            foreach (var grain in _dirty)
            {
                _checkpoint.Enqueue(grain);
            }

            _dirty.Clear();
        }

        if (_checkpointAt is not { } target)
        {
            return;
        }

        var chunk = _checkpoint.Take(_options.SnapshotChunk).ToArray();
        var snapshots = new List<GrainSnapshot>(_forgotten);
        snapshots.AddRange(chunk.Where(g => g is { Dirty: true, IsGone: false }).Select(g => GrainSnapshots.Of(g, g.State, _position, _blobs)));
        var last = chunk.Length == _checkpoint.Count;
        var forgotten = _forgotten.Count;
        await _book.CommitAsync(new GrainCommit(Lane, last ? target : null, [], snapshots), cancel);
        _blobs.Return(snapshots);
        _forgotten.RemoveRange(0, forgotten);
        foreach (var grain in chunk)
        {
            grain.Dirty = grain.IsListed = false;
            _checkpoint.Dequeue();
        }

        if (last)
        {
            Cursor = target;
            _checkpointAt = null;
            _checkpointTime = _time.GetTimestamp();
        }
    }
}
