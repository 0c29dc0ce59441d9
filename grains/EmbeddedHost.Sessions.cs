using System.Collections.Concurrent;
using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <content>
/// Whose devices are whose, where several servers share a book (docs/decisions/grains-of-two-servers.md). Everything here stands still for a server that is alone.
/// </content>
public sealed partial class EmbeddedHost
{
    private readonly IGrainSessions? _sessions;
    private readonly Dictionary<string, GatewayHold> _holds = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<object> _words = new();
    private readonly HashSet<string> _refusing = new(StringComparer.Ordinal);
    private byte[] _sourceBytes = [];
    private string _source = "";
    private long _term = -1;

    /// <inheritdoc/>
    public Action<string>? Refused { get; set; }

    /// <inheritdoc/>
    public LogCursor? Backlog { get; set; }

    private bool IsShared => _sessions is not null;

    /// <inheritdoc/>
    public void Adopt(GrainAdoption adoption)
    {
        ArgumentNullException.ThrowIfNull(adoption);
        Hear(adoption);
    }

    /// <inheritdoc/>
    public void Lose(string gateway)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        Hear(gateway);
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyList<GrainSnapshot> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        Hear(zones);
    }

    private void Hear(object word)
    {
        if (IsShared)
        {
            _words.Enqueue(word);
        }
    }

    private void TakeWords()
    {
        while (_words.TryDequeue(out var word))
        {
            switch (word)
            {
                case GrainAdoption adoption:
                    Take(adoption);
                    adoption.Taken?.Invoke();
                    break;
                case string gateway:
                    // Said late, when it is ours again: the epoch tells. With the leadership goes all that no session names.
                    foreach (var hold in _holds.Values)
                    {
                        if (hold.IsOurs && (gateway.Length == 0 || hold.Gateway == gateway) && _sessions!.EpochOf(hold.Gateway, Lane) != hold.Epoch)
                        {
                            GiveUp(hold);
                        }
                    }

                    break;
                case IReadOnlyList<GrainSnapshot> zones:
                    foreach (var zone in zones)
                    {
                        RestoreZone(zone, onlyNewer: true);
                    }

                    AskAgain();
                    break;
            }
        }
    }

    private void Take(GrainAdoption adoption)
    {
        if (adoption.Gateway.Length == 0)
        {
            if (adoption.Epoch == _term)
            {
                return;
            }

            _term = adoption.Epoch;
            foreach (var hold in _holds.Values.Where(h => h.Epoch != _term && _sessions!.EpochOf(h.Gateway, Lane) == _term).ToList())
            {
                Renew(hold.Gateway, _term);
            }
        }
        else if (_holds.TryGetValue(adoption.Gateway, out var known) && known.IsOurs && known.Epoch == adoption.Epoch)
        {
            return;
        }
        else
        {
            Renew(adoption.Gateway, adoption.Epoch);
        }

        foreach (var snapshot in adoption.Snapshots)
        {
            RestoreAdopted(snapshot, adoption.Epoch);
        }

        _expected = []; // those that never spoke are expected by us now
    }

    private void RestoreAdopted(GrainSnapshot snapshot, long epoch)
    {
        if (snapshot.Grain.StartsWith(GrainSnapshots.DevicePrefix, StringComparison.Ordinal))
        {
            var id = snapshot.Grain[GrainSnapshots.DevicePrefix.Length..];
            var hold = HoldOf(_directory.Find(Encoding.UTF8.GetBytes(id)), snapshot.HeardFrom ?? "");
            if (hold.Epoch != epoch)
            {
                return; // the registry has it elsewhere by now
            }

            if (_grains.TryFind(id, out var stale))
            {
                Drop(stale);
            }

            if (RestoreDevice(snapshot, id, interrupted: true) && _grains.TryFind(id, out var grain))
            {
                Touch(grain); // from now on the row is to be ours, at our position
                return;
            }
        }
        else if (snapshot.Grain.StartsWith(GrainSnapshots.CircuitPrefix, StringComparison.Ordinal)
            && RestoreCircuit(snapshot, snapshot.Grain[GrainSnapshots.CircuitPrefix.Length..]))
        {
            return;
        }

        Counters.CountUnreadable();
        _options.Warn?.Invoke($"the snapshot of {snapshot.Grain} cannot be read; it begins anew");
    }

    /// <summary>A new epoch: nothing that was known here counts, since another server may have known better.</summary>
    private void Renew(string gateway, long epoch)
    {
        if (_holds.TryGetValue(gateway, out var old))
        {
            old.IsOurs = false;
            _mustRedo |= _acts.Count > 0;
            Drop(old);
        }

        _holds[gateway] = new GatewayHold(gateway, epoch, Now());
    }

    /// <summary>It is another server's now. What it said and the book has not heard is the other's to say.</summary>
    private void GiveUp(GatewayHold hold)
    {
        hold.IsOurs = false;
        _mustRedo |= _acts.Count > 0;
        if (Lane == Telemetry.Lane.Alarm)
        {
            Drop(hold); // telemetry that the log still has of it is judged as history, by the grains that know its past
        }
    }

    private void Drop(GatewayHold hold)
    {
        foreach (var grain in hold.Grains.ToList())
        {
            Drop(grain);
        }

        if (_grains.TryFindCircuit(hold.Gateway, out var circuit))
        {
            _touchedCircuits.Remove(circuit);
            _grains.RemoveCircuit(hold.Gateway);
        }
    }

    /// <summary>Forgets it here; its row is not ours to delete.</summary>
    private void Drop(DeviceGrain grain)
    {
        grain.Circuit?.Remove(grain);
        grain.Circuit = null;
        grain.Hold?.Grains.Remove(grain);
        _saying.Remove(grain);
        _grains.Remove(grain);
        _last = ReferenceEquals(_last, grain) ? null : _last;
        if (++_forgottenSince >= SweepAfter)
        {
            Sweep();
        }
    }

    /// <summary>Everything that was still to be read of others' devices has been read.</summary>
    private void DropForeign()
    {
        foreach (var hold in _holds.Values)
        {
            if (!hold.IsOurs && hold.Grains.Count > 0)
            {
                Drop(hold);
            }
        }

        _episodes.Clear();
    }

    private void LoadHolds()
    {
        if (!IsShared)
        {
            return;
        }

        // Before the rows are read: what is taken later is adopted later.
        _term = _sessions!.EpochOf("", Lane);

        // Nothing may be registered behind a gateway that stayed; it is not adopted again.
        foreach (var gateway in _directory.InService.Select(info => info.Gateway).Concat(_sessions.Held(Lane)))
        {
            if (!_holds.ContainsKey(gateway))
            {
                _holds[gateway] = new GatewayHold(gateway, _sessions.EpochOf(gateway, Lane), since: 0);
            }
        }
    }

    /// <summary>Who judges a device: its gateway's holder; of one that nobody registered, the holder of the gateway it is heard through.</summary>
    private GatewayHold HoldOf(DeviceInfo? info, string source)
    {
        var gateway = IsStranger(info) ? source : info!.Gateway;
        if (!_holds.TryGetValue(gateway, out var hold))
        {
            // A session becomes ours by being adopted, never by being asked about; only what no session names comes with the term.
            var epoch = _sessions!.EpochOf(gateway, Lane);
            _holds[gateway] = hold = new GatewayHold(gateway, epoch >= IGrainSessions.FirstTerm && epoch == _term ? epoch : -1, since: 0);
        }

        return hold;
    }

    /// <summary>Nobody has said through which gateway it is reached.</summary>
    private static bool IsStranger(DeviceInfo? info) => info is null or { Registered: false, Gateway.Length: 0 };

    private void Attach(DeviceGrain grain)
    {
        if (!IsShared)
        {
            return;
        }

        var hold = HoldOf(grain.Info, grain.HeardFrom);
        if (!ReferenceEquals(hold, grain.Hold))
        {
            grain.Hold?.Grains.Remove(grain);
            grain.Hold = hold;
            hold.Grains.Add(grain);
        }
    }

    /// <summary>True for a line that is left to another server. A stranger belongs to whoever hears it.</summary>
    private bool IsLeft(DeviceGrain grain)
    {
        if (IsStranger(grain.Info) && !string.Equals(grain.HeardFrom, _source, StringComparison.Ordinal))
        {
            grain.HeardFrom = _source;
            Attach(grain);
        }

        return grain.IsForeign && IsLeft(grain.Hold!);
    }

    private bool IsLeft(GatewayHold hold)
    {
        Counters.CountForeign();
        if (Lane != Telemetry.Lane.Alarm)
        {
            return false;
        }

        _refusing.Add(hold.Gateway);
        return true;
    }

    private void HearFrom(ReadOnlySpan<byte> source)
    {
        if (!source.SequenceEqual(_sourceBytes))
        {
            _sourceBytes = source.ToArray();
            _source = Encoding.UTF8.GetString(source);
        }
    }

    private void TellRefused()
    {
        foreach (var gateway in _refusing)
        {
            Refused?.Invoke(gateway);
        }

        _refusing.Clear();
    }

    /// <summary>Each session that grains rest on, once.</summary>
    private List<GrainHold> HoldsOf(IEnumerable<GatewayHold?> holds) =>
        !IsShared ? [] : [.. holds.Where(h => h is not null).Distinct().Select(h => new GrainHold(h!.Gateway, h.Epoch))];

    private bool IsOurs(CircuitGrain circuit) => !IsShared || (_holds.TryGetValue(circuit.Id, out var hold) && hold.IsOurs);
}
