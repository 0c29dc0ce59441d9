using Orleans.GrainDirectory;
using Orleans.Placement;
using SmartCity.City;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// One zone in the cluster. Its row is the book's, and goes into it in one transaction with what it says: for a word of devices together with their rows, by who told it; for what
/// time or an officer did, by itself. So whatever became of a call, the row and the alerts agree, and a word told twice changes nothing. A pre-alarm leaves a reminder, so that it becomes a fire in time though every server that knew of it has died.
/// </summary>
[PreferLocalPlacement]
[GrainDirectory(GrainDirectoryName = SessionDirectory.Name)]
internal sealed class ZoneGrain(LaneSilos lanes) : Grain, IZoneGrain, IRemindable
{
    private const string Reminder = "escalation";
    private const int Tries = 4;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);
    private LaneSilo _lane = null!;
    private string _key = "";
    private ZoneState? _state;
    private long _revision;
    private (long Revision, ZoneState State)? _step;
    private bool _reminded;
    private IGrainTimer? _reminding;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        _lane = lanes[GrainKeys.LaneOf(key)];
        _key = GrainKeys.IdOf(key);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<ZoneStep> TellAsync(ZoneWords words)
    {
        Doubt(words.Known);
        var before = await KnownAsync();
        var zone = ContextOf(_key, _lane.Directory);
        var (state, sink, changes) = (new ZoneState(), new ChangeSink(), new List<SaidChange>());
        state.CopyFrom(before);
        foreach (var (order, _, signal) in words.Signals)
        {
            ZoneLogic.Apply(zone, state, signal, sink);
            changes.AddRange(sink.Changes.Select(c => new SaidChange(order, c)));
            sink.Clear();
        }

        _step = (_revision, state);
        return new ZoneStep { Changes = [.. changes], Row = new KeptRow(_key, 0, RowOf(state).State.ToArray()), Revision = _revision };
    }

    /// <inheritdoc/>
    public ValueTask ConfirmAsync(long revision)
    {
        if (_step is { } step && step.Revision == revision && _revision == revision)
        {
            _revision++;
            Install(step.State);
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask RefreshAsync(KeptRow row, long revision)
    {
        Install(Take(new GrainSnapshot(_key, row.Position, row.State) { Revision = revision }));
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask<ZoneAnswer> ObeyAsync(ZoneOrder order, long known)
    {
        string[] moved = [];
        var obeyed = await StepAsync(known, (zone, state, sink) =>
        {
            if (!IsOpen(zone, state, order.Alert))
            {
                return false; // another server was first, or it is over
            }

            if (order.Kind == ZoneSignalKind.Reset)
            {
                List<string> gone = [];
                ZoneLogic.Forget(state, device => IsIn(device, gone));
                moved = [.. gone];
            }

            ZoneLogic.Apply(zone, state, new ZoneSignal(order.Kind, On: true, "", "", order.At, order.At), sink);
            return true;
        });
        return Answer() with { Obeyed = obeyed, Moved = moved };
    }

    /// <inheritdoc/>
    public async ValueTask<ZoneAnswer> TickAsync(long now, long known)
    {
        await StepAsync(known, (zone, state, sink) =>
        {
            var due = ZoneLogic.IsDue(zone, state, now);
            if (due)
            {
                ZoneLogic.Tick(zone, state, now, sink);
            }

            return due;
        });
        return Answer();
    }

    /// <inheritdoc/>
    async Task IRemindable.ReceiveReminder(string reminderName, TickStatus status)
    {
        _reminded = true;
        await TickAsync(_lane.ZoneNow(), known: long.MaxValue); // the book's row, whoever wrote it last
    }

    /// <summary>Is the alert the one that the zone has open?</summary>
    public static bool IsOpen(ZoneContext zone, ZoneState state, string alert) =>
        string.Equals(ZoneLogic.OpenPreAlarm(zone, state), alert, StringComparison.Ordinal) || string.Equals(ZoneLogic.OpenFire(zone, state), alert, StringComparison.Ordinal);

    public static ZoneContext ContextOf(string key, IDeviceDirectory directory)
    {
        var id = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var alone = key.StartsWith(GrainSnapshots.AlonePrefix, StringComparison.Ordinal);
        var info = (alone ? null : directory.FindZone(id)) ?? new ZoneInfo(id);
        return (alone ? ZoneContext.OfDevice(id) : ZoneContext.OfZone(id)) with { AcknowledgeWithin = info.AcknowledgeWithin, Coincidence = info.Coincidence };
    }

    /// <summary>A step on a copy, which becomes the zone's state when the book has it.</summary>
    private async Task<bool> StepAsync(long known, Func<ZoneContext, ZoneState, ChangeSink, bool> step)
    {
        Doubt(known);
        for (var tries = 1; ; tries++)
        {
            var before = _state ??= await ReadAsync();
            var zone = ContextOf(_key, _lane.Directory);
            var state = new ZoneState();
            state.CopyFrom(before);
            var sink = new ChangeSink();
            if (!step(zone, state, sink))
            {
                return false;
            }

            try
            {
                await SaveAsync(state, sink.Changes);
            }
            catch (GrainsMovedException e) when (tries < Tries)
            {
                Take(e.Zones.FirstOrDefault(z => string.Equals(z.Grain, _key, StringComparison.Ordinal))); // another server was first
                continue;
            }
            catch
            {
                _state = null; // it may have happened: whatever the book has then
                throw;
            }

            Install(state);
            return true;
        }
    }

    /// <summary>As the book has it; while the book is away, as this server last heard of it: the book will refuse a row that was made from that, and say what it has.</summary>
    private async Task<ZoneState> KnownAsync()
    {
        try
        {
            return _state ??= await ReadAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _revision = -1;
            return _lane.Zones.TryGetValue(_key, out var heard) ? heard.State : new ZoneState();
        }
    }

    /// <summary>Whether a step went into the book was not heard, or somebody knows of another row: what is remembered may be old.</summary>
    private void Doubt(long known)
    {
        if (_step is not null || known != _revision)
        {
            (_state, _step) = (null, null);
        }
    }

    private void Install(ZoneState state)
    {
        _state = state;
        _step = null;
        _lane.Hear(_key, state, _revision);
        Remind(ContextOf(_key, _lane.Directory), state);
    }

    private async Task<ZoneState> ReadAsync()
    {
        var rows = await _lane.Book.ReadAsync(_lane.Lane, [_key], CancellationToken.None);
        return Take(rows.FirstOrDefault());
    }

    private ZoneState Take(GrainSnapshot? row)
    {
        _revision = row?.Revision ?? 0;
        return _state = row is not null && GrainSnapshots.TryReadHead(row.State.Span, out _, out var bytes) && ZoneState.TryRead(bytes) is { } state ? state : new ZoneState();
    }

    private async Task SaveAsync(ZoneState state, IReadOnlyList<AlertChange> changes)
    {
        await _lane.Book.CommitAsync(new GrainCommit(_lane.Lane, null, changes, [RowOf(state)]), CancellationToken.None);
        _revision++;
    }

    private GrainSnapshot RowOf(ZoneState state) =>
        GrainSnapshots.Of(new SmartCity.Grains.ZoneGrain(_key, ContextOf(_key, _lane.Directory), info: null), state, host: null) with { Revision = _revision };

    /// <summary>Sets the reminder or takes it back, beside what else the zone does: no alarm waits for it.</summary>
    private void Remind(ZoneContext zone, ZoneState state)
    {
        var waits = ZoneLogic.OpenPreAlarm(zone, state) is not null;
        if (waits != _reminded)
        {
            _reminded = waits;
            _reminding?.Dispose();
            _reminding = this.RegisterGrainTimer(
                cancel => RemindAsync(waits ? zone.AcknowledgeWithin + TimeSpan.FromSeconds(1) : null),
                new GrainTimerCreationOptions { DueTime = TimeSpan.Zero, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        }
    }

    private async Task RemindAsync(TimeSpan? due)
    {
        try
        {
            if (due is { } later)
            {
                await this.RegisterOrUpdateReminder(Reminder, later, Again);
            }
            else if (await this.GetReminder(Reminder) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _lane.Options.Warn?.Invoke($"{_key} has no reminder of its pre-alarm beside the ticks of the servers that live: {e.Message}");
        }
    }

    private bool IsIn(string device, List<string> gone)
    {
        var info = _lane.Directory.Find(System.Text.Encoding.UTF8.GetBytes(device));
        if (string.Equals(GrainKeys.ZoneOf(info?.Zone, device), _key, StringComparison.Ordinal))
        {
            return true;
        }

        gone.Add(device);
        return false;
    }

    private ZoneAnswer Answer() => new(Bytes(_state ?? new ZoneState()), Obeyed: false, _revision, []);

    private static byte[] Bytes(ZoneState state)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>(256);
        state.Write(output);
        return output.WrittenSpan.ToArray();
    }
}
