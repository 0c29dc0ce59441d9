using System.Runtime.ExceptionServices;
using SmartCity.City;

namespace SmartCity.Grains.Orleans;

/// <content>Zones and book.</content>
internal sealed partial class OrleansHost
{
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
        trouble = await TickZonesAsync() ?? trouble;
        do
        {
            trouble = await AnswerAsync() ?? trouble;
            var said = Spoken();
            if (trouble is not null)
            {
                await TryAsync(async () => Pending = [.. ChangesOf(said, await TellZonesAsync(said, cancel)).Select(c => c.Change)]);
                trouble.Throw();
            }

            await SayAsync(said, cancel);
            _round.RemoveAll(c => c.IsAnswered);
        }
        while (_round.Count > 0);

        await (_late?.SayAsync(cancel) ?? default);
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

    /// <summary>The last call of each grain that has something for the book: the words of those before are in it. Who began with its rows and says nothing rests on the session all the same.</summary>
    private List<Call> Spoken() => [.. _round.Where(c => c.IsAnswered && !c.IsSuperseded && (c.Said is not null || c.HasRead)).GroupBy(c => c.Seat).Select(g => g.MaxBy(c => c.Said?.Number ?? -1)!)];

    /// <summary>The book: what devices said, what zones make of it, and the rows of all of them, in one transaction. What rests on a session that is not ours any more is left out.</summary>
    private async Task SayAsync(List<Call> said, CancellationToken cancel)
    {
        for (var tries = 1; said.Count > 0; tries++)
        {
            var zones = await TellZonesAsync(said, cancel);
            var changes = ChangesOf(said, zones).Select(c => c.Change).ToArray();
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

    /// <summary>A zone that does not hear it reads its row again.</summary>
    private async Task ConfirmAsync(List<Call> said, List<(string Key, ZoneStep Step)> zones)
    {
        foreach (var (_, step) in zones)
        {
            TakeZone(RowOf(step.Row) with { Revision = step.Revision + 1 });
        }

        foreach (var call in said)
        {
            call.Seat.Said = call.Said?.Number ?? call.Seat.Said; // its next call tells it
        }

        foreach (var part in zones.Select(z => Zone(z.Key).ConfirmAsync(z.Step.Revision)).Chunk(InFlight))
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
                var left = _round.Where(c => c.IsAnswered && c.Hold == hold).ToArray();
                _round.RemoveAll(c => c.IsAnswered && c.Hold == hold);
                Turn(left);
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

    private static IEnumerable<SaidChange> ChangesOf(List<Call> said, List<(string Key, ZoneStep Step)> zones) =>
        said.SelectMany(c => c.Said?.Changes ?? []).OrderBy(c => c.Order).Concat(zones.SelectMany(z => z.Step.Changes)).OrderBy(c => c.Order);

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
