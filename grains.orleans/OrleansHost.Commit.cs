using System.Buffers;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <content>Calls, zones, book, saving; checkpoints.</content>
internal sealed partial class OrleansHost
{
    /// <summary>Calls in flight at a time: enough to keep every core at work, and few enough that the slowest holds the reader back.</summary>
    internal const int InFlight = 128;

    private readonly List<Call> _round = [];
    private readonly Queue<Seat> _checkpoint = new();
    private List<Seat> _dirty = [];
    private List<GrainSnapshot> _circuits = [];
    private LogCursor? _checkpointAt;
    private long _checkpointTime;
    private bool _failed;

    /// <inheritdoc/>
    public async ValueTask CommitAsync(CancellationToken cancel)
    {
        _failed = true;
        try
        {
            await TakeRequestsAsync(); // what an officer ended before this batch is over: the first alarm after it is a new one
            await RoundAsync(cancel);
        }
        catch
        {
            _round.ForEach(c => c.Again());
            throw;
        }

        _failed = false;
        foreach (var gateway in _refused)
        {
            Refused?.Invoke(gateway);
        }

        _refused.Clear();
        if (CheckpointDue())
        {
            await CheckpointStepAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public async Task CheckpointAsync(CancellationToken cancel)
    {
        await CommitAsync(cancel);
        while (_checkpointAt is not null || Cursor != _position)
        {
            await CheckpointStepAsync(cancel);
        }
    }

    /// <summary>All calls that wait, and what follows from them, until the book and the store have it.</summary>
    private async Task RoundAsync(CancellationToken cancel)
    {
        TakeWords();
        if (_round.Count > 0)
        {
            await AnswerAsync();
        }

        // Whoever was called twice has said all of it the second time.
        var said = _round.Where(c => c is { Said: not null, IsOver: false }).GroupBy(c => c.Seat).Select(g => g.MaxBy(c => c.Said!.Number)!).ToList();
        var circuits = _lane.TakeTouched(_position);
        if (circuits.Count > 0)
        {
            _circuits = [.. _circuits.Where(c => !circuits.Any(n => n.Grain == c.Grain)), .. circuits];
        }

        if (said.Count > 0 || _circuits.Count > 0)
        {
            await SayAsync(said, cancel);
        }

        await (_late?.SayAsync(cancel) ?? default);
        foreach (var call in _round)
        {
            call.Seat.Call = null;
        }

        _round.Clear();
        _order = 0;
    }

    /// <summary>The store, so that whoever calls its devices next is told the same; then zones, then the book. What rests on a session that is not ours any more is left out: its grain says it to the server that has it now.</summary>
    private async Task SayAsync(List<Call> said, CancellationToken cancel)
    {
        // What a circuit decided is in the book with its devices' changes, so those devices are kept behind it: a circuit may know more than they do, never less.
        var decided = _circuits.Select(c => HoldOf(c).Gateway).ToHashSet(StringComparer.Ordinal);
        var behind = said.Where(c => c.Seat.Info is { } info && decided.Contains(info.Gateway)).ToList();
        await EachAsync(said.Except(behind), call => call.Seat.Grain.SaveAsync());
        await TellZonesAsync(said, cancel);
        while (true)
        {
            var changes = said.SelectMany(c => InTurn(c.Said!.Changes, s => s.Order)).OrderBy(c => c.Order).Select(c => c.Word.Change).ToArray();
            Pending = changes;
            try
            {
                if (changes.Length + _circuits.Count > 0)
                {
                    var holds = said.Where(c => c.Hold is not null).Select(c => c.Hold!.Value).Concat(_circuits.Select(HoldOf)).Distinct().ToList();
                    await _lane.Book.CommitAsync(new GrainCommit(Lane, null, changes, _circuits) { Holds = _sessions is null ? [] : holds }, cancel);
                }
            }
            catch (GrainsMovedException e) when (e.Lost.Count > 0)
            {
                Counters.CountMoved();
                LeaveOut(said, [.. e.Lost.Select(l => l.Gateway)]);
                continue;
            }

            _circuits = [];
            Pending = [];
            Counters.CountChanges(changes.Length);
            await EachAsync(said, call => call.Seat.Grain.ConfirmAsync(call.Said!.Number));
            await EachAsync(behind.Intersect(said), call => call.Seat.Grain.SaveAsync());
            said.ForEach(c => c.IsOver = true);
            if (changes.Length > 0)
            {
                Committed?.Invoke(changes);
            }

            return;
        }
    }

    private void LeaveOut(List<Call> said, HashSet<string> lost)
    {
        foreach (var call in said.Where(c => c.Hold is { } hold && lost.Contains(hold.Gateway)))
        {
            call.IsOver = true; // its grain says it to the server that has it now
            if (Lane == Lane.Alarm)
            {
                _refused.Add(call.Hold!.Value.Gateway);
            }
        }

        said.RemoveAll(c => c.IsOver);
        _circuits.RemoveAll(c => lost.Contains(HoldOf(c).Gateway));
    }

    private GrainHold HoldOf(GrainSnapshot circuit)
    {
        var gateway = circuit.Grain[GrainSnapshots.CircuitPrefix.Length..];
        return new GrainHold(gateway, _sessions?.EpochOf(gateway, Lane) ?? 0);
    }

    /// <summary>Calls everybody who has not answered, so many at a time.</summary>
    private async Task AnswerAsync()
    {
        var flying = new Queue<(Call Call, ValueTask<DeviceAnswer> Answer)>(InFlight);
        try
        {
            foreach (var call in _round)
            {
                if (call.IsAnswered)
                {
                    continue;
                }

                if (flying.Count == InFlight)
                {
                    var (first, answer) = flying.Dequeue();
                    Take(first, await answer);
                }

                flying.Enqueue((call, call.BeginAsync(_position?.LogId ?? default, _here)));
            }

            while (flying.TryDequeue(out var next))
            {
                Take(next.Call, await next.Answer);
            }
        }
        finally
        {
            // One failed: the others are awaited, so that no call of this round is under way when it is said again.
            foreach (var (call, answer) in flying)
            {
                try
                {
                    Take(call, await answer);
                }
                catch (Exception)
                {
                    // the first failure is the one that is told
                }
            }
        }
    }

    private void Take(Call call, in DeviceAnswer answer)
    {
        call.Answer(answer);
        if (call.Tick is not null)
        {
            call.Seat.AskAt = long.MaxValue;
        }

        Ask(call.Seat, answer.Wake);
        if (answer.Said is not null)
        {
            Touch(call.Seat);
        }
    }

    private async Task TellZonesAsync(List<Call> said, CancellationToken cancel)
    {
        var zones = said
            .SelectMany(c => InTurn(c.Said!.Signals, s => s.Order).Select(s => (Key: GrainKeys.ZoneOf(s.Word.Zone, c.Seat.Id), s.Order, s.Word.Signal)))
            .GroupBy(s => s.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, Signals: g.OrderBy(s => s.Order).Select(s => s.Signal).ToArray()));
        foreach (var (key, signals) in zones)
        {
            Take(key, await Zone(key).TellAsync(new ZoneWords { Signals = signals }));
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What a device said in an earlier batch, and perhaps to another server, comes before what it says in this one, whatever its number was there.</summary>
    private static IEnumerable<(int Order, T Word)> InTurn<T>(IReadOnlyList<T> words, Func<T, int> orderOf)
    {
        var turns = new (int Order, T Word)[words.Count];
        var next = int.MaxValue;
        for (var i = words.Count - 1; i >= 0; i--)
        {
            next = Math.Min(next, orderOf(words[i]));
            turns[i] = (next, words[i]);
        }

        return turns;
    }

    private static async Task EachAsync(IEnumerable<Call> calls, Func<Call, ValueTask> work)
    {
        foreach (var part in calls.Chunk(InFlight))
        {
            await Task.WhenAll(part.Select(call => work(call).AsTask()));
        }
    }

    private IZoneGrain Zone(string key) => _grains.GetGrain<IZoneGrain>(GrainKeys.Of(Lane, key), grainClassNamePrefix: null);

    private void Take(string zone, ZoneAnswer answer)
    {
        if (ZoneState.TryRead(answer.State) is { } state)
        {
            _lane.Zones[zone] = state;
        }
    }

    private void Touch(Seat seat)
    {
        if (!seat.Dirty)
        {
            seat.Dirty = true;
            _dirty.Add(seat);
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
            return false;
        }

        var since = Cursor is { } cursor && cursor.LogId == position.LogId ? position.Position - cursor.Position : position.Position;
        var rarer = Math.Clamp((double)_dirty.Count / _options.SnapshotDevices, 1, _options.MaximumRarer);
        return since >= Math.Min(_options.SnapshotBytes * rarer, _options.MaximumSnapshotBytes) || _time.GetElapsedTime(_checkpointTime) / rarer >= _options.SnapshotInterval;
    }

    /// <summary>Some of those that changed are kept; with the last of them the cursor moves to where the checkpoint began.</summary>
    private async Task CheckpointStepAsync(CancellationToken cancel)
    {
        if (_checkpointAt is null)
        {
            _checkpointAt = _position;
            _dirty.ForEach(_checkpoint.Enqueue);
            _dirty = [];
        }

        var chunk = _checkpoint.Take(InFlight).ToArray();
        await Task.WhenAll(chunk.Where(s => !s.IsGone).Select(s => s.Grain.SaveAsync().AsTask()));
        foreach (var seat in chunk)
        {
            seat.Dirty = false;
            _checkpoint.Dequeue();
        }

        if (_checkpoint.Count == 0 && _checkpointAt is { } target)
        {
            await _lane.Book.CommitAsync(new GrainCommit(Lane, target, [], await InheritedAsync()), cancel);
            Cursor = target;
            _checkpointAt = null;
            _checkpointTime = _time.GetTimestamp();
        }
    }

    /// <summary>Devices that have begun with a row of the book are in the store from now on, and their rows are deleted.</summary>
    private async Task<List<GrainSnapshot>> InheritedAsync()
    {
        var rows = new List<GrainSnapshot>();
        while (rows.Count < _options.SnapshotChunk && _lane.Begun.TryDequeue(out var device))
        {
            await (_seats.TryGetValue(device, out var seat) ? seat : Enter(device)).Grain.SaveAsync();
            rows.Add(new GrainSnapshot(GrainSnapshots.DevicePrefix + device, 0, default));
        }

        return rows;
    }
}
