using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <content>Checkpoints: what quiet readings left in grains is kept from time to time.</content>
internal sealed partial class OrleansHost
{
    private readonly Queue<Seat> _checkpoint = new();
    private readonly List<(GrainSnapshot Row, GrainHold Hold)> _forgotten = [];
    private List<Seat> _dirty = [];
    private LogCursor? _checkpointAt;
    private long _checkpointTime;

    /// <inheritdoc/>
    public async Task CheckpointAsync(CancellationToken cancel)
    {
        await CommitAsync(cancel);
        while (_checkpointAt is not null || Cursor != _position)
        {
            await CheckpointStepAsync(cancel);
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
            return _forgotten.Count > 0 && _position is not null;
        }

        var since = Cursor is { } cursor && cursor.LogId == position.LogId ? position.Position - cursor.Position : position.Position;
        return _options.IsDue(since, _time.GetElapsedTime(_checkpointTime), _dirty.Count);
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

        if (_checkpointAt is not { } target)
        {
            return;
        }

        var room = _options.SnapshotChunk;
        var chunk = _checkpoint.Take(InFlight).TakeWhile((seat, n) => (room -= seat.Devices) >= 0 || n == 0).ToArray();
        var last = chunk.Length == _checkpoint.Count;
        var kept = await KeepAsync([.. chunk.Where(s => !s.IsGone)], Cursor is { } cursor && cursor.LogId == target.LogId ? cursor.Position : -1);
        var forgotten = _forgotten.Count;
        kept.AddRange(_forgotten);
        await SaveAsync(kept, last ? target : null, cancel);
        _forgotten.RemoveRange(0, forgotten);
        foreach (var seat in chunk)
        {
            seat.Dirty = false;
            _checkpoint.Dequeue();
        }

        if (last)
        {
            Cursor = target;
            _checkpointAt = null;
            _checkpointTime = _time.GetTimestamp();
        }
    }

    private async Task<List<(GrainSnapshot Row, GrainHold Hold)>> KeepAsync(Seat[] seats, long since)
    {
        var rows = new List<(GrainSnapshot, GrainHold)>();
        var calls = seats.Select(seat => (Seat: seat, Hold: HoldOf(seat))).Where(c => c.Hold.Epoch >= 0).ToArray();
        var answers = await Task.WhenAll(calls.Select(c => c.Seat.Grain.KeepAsync(TermsOf(c.Seat, c.Hold), since).AsTask()));
        for (var i = 0; i < calls.Length; i++)
        {
            rows.AddRange(answers[i].Select(r => (RowOf(r, calls[i].Seat), calls[i].Hold)));
        }

        return rows;
    }

    private async Task SaveAsync(List<(GrainSnapshot Row, GrainHold Hold)> kept, LogCursor? cursor, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var holds = _sessions is null ? [] : kept.Select(k => k.Hold).Distinct().ToArray();
                await _lane.Book.CommitAsync(new GrainCommit(Lane, cursor, [], [.. kept.Select(k => k.Row)]) { Holds = holds }, cancel);
                return;
            }
            catch (GrainsMovedException e) when (e.Lost.Count > 0)
            {
                kept.RemoveAll(k => e.Lost.Contains(k.Hold)); // another server has them, and keeps them
            }
        }
    }
}
