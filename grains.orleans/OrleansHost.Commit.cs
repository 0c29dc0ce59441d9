using System.Runtime.ExceptionServices;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <content>Calls, zones, book.</content>
internal sealed partial class OrleansHost
{
    /// <summary>Calls in flight at a time: enough to keep every core at work, and few enough that the slowest holds the reader back.</summary>
    internal const int InFlight = 128;

    /// <summary>Another server may be first at a zone again and again; so often in one commit nobody is.</summary>
    private const int Tries = 20;

    private readonly List<Call> _round = [];
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private bool _failed;

    /// <inheritdoc/>
    public async ValueTask CommitAsync(CancellationToken cancel)
    {
        _failed = true;
        TakeWords();

        // What an officer ended before this batch is over: the first alarm after it is a new one. When that cannot be said now, what devices say is shown all the same.
        var trouble = await TryAsync(TakeRequestsAsync);
        trouble = await AnswerAsync() ?? trouble;

        // Whoever was called twice has said all of it the second time. Who began with its rows and says nothing rests on the session all the same.
        var said = _round.Where(c => c.IsAnswered).GroupBy(c => c.Seat).Select(g => g.MaxBy(c => c.Said?.Number ?? -1)!).ToList();
        Pending = [.. ChangesOf(said).Select(c => c.Change)];
        trouble?.Throw();
        if (said.Count > 0)
        {
            await SayAsync(said, cancel);
        }

        await (_late?.SayAsync(cancel) ?? default);
        _round.Clear();
        (_failed, Pending) = (false, []);
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

    /// <summary>The book: what devices said, what zones make of it, and the rows of all of them, in one transaction. What rests on a session that is not ours any more is left out.</summary>
    private async Task SayAsync(List<Call> said, CancellationToken cancel)
    {
        for (var tries = 1; said.Count > 0; tries++)
        {
            var zones = await TellZonesAsync(said, cancel);
            var changes = ChangesOf(said).Concat(zones.SelectMany(z => z.Step.Changes)).OrderBy(c => c.Order).Select(c => c.Change).ToArray();
            Pending = changes;
            var rows = said.SelectMany(RowsOf).Concat(zones.Select(z => RowOf(z.Step.Row) with { Revision = z.Step.Revision })).ToArray();
            try
            {
                await _lane.Book.CommitAsync(new GrainCommit(Lane, null, changes, rows) { Holds = HoldsOf(said) }, cancel);
            }
            catch (GrainsMovedException e) when (tries < Tries)
            {
                Counters.CountMoved();
                LeaveOut(said, e.Lost);
                foreach (var row in e.Zones)
                {
                    await Zone(row.Grain).RefreshAsync(new KeptRow(row.Grain, row.Position, row.State.ToArray()), row.Revision);
                }

                continue;
            }

            Counters.CountChanges(changes.Length);
            await ConfirmAsync(said, zones);
            if (changes.Length > 0)
            {
                Committed?.Invoke(changes);
            }

            return;
        }
    }

    /// <summary>Who does not hear it says it again, and the book knows it: so a grain that has just died stops nobody.</summary>
    private async Task ConfirmAsync(List<Call> said, List<(string Key, ZoneStep Step)> zones)
    {
        foreach (var (key, step) in zones)
        {
            if (ZoneState.TryRead(step.State) is { } state)
            {
                _lane.Hear(key, state, step.Revision + 1);
            }
        }

        foreach (var part in said.Where(c => c.Said is not null).Select(c => c.Seat.Grain.ConfirmAsync(TermsOf(c.Seat, c.Hold), c.Said!.Number))
            .Concat(zones.Select(z => Zone(z.Key).ConfirmAsync(z.Step.Revision))).Chunk(InFlight))
        {
            foreach (var one in part)
            {
                await TryAsync(() => one.AsTask());
            }
        }
    }

    private void LeaveOut(List<Call> said, IReadOnlyList<GrainHold> lost)
    {
        foreach (var hold in lost)
        {
            if (said.RemoveAll(c => c.Hold == hold) > 0)
            {
                Turn(_round.Where(c => c.Hold == hold));
            }
        }
    }

    /// <summary>Calls every grain that has not answered, so many at a time; each of them is awaited. The first failure is the one that is told.</summary>
    private async Task<ExceptionDispatchInfo?> AnswerAsync()
    {
        var trouble = await MoveAsync();
        var flying = new Queue<(Call Call, ValueTask<DeviceAnswer> Answer)>(InFlight);
        var failed = new HashSet<Seat>();
        foreach (var call in _round.Where(c => !c.IsAnswered).ToArray())
        {
            while (flying.Count == InFlight || call.Seat.IsBusy)
            {
                await TakeAsync(flying.Dequeue());
            }

            if (failed.Contains(call.Seat))
            {
                continue; // it has to hear of what came before first
            }

            call.Seat.IsBusy = true;
            flying.Enqueue((call, call.BeginAsync(TermsOf(call.Seat, call.Hold))));
        }

        while (flying.TryDequeue(out var next))
        {
            await TakeAsync(next);
        }

        _round.RemoveAll(c => c is { IsAnswered: true, Said: null } && !(c.HasRead && _sessions is not null && Lane == Lane.Alarm));
        _roundBytes = _round.Sum(c => (long)c.Bytes);
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
        }
    }

    /// <summary>Devices that the registry has put into another grain go there as they are, and those that nobody has any more are forgotten.</summary>
    private async Task<ExceptionDispatchInfo?> MoveAsync()
    {
        return await TryAsync(async () =>
        {
            for (; _moves is [(var spot, var from), ..]; _moves.RemoveAt(0))
            {
                if (HoldOf(from) is { Epoch: >= 0 } left && await from.Grain.ReleaseAsync(TermsOf(from, left), spot.Id) is { } row && HoldOf(spot.Seat) is { Epoch: >= 0 } hold)
                {
                    await spot.Seat.Grain.JoinAsync(TermsOf(spot.Seat, hold), row);
                    Touch(spot.Seat);
                }
            }

            for (; _gone is [var spot, ..]; _gone.RemoveAt(0))
            {
                if (HoldOf(spot.Seat) is { Epoch: >= 0 } hold)
                {
                    await spot.Seat.Grain.ReleaseAsync(TermsOf(spot.Seat, hold), spot.Id);
                    _forgotten.Add((new GrainSnapshot(GrainSnapshots.DevicePrefix + spot.Id, 0, default), hold));
                    if (_lane.Zones.TryRemove(GrainSnapshots.AlonePrefix + spot.Id, out var zone))
                    {
                        _forgotten.Add((new GrainSnapshot(GrainSnapshots.AlonePrefix + spot.Id, 0, default) { Revision = zone.Revision }, hold));
                    }
                }

                _lane.Cells.TryRemove(spot.Id, out _);
            }
        });
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
            else
            {
                _late?.Add(call, _position!.Value.LogId);
            }
        }
    }

    private async Task<List<(string Key, ZoneStep Step)>> TellZonesAsync(List<Call> said, CancellationToken cancel)
    {
        var steps = new List<(string, ZoneStep)>();
        foreach (var zone in said
            .SelectMany(c => c.Said?.Signals ?? [])
            .GroupBy(s => s.Zone, StringComparer.Ordinal))
        {
            steps.Add((zone.Key, await Zone(zone.Key).TellAsync(new ZoneWords { Signals = [.. zone.OrderBy(s => s.Order)], Known = _lane.Zones.GetValueOrDefault(zone.Key).Revision })));
            cancel.ThrowIfCancellationRequested();
        }

        return steps;
    }

    private static IEnumerable<SaidChange> ChangesOf(List<Call> said) =>
        said.SelectMany(c => c.Said?.Changes ?? []).OrderBy(c => c.Order);

    private IEnumerable<GrainSnapshot> RowsOf(Call call) => call.Said?.Rows.Select(r => RowOf(r, call.Seat)) ?? [];

    private static GrainSnapshot RowOf(in KeptRow row, Seat? seat = null) => new(row.Grain, row.Position, row.State)
    {
        HeardFrom = seat?.Only is { IsStranger: true, HeardFrom.Length: > 0 } stranger ? stranger.HeardFrom : null,
    };

    private IReadOnlyList<GrainHold> HoldsOf(IEnumerable<Call> said) => _sessions is null ? [] : [.. said.Select(c => c.Hold).Distinct()];

    private static async Task<ExceptionDispatchInfo?> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (Exception e)
        {
            return ExceptionDispatchInfo.Capture(e);
        }
    }

    private IZoneGrain Zone(string key) => _grains.GetGrain<IZoneGrain>(GrainKeys.Of(Lane, key), grainClassNamePrefix: null);

    private void Take(string zone, ZoneAnswer answer)
    {
        if (ZoneState.TryRead(answer.State) is { } state)
        {
            _lane.Hear(zone, state, answer.Revision);
        }
    }
}
