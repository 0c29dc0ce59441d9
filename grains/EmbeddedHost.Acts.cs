using SmartCity.City;

namespace SmartCity.Grains;

/// <content>
/// What was said since the last commit, as far as it must be said anew when another server was first: zones are everybody's, so their part is worked out
/// again on what the book has. Devices' own changes stay as they were said. Empty for a server that is alone.
/// </content>
public sealed partial class EmbeddedHost
{
    private const int RequestsKept = 256;

    private readonly List<Act> _acts = [];
    private readonly List<Attempt> _attempts = [];
    private readonly Queue<Request> _unmatched = new();
    private readonly Dictionary<string, List<AlertChange>> _episodes = new(StringComparer.Ordinal);
    private readonly List<AlertChange> _late = [];
    private volatile IReadOnlyList<AlertChange> _pending = [];
    private long _number;
    private long _redoing;
    private bool _mustRedo;
    private long _restateAt;

    private enum ActKind
    {
        /// <summary>A device's rule said something of its own.</summary>
        Change,

        /// <summary>A device told its zone something.</summary>
        Signal,

        /// <summary>The same, because of a request: comes again with it.</summary>
        Restated,

        /// <summary>Time passed for a zone.</summary>
        Tick,

        /// <summary>An officer's word to a zone.</summary>
        Request,
    }

    /// <inheritdoc/>
    public IReadOnlyList<AlertChange> Pending => _pending;

    /// <inheritdoc/>
    public bool MayApply => !_failed || (IsShared && _acts.Count < _options.MaximumPending);

    private void Say(DeviceGrain grain)
    {
        var before = _changes.Count;
        Keep();
        if (IsShared && _changes.Count > before)
        {
            Note(new Act(ActKind.Change, grain.Hold), before);
        }
    }

    private void Tell(DeviceContext device, GatewayHold? hold, in ZoneSignal signal, ActKind kind)
    {
        var before = _changes.Count;
        var zone = ZoneOf(device);
        ZoneLogic.Apply(zone.Context, Work(zone), signal, _sink);
        Keep();
        _sink.Clear();
        if (IsShared)
        {
            Note(new Act(kind, hold) { Device = device, Signal = signal }, before);
        }
    }

    private void TickZone(ZoneGrain zone, long now)
    {
        var before = _changes.Count;
        ZoneLogic.Tick(zone.Context, Work(zone), now, _sink);
        Keep();
        _sink.Clear();
        if (IsShared)
        {
            Note(new Act(ActKind.Tick, null) { Zone = zone.Key, At = now }, before);
        }
    }

    private void Note(in Act act, int before) => _acts.Add(act with { Number = _redoing, Said = _changes.Count == before ? [] : [.. _changes[before..]] });

    /// <summary>Says again what was said, on zones as they are now and without what is no longer ours.</summary>
    private void Redo()
    {
        _mustRedo = false;
        var acts = _acts.ToArray();
        _acts.Clear();
        _changes.Clear();
        var touched = _touchedZones.ToArray();
        _touchedZones.Clear();
        foreach (var zone in touched)
        {
            zone.Discard();
            if (_attempts.Count > 0)
            {
                Work(zone); // a commit that may have happened may have changed it: the next one asks, though nothing of ours is left to be said to it
            }
        }

        foreach (var act in acts)
        {
            var ours = act.Hold is null or { IsOurs: true };
            _redoing = act.Number;
            switch (act.Kind)
            {
                case ActKind.Change when ours:
                    _changes.AddRange(act.Said);
                    _acts.Add(act);
                    break;
                case ActKind.Change:
                    KeepLate(act.Said);
                    break;
                case ActKind.Signal when ours:
                    Tell(act.Device!, act.Hold, act.Signal, ActKind.Signal);
                    break;
                case ActKind.Tick when _grains.TryFindZone(act.Zone!, out var zone) && ZoneLogic.IsDue(zone.Context, zone.Current, act.At):
                    TickZone(zone, act.At);
                    break;
                case ActKind.Request:
                    Take(act.Request, again: true);
                    break;
            }
        }

        _redoing = 0;
    }

    /// <summary>
    /// Of a device that another server holds only what is over is told, and as a whole: whether it goes on is the holder's to say. What was concluded of a
    /// whole circuit is not told: which of its lamps stands for it depends on where one begins to read.
    /// </summary>
    private void KeepLate(IReadOnlyList<AlertChange> changes)
    {
        foreach (var change in changes)
        {
            if (Lane == Telemetry.Lane.Alarm || change.Rule is CircuitRules.Supply or CircuitRules.Silence)
            {
                continue;
            }

            if (change.What == AlertChangeKind.Raised && _episodes.Count < _options.MaximumEpisodes)
            {
                _episodes[change.AlertId] = [change with { Historical = true }];
            }
            else if (_episodes.TryGetValue(change.AlertId, out var episode))
            {
                episode.Add(change with { Historical = true });
                if (change.What == AlertChangeKind.Cleared)
                {
                    _episodes.Remove(change.AlertId);
                    _late.AddRange(episode);
                    Counters.CountLate(episode.Count);
                    _mustSave = true;
                }
            }
        }
    }

    /// <summary>An officer's word that fits no zone as we know it may fit what another server has just made of one.</summary>
    private void KeepUnmatched(in Request request)
    {
        if (_unmatched.Count == RequestsKept)
        {
            _unmatched.Dequeue();
        }

        _unmatched.Enqueue(request);
    }

    private void AskAgain()
    {
        for (var n = _unmatched.Count; n > 0; n--)
        {
            Take(_unmatched.Dequeue(), again: true);
        }
    }

    /// <summary>
    /// Another server may have taken an officer's reset before it came here, and knows our devices only as its zones do: what goes on at one of ours, and its
    /// zone is quiet, is said again here.
    /// </summary>
    private void RestateUnheard()
    {
        var at = _restateAt;
        _restateAt = 0;
        foreach (var grain in _grains.Devices)
        {
            if (grain.IsGone || grain.IsForeign)
            {
                continue;
            }

            grain.Logic.Restate(grain.Context, grain.State, at, _sink);
            if (_sink.Signals.Count > 0 && ZoneOf(grain.Context).Current.IsQuiet)
            {
                Tell(grain, ActKind.Signal);
            }

            _sink.Clear();
        }
    }

    /// <summary>The book says what has moved; nothing was written.</summary>
    private void TakeMoved(GrainsMovedException moved)
    {
        Counters.CountMoved();
        var happened = _attempts.FindLastIndex(a => a.Number <= moved.Said);
        if (happened >= 0)
        {
            Strike(_attempts[happened]);
        }

        _attempts.Clear(); // of each it is known now

        foreach (var lost in moved.Lost)
        {
            if (_holds.TryGetValue(lost.Gateway, out var hold) && hold.Epoch == lost.Epoch && hold.IsOurs)
            {
                GiveUp(hold);
                if (Lane == Telemetry.Lane.Alarm)
                {
                    _refusing.Add(lost.Gateway);
                }
            }
        }

        foreach (var zone in moved.Zones)
        {
            RestoreZone(zone, onlyNewer: false);
        }

        Redo();
        AskAgain();
    }

    /// <summary>That commit did happen: what was in it waits no more.</summary>
    private void Strike(Attempt done)
    {
        var told = _acts.Where(a => IsIn(a, done)).SelectMany(a => a.Said).ToList();
        _acts.RemoveAll(a => IsIn(a, done));
        _late.RemoveRange(0, done.Late);
        if (told.Count > 0)
        {
            Committed?.Invoke(told);
        }

        static bool IsIn(in Act act, in Attempt done) => act.Number != 0 && act.Number <= done.Number;
    }

    private bool RestoreZone(GrainSnapshot row, bool onlyNewer)
    {
        var alone = row.Grain.StartsWith(GrainSnapshots.AlonePrefix, StringComparison.Ordinal);
        if (!alone && !row.Grain.StartsWith(GrainSnapshots.ZonePrefix, StringComparison.Ordinal))
        {
            return false;
        }

        // One that cannot be read begins anew, at the revision it has: what is said next takes its place.
        var state = row.State.IsEmpty ? new ZoneState() : GrainSnapshots.TryReadHead(row.State.Span, out _, out var bytes) ? ZoneState.TryRead(bytes) : null;
        var id = row.Grain[(row.Grain.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var zone = Zone(row.Grain, alone ? null : id, id);

        // What is being worked on is compared by its commit. A row that was deleted and made anew counts from one again: where nothing goes on nothing is lost by taking it.
        if (!onlyNewer || (zone.Working is null && (row.Revision > zone.Revision || (row.Revision != zone.Revision && zone.State.IsQuiet))))
        {
            zone.Restore(state ?? new ZoneState(), row.Revision);
        }

        return state is not null;
    }

    private readonly record struct Act(ActKind Kind, GatewayHold? Hold)
    {
        /// <summary>The first attempt at a commit that it was in; 0: none yet.</summary>
        public long Number { get; init; }

        /// <summary>What came of it for the book.</summary>
        public IReadOnlyList<AlertChange> Said { get; init; } = [];

        public DeviceContext? Device { get; init; }

        public ZoneSignal Signal { get; init; }

        public string? Zone { get; init; }

        public long At { get; init; }

        public Request Request { get; init; }
    }

    /// <summary>A commit whose outcome is not known, and how much of what is late was in it.</summary>
    private readonly record struct Attempt(long Number, int Late);
}
