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
        LoadHolds();
        var load = await _book.LoadAsync(Lane, cancel);
        (Cursor, _number) = (load.Cursor, load.Said);
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
            var id = snapshot.Grain[GrainSnapshots.DevicePrefix.Length..];
            return IsOthers(id, snapshot.HeardFrom) || RestoreDevice(snapshot, id, interrupted: false);
        }

        if (snapshot.Grain.StartsWith(GrainSnapshots.CircuitPrefix, StringComparison.Ordinal))
        {
            var gateway = snapshot.Grain[GrainSnapshots.CircuitPrefix.Length..];
            return (_holds.TryGetValue(gateway, out var hold) && !hold.IsOurs) || RestoreCircuit(snapshot, gateway);
        }

        return RestoreZone(snapshot, onlyNewer: false);
    }

    private bool IsOthers(string device, string? heardFrom) =>
        IsShared && !HoldOf(_directory.Find(Encoding.UTF8.GetBytes(device)), heardFrom ?? "").IsOurs;

    private bool RestoreCircuit(GrainSnapshot snapshot, string gateway)
    {
        if (!GrainSnapshots.TryReadHead(snapshot.State.Span, out var log, out var bytes) || CircuitState.TryRead(bytes) is not { } state)
        {
            return false;
        }

        CircuitOf(gateway).Restore(state, new LogCursor(log, Lane, snapshot.Position));
        return true;
    }

    private bool RestoreDevice(GrainSnapshot snapshot, string id, bool interrupted)
    {
        if (!GrainSnapshots.TryReadDevice(snapshot.State.Span, out var log, out var name, out var bytes)
            || _kinds.Find(name) is not { } kind || kind.Lane != Lane || DeviceState.TryRead(bytes, kind) is not { } state)
        {
            return false;
        }

        var position = snapshot.Position;
        if (interrupted || (IsShared && log != Cursor?.LogId))
        {
            // It was saved by who read another log: what came between nobody here has seen.
            _works[kind].Logic.Interrupt(state);
            if (!interrupted && Lane == Telemetry.Lane.Alarm && Backlog is { } backlog)
            {
                // Had we said anything of it since, the row were ours: what our log has is older than the row, or not acknowledged and comes again.
                (log, position) = (backlog.LogId, backlog.Position);
            }
        }

        var info = _directory.Find(Encoding.UTF8.GetBytes(id));
        var heard = state.LastReceived != 0;
        Enter(new DeviceGrain(info?.Id ?? id, _works[kind], ContextOf(id, kind, info), info, state)
        {
            Applied = position,
            AppliedLog = log,
            IsHeard = heard,
            HeardFrom = snapshot.HeardFrom ?? "",
        });
        _grains.Unheard += heard ? 0 : 1;
        return true;
    }

    private async Task CommitChangesAsync(CancellationToken cancel)
    {
        var told = await SaveChangesAsync(cancel);
        _failed = false;
        Install();
        _changes.Clear();
        _mustSave = false;
        _pending = [];
        TellRefused();
        if (told.Count > 0)
        {
            Committed?.Invoke(told);
        }
    }

    private async Task<IReadOnlyList<AlertChange>> SaveChangesAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (_mustRedo)
            {
                Redo();
            }

            var said = _changes.ToArray();
            var commit = CommitOf(said);
            if (said.Length == 0 && commit.Late.Count == 0 && commit.Snapshots.Count == 0)
            {
                return said;
            }

            (_failed, _pending) = (true, said);
            try
            {
                await _book.CommitAsync(commit, cancel);
                return said;
            }
            catch (GrainsMovedException moved) when (IsShared)
            {
                TakeMoved(moved);
            }
        }
    }

    private GrainCommit CommitOf(AlertChange[] said)
    {
        var snapshots = new List<GrainSnapshot>();
        foreach (var grain in _saying)
        {
            if (!grain.IsForeign)
            {
                snapshots.Add(GrainSnapshots.Of(grain, grain.State, _position));
            }
        }

        foreach (var zone in _touchedZones)
        {
            snapshots.Add(GrainSnapshots.Of(zone, zone.Current, _position));
        }

        foreach (var circuit in _touchedCircuits)
        {
            if (IsOurs(circuit))
            {
                snapshots.Add(GrainSnapshots.Of(circuit, _position));
            }
        }

        var commit = new GrainCommit(Lane, null, said, snapshots);
        return IsShared ? Checked(commit) : commit;
    }

    /// <summary>With what it rests on, and a number, so that an answer that is lost leaves no doubt.</summary>
    private GrainCommit Checked(GrainCommit commit)
    {
        if (_attempts.Count == 0 || _attempts[^1].Late != _late.Count || _acts.Exists(a => a.Number == 0))
        {
            _attempts.Add(new Attempt(++_number, _late.Count));
            for (var i = 0; i < _acts.Count; i++)
            {
                _acts[i] = _acts[i].Number == 0 ? _acts[i] with { Number = _number } : _acts[i];
            }
        }

        return commit with
        {
            Late = [.. _late],
            Holds = HoldsOf(_acts.Select(a => a.Hold).Concat(_saying.Where(g => !g.IsForeign).Select(g => g.Hold)).Concat(_touchedCircuits.Where(IsOurs).Select(c => _holds[c.Id]))),
            Number = _attempts[^1].Number,
            FirstUnknown = _attempts[0].Number,
        };
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
            zone.Install(IsShared);
        }

        _touchedZones.Clear();
        foreach (var circuit in _touchedCircuits)
        {
            circuit.Install();
        }

        _touchedCircuits.Clear();
        if (IsShared)
        {
            _acts.Clear();
            _attempts.Clear();
            _late.Clear();
        }
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
        return _options.IsDue(since, _time.GetElapsedTime(_checkpointTime), _dirty.Count);
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
        var last = chunk.Length == _checkpoint.Count;
        var snapshots = await SaveChunkAsync(chunk, last ? target : null, cancel);
        _blobs.Return(snapshots);
        _forgotten.Clear();
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

    private async Task<List<GrainSnapshot>> SaveChunkAsync(DeviceGrain[] chunk, LogCursor? target, CancellationToken cancel)
    {
        while (true)
        {
            var grains = chunk.Where(g => g is { Dirty: true, IsGone: false, IsForeign: false });
            _forgotten.RemoveAll(f => f.Hold is { IsOurs: false });
            var snapshots = _forgotten.ConvertAll(f => f.Row);
            snapshots.AddRange(grains.Select(g => GrainSnapshots.Of(g, g.State, _position, _blobs)));
            try
            {
                await _book.CommitAsync(new GrainCommit(Lane, target, [], snapshots) { Holds = HoldsOf(grains.Select(g => g.Hold).Concat(_forgotten.Select(f => f.Hold))) }, cancel);
                return snapshots;
            }
            catch (GrainsMovedException moved) when (IsShared)
            {
                TakeMoved(moved);
            }
        }
    }
}
