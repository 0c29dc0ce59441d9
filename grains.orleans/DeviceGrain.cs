using Orleans.GrainDirectory;
using Orleans.Placement;
using SmartCity.City;
using SmartCity.Telemetry;
using Cell = SmartCity.Grains.DeviceGrain;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// One device in the cluster, or all devices of one circuit (their rules look at each other, so they are stepped together, in the order of their lines): the same step as in one
/// process (<see cref="DeviceLogic"/>), where the gateway is connected (<see cref="SessionDirectory"/>).
/// <para>
/// Its rows are the book's. When it has said something, its answer carries the rows as well, and the caller puts both into the book in one transaction; a quiet reading is kept
/// by a checkpoint. So what it remembers is worth only as much as the session it was told in: a caller of another session finds it as its rows have it.
/// </para>
/// </summary>
[PreferLocalPlacement]
[GrainDirectory(GrainDirectoryName = SessionDirectory.Name)]
[CollectionAgeLimit(AlwaysActive = true)]
internal sealed partial class DeviceGrain(LaneSilos lanes) : Grain, IDeviceGrain
{
    private readonly Dictionary<string, Cell> _cells = new(IdentifierComparer.Instance);
    private readonly List<SaidChange> _changes = [];
    private readonly List<SaidSignal> _signals = [];
    private LaneSilo _lane = null!;
    private string _id = "";
    private string? _gateway;
    private CircuitGrain? _circuit;
    private bool _decided;
    private CallTerms? _terms;
    private object? _registry;
    private LogCursor? _done;
    private long _turn;
    private long _readAt;
    private long _number;
    private long _confirmed;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        _lane = lanes[GrainKeys.LaneOf(key)];
        _id = GrainKeys.IdOf(key);
        _gateway = _id.StartsWith(GrainSnapshots.CircuitPrefix, StringComparison.Ordinal) ? _id[GrainSnapshots.CircuitPrefix.Length..] : null;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Leave();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<DeviceAnswer> ApplyAsync(CallTerms terms, DeviceReadings readings)
    {
        if (!await MeetAsync(terms))
        {
            return new DeviceAnswer(null, long.MaxValue, IsPast: true);
        }

        return Answer(terms, Apply(readings, terms.Log));
    }

    /// <inheritdoc/>
    public async ValueTask<DeviceAnswer> TickAsync(CallTerms terms, DeviceTick tick)
    {
        if (!await MeetAsync(terms))
        {
            return new DeviceAnswer(null, long.MaxValue, IsPast: true);
        }

        if (_gateway is null && _cells.Count == 0 && Expected() is { } kind)
        {
            Enter(new Cell(_id, new KindWork(kind), _lane.ContextOf(_id, kind, Info(_id)), Info(_id), new DeviceState(kind)) { IsHeard = false });
        }

        return Answer(terms, Tick(new TickView(tick.Now, CaughtUp: true, tick.ListeningSince), tick.Order));
    }

    /// <inheritdoc/>
    public async ValueTask<DeviceAnswer> RestateAsync(CallTerms terms, string device, long at)
    {
        if (!await MeetAsync(terms))
        {
            return new DeviceAnswer(null, long.MaxValue, IsPast: true);
        }

        if (_cells.TryGetValue(device, out var cell))
        {
            Restate(cell, at);
        }

        return Answer(terms, long.MaxValue);
    }

    /// <inheritdoc/>
    public async ValueTask<KeptRow[]> KeepAsync(CallTerms terms, long since) =>
        await MeetAsync(terms) ? [.. _cells.Values.Where(c => c.Batch > since).Select(RowOf)] : [];

    /// <inheritdoc/>
    public async ValueTask<KeptRow?> ReleaseAsync(CallTerms terms, string device)
    {
        if (!await MeetAsync(terms) || !_cells.Remove(device, out var cell))
        {
            return null;
        }

        var row = RowOf(cell);
        Leave(cell);
        return row;
    }

    /// <inheritdoc/>
    public async ValueTask JoinAsync(CallTerms terms, KeptRow row)
    {
        if (await MeetAsync(terms))
        {
            Restore(new GrainSnapshot(row.Grain, row.Position, row.State), terms, gap: false);
            if (_cells.TryGetValue(row.Grain[GrainSnapshots.DevicePrefix.Length..], out var cell))
            {
                cell.Batch = row.Position; // the next checkpoint keeps it
            }
        }
    }

    private DeviceAnswer Answer(CallTerms terms, long wake)
    {
        _turn = terms.Turn + 1;
        return new DeviceAnswer(_number == _confirmed ? null : Said(), wake, HasRead: terms.Turn == _readAt);
    }

    private DeviceSaid Said() => new()
    {
        Number = _number,
        Changes = [.. _changes],
        Signals = [.. _signals],
        Rows = [.. _cells.Values.Where(c => c.MustSave).Select(RowOf), .. _decided ? [RowOf(_circuit!)] : Array.Empty<KeptRow>()],
    };

    /// <summary>The book has all that was said.</summary>
    private void Forget()
    {
        _confirmed = _number;
        _changes.Clear();
        _signals.Clear();
        _decided = false;
        foreach (var cell in _cells.Values)
        {
            cell.MustSave = false;
        }
    }

    private KeptRow RowOf(Cell cell) => Of(GrainSnapshots.Of(cell, cell.State, _done));

    private KeptRow RowOf(CircuitGrain circuit)
    {
        circuit.Install();
        return Of(GrainSnapshots.Of(circuit, _done));
    }

    private static KeptRow Of(GrainSnapshot row) => new(row.Grain, row.Position, row.State.ToArray());

    private DeviceInfo? Info(string id) => _lane.Directory.Find(System.Text.Encoding.UTF8.GetBytes(id));

    /// <summary>The kind of an alarm device in service that never spoke: only so is its silence noticed.</summary>
    private DeviceKind? Expected() =>
        _lane.Lane == Lane.Alarm && Info(_id) is { Registered: true, RegisteredAt: > 0 } info && _lane.Kinds.Find(info.Kind) is { } kind && kind.Lane == _lane.Lane ? kind : null;
}
