using System.Runtime.ExceptionServices;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <content>Calls of grains.</content>
internal sealed partial class OrleansHost
{
    /// <summary>Calls in flight at a time: enough to keep every core at work, and few enough that the slowest holds the reader back.</summary>
    internal const int InFlight = 128;

    /// <summary>Calls every grain that has not answered, so many at a time; each of them is awaited. The first failure is the one that is told.</summary>
    private async Task<ExceptionDispatchInfo?> AnswerAsync()
    {
        var trouble = await MoveAsync();
        var flying = new Queue<(Call Call, ValueTask<DeviceAnswer> Answer)>(InFlight);
        var failed = new HashSet<Seat>();
        var spoke = _round.Where(c => c.Said is not null || c.HasRead).GroupBy(c => c.Seat).ToDictionary(g => g.Key, g => g.Last().Hold);
        foreach (var call in _round.Where(c => !c.IsAnswered).ToArray())
        {
            while (flying.Count == InFlight || call.Seat.IsBusy)
            {
                await TakeAsync(flying.Dequeue());
            }

            if (failed.Contains(call.Seat) || (spoke.TryGetValue(call.Seat, out var other) && other != call.Hold))
            {
                failed.Add(call.Seat);
                continue; // it has to hear of what came before first; and what it said in another session has to be in the book
            }

            call.Seat.IsBusy = true;
            flying.Enqueue((call, call.BeginAsync(TermsOf(call.Seat, call.Hold))));
        }

        while (flying.TryDequeue(out var next))
        {
            await TakeAsync(next);
        }

        Prune();
        return trouble;

        async Task TakeAsync((Call Call, ValueTask<DeviceAnswer> Answer) next)
        {
            var failure = await TryAsync(async () => Take(next.Call, await next.Answer));
            next.Call.Seat.IsBusy = false;
            trouble ??= failure;
            if (failure is not null)
            {
                failed.Add(next.Call.Seat);
            }
            else if (next.Call.Said is not null || next.Call.HasRead)
            {
                spoke[next.Call.Seat] = next.Call.Hold;
            }
        }
    }

    /// <summary>Of what waits for the book only the last word of each grain is kept; and lines, where they may yet become history.</summary>
    private void Prune()
    {
        foreach (var earlier in _round.Where(c => c.Said is not null).GroupBy(c => c.Seat).SelectMany(g => g.OrderBy(c => c.Said!.Number).SkipLast(1)).ToArray())
        {
            earlier.Supersede();
        }

        var shared = _sessions is not null;
        _round.RemoveAll(c => c is { IsAnswered: true, Said: null } && !(shared && (Lane == Lane.Alarm ? c.HasRead : c.IsSuperseded)));
        _roundBytes = _round.Sum(c => (long)c.Bytes);
    }

    /// <summary>Devices that the registry has put into another grain go there as they are, and those that nobody has any more are forgotten.</summary>
    private async Task<ExceptionDispatchInfo?> MoveAsync() => await TryAsync(async () =>
    {
        for (; _moves is [(var spot, var from, var row), ..]; _moves.RemoveAt(0))
        {
            if (row is null && HoldOf(from) is { Epoch: >= 0 } left)
            {
                row = await from.Grain.ReleaseAsync(TermsOf(from, left), spot.Id);
                _moves[0] = (spot, from, row);
            }

            if (row is { } known && HoldOf(spot.Seat) is { Epoch: >= 0 } hold)
            {
                await spot.Seat.Grain.JoinAsync(TermsOf(spot.Seat, hold), known);
                Touch(spot.Seat);
                if (_checkpointAt is not null)
                {
                    _checkpoint.Enqueue(spot.Seat); // the one that it has left is kept without it
                }
            }
        }

        for (; _gone is [var spot, ..]; _gone.RemoveAt(0))
        {
            var isBack = _spots.ContainsKey(spot.Id);
            if (HoldOf(spot.Seat) is { Epoch: >= 0 } hold)
            {
                await spot.Seat.Grain.ReleaseAsync(TermsOf(spot.Seat, hold), spot.Id);
                if (!isBack)
                {
                    Forget(spot, hold);
                }
            }

            if (!isBack)
            {
                _lane.Cells.TryRemove(spot.Id, out _);
            }
        }
    });

    private void Forget(Spot spot, in GrainHold hold)
    {
        _forgotten.Add((new GrainSnapshot(GrainSnapshots.DevicePrefix + spot.Id, 0, default), hold));
        if (_lane.Zones.TryRemove(GrainSnapshots.AlonePrefix + spot.Id, out var zone))
        {
            _forgotten.Add((new GrainSnapshot(GrainSnapshots.AlonePrefix + spot.Id, 0, default) { Revision = zone.Revision }, hold));
        }
    }

    private void Take(Call call, in DeviceAnswer answer)
    {
        call.Answer(answer);
        if (answer.IsPast)
        {
            Turn([call]);
            return;
        }

        call.Seat.Turn++;
        call.Seat.Heard = Math.Max(call.Seat.Heard, answer.Said?.Number ?? 0);
        Ask(call.Seat, answer.Wake);
        if (answer.Said is not null)
        {
            Touch(call.Seat);
        }
    }

    /// <summary>What was told in a session that is gone: on the alarm lane who sent it says it to the server that has it; on the other it is judged as history.</summary>
    private void Turn(IEnumerable<Call> calls)
    {
        foreach (var call in calls)
        {
            if (Lane == Lane.Alarm)
            {
                _refused.Add(call.Hold.Gateway);
            }
            else if (call.Bytes > 0) // ticks hold no lines
            {
                _late?.Add(call, _position!.Value.LogId);
            }
        }
    }
}
