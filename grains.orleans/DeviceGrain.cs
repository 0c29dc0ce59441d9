using Orleans.Placement;
using Orleans.Runtime.Placement;
using SmartCity.City;
using Cell = SmartCity.Grains.DeviceGrain;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// One device in the cluster: the same step as in one process (<see cref="DeviceLogic"/>), where its gateway is connected. It comes up beside the reader that
/// calls it first, and moves when a reader elsewhere says that the gateway is there now.
/// <para>
/// It is kept when it has said something, before that goes into the book; at a checkpoint, before it moves and when it is put away; never for a quiet reading. What it says is
/// kept with it, and it goes on saying it, over a move and a crash of the caller, until a caller has it in the book: the book and the store are two, and either may fail.
/// </para>
/// </summary>
[PreferLocalPlacement]
[CollectionAgeLimit(AlwaysActive = true)]
internal sealed partial class DeviceGrain : Grain, IDeviceGrain
{
    private readonly IPersistentState<DeviceRecord> _record;
    private readonly LaneSilos _lanes;
    private readonly SiloAddress _here;
    private LaneSilo _lane = null!;
    private string _id = "";
    private Cell? _cell;
    private object? _registry;
    private bool _dirty;

    public DeviceGrain([PersistentState("device", CitySilo.Store)] IPersistentState<DeviceRecord> record, LaneSilos lanes, ILocalSiloDetails silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        _record = record;
        _lanes = lanes;
        _here = silo.SiloAddress;
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        _lane = _lanes[GrainKeys.LaneOf(key)];
        _id = GrainKeys.IdOf(key);
        if (_lane.Inherited.TryRemove(_id, out var row) && !_record.RecordExists)
        {
            Inherit(row);
        }

        var record = _record.State;
        if (_lane.Kinds.Find(record.Kind) is { } kind && kind.Lane == _lane.Lane)
        {
            if (DeviceState.TryRead(record.State, kind) is { } state)
            {
                Enter(kind, state);
            }
            else
            {
                _lane.Options.Warn?.Invoke($"the state of device {_id} cannot be read; it begins anew");
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            if (_dirty)
            {
                await WriteAsync();
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public ValueTask<DeviceAnswer> ApplyAsync(DeviceReadings readings)
    {
        var wake = Apply(readings);
        return AnswerAsync(wake, readings.Home);
    }

    /// <inheritdoc/>
    public ValueTask<DeviceAnswer> TickAsync(DeviceTick tick)
    {
        if (_cell is null && _lane.Directory.InService.Count > 0 && Expected() is { } kind)
        {
            Enter(kind, new DeviceState(kind));
            _cell!.IsHeard = false;
        }

        var wake = long.MaxValue;
        if (_cell is { } cell)
        {
            Look(cell);
            wake = Tick(cell, new TickView(tick.Now, CaughtUp: true, tick.ListeningSince));
        }

        return AnswerAsync(wake, tick.Home);
    }

    /// <inheritdoc/>
    public ValueTask<DeviceAnswer> RestateAsync(long at)
    {
        if (_cell is { } cell)
        {
            Look(cell);
            Restate(cell, at);
        }

        return AnswerAsync(long.MaxValue, home: null);
    }

    /// <inheritdoc/>
    public ValueTask SaveAsync() => _dirty ? new(WriteAsync()) : default;

    /// <inheritdoc/>
    public ValueTask ConfirmAsync(long said)
    {
        if (_record.State.Unsaid is { } unsaid && unsaid.Number <= said)
        {
            _record.State.Unsaid = null;
            _dirty = true;
        }

        return default;
    }

    /// <inheritdoc/>
    public async ValueTask ForgetAsync()
    {
        Leave();
        _cell = null;
        _dirty = false;
        await _record.ClearStateAsync();
        DeactivateOnIdle();
    }

    private ValueTask<DeviceAnswer> AnswerAsync(long wake, SiloAddress? home)
    {
        var answer = new DeviceAnswer(_record.State.Unsaid, wake);
        return home is null || home.Equals(_here) ? new(answer) : MoveAsync(answer, home);
    }

    private async ValueTask<DeviceAnswer> MoveAsync(DeviceAnswer answer, SiloAddress home)
    {
        await WriteAsync(); // there it begins with this
        RequestContext.Set(IPlacementDirector.PlacementHintKey, home);
        MigrateOnIdle();
        return answer;
    }

    private async Task WriteAsync()
    {
        var record = _record.State;
        if (_cell is { } cell)
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>(1024);
            cell.State.Write(output);
            (record.Kind, record.State) = (cell.Context.Kind.Name, output.WrittenSpan.ToArray());
        }

        await _record.WriteStateAsync();
        _dirty = false;
    }

    /// <summary>The kind of an alarm device in service that never spoke: only so is its silence noticed.</summary>
    private DeviceKind? Expected() =>
        _lane.Lane == Telemetry.Lane.Alarm && _lane.Directory.Find(System.Text.Encoding.UTF8.GetBytes(_id)) is { Registered: true, RegisteredAt: > 0 } info
        && _lane.Kinds.Find(info.Kind) is { } kind && kind.Lane == _lane.Lane ? kind : null;

    private void Inherit(GrainSnapshot row)
    {
        if (GrainSnapshots.TryReadDevice(row.State.Span, out var log, out var kind, out var state))
        {
            _record.State = new DeviceRecord { Kind = System.Text.Encoding.UTF8.GetString(kind), State = state.ToArray() };
            _record.State.Apply(log, row.Position);
            _dirty = true;
            _lane.Begun.Enqueue(_id);
        }
    }
}
