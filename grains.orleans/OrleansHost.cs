using System.Collections.Concurrent;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// The grains of one lane in the cluster, for the reader of this server's log. A batch is sorted by device; each device is called once with all its lines, a bounded
/// number of calls at a time (so a slow grain holds the reader back, and through the log the gateways). Then, in this order: the devices that said
/// something are kept, with what they said; zones are told, and have it in the book when they answer; the devices' own changes go into the book in one transaction. Whatever fails,
/// the whole is said again: devices repeat what is not confirmed, zones know what they have heard, and the book knows every change by its cause.
/// </summary>
internal sealed partial class OrleansHost : IGrainHost
{
    private readonly LaneSilo _lane;
    private readonly IGrainFactory _grains;
    private readonly SiloAddress _here;
    private readonly IGrainSessions? _sessions;
    private readonly TimeProvider _time;
    private readonly HostOptions _options;
    private readonly Dictionary<string, Seat> _seats = new(IdentifierComparer.Instance);
    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly ConcurrentQueue<Action> _words = new();
    private readonly Dictionary<string, long> _adopted = new(StringComparer.Ordinal);
    private readonly LateLines? _late;
    private LogCursor? _position;
    private long _lastReceived;
    private long _listeningSince;
    private int _waiting;

    /// <summary>A host without grains; <see cref="LoadAsync"/> gives it those of the book.</summary>
    /// <param name="lane">What it shares with the grains of its lane in this process.</param>
    /// <param name="grains">The silo's.</param>
    /// <param name="here">The silo.</param>
    /// <param name="sessions">Who holds which gateway; null: this server holds all.</param>
    /// <param name="time">The clock.</param>
    public OrleansHost(LaneSilo lane, IGrainFactory grains, SiloAddress here, IGrainSessions? sessions, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(lane);
        _lane = lane;
        _grains = grains;
        _here = here;
        _sessions = sessions;
        _time = time;
        _options = lane.Options;
        _late = sessions is not null && lane.Lane == Lane.Telemetry ? new LateLines(lane, time, sessions) : null;
        _checkpointTime = time.GetTimestamp();
        lane.Watch = gateway => _words.Enqueue(() => AskAll(gateway));
    }

    /// <inheritdoc/>
    public Lane Lane => _lane.Lane;

    /// <inheritdoc/>
    public LogCursor? Cursor { get; private set; }

    /// <inheritdoc/>
    public LogCursor? Position => _position;

    /// <inheritdoc/>
    public HostCounters Counters { get; } = new();

    /// <inheritdoc/>
    public int Devices => _lane.Cells.Count(c => c.Value.IsHeard);

    /// <inheritdoc/>
    public IReadOnlyList<AlertChange> Pending { get; private set; } = [];

    /// <summary>One batch at a time: grains cannot come up while the store is away, so there is nothing to be had from reading on.</summary>
    public bool MayApply => !_failed;

    /// <inheritdoc/>
    public Action<IReadOnlyList<AlertChange>>? Committed { get; set; }

    /// <inheritdoc/>
    public Action<string>? Refused { get; set; }

    /// <inheritdoc/>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var load = await _lane.Book.LoadAsync(Lane, cancel);
        Cursor = load.Cursor;
        foreach (var row in load.Snapshots)
        {
            Take(row);
        }
    }

    /// <inheritdoc/>
    public DeviceView? Look(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _lane.Cells.TryGetValue(device, out var cell) && cell.IsHeard ? cell.Look() : null;
    }

    /// <inheritdoc/>
    public (long Measured, long Received)? Heard(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _lane.Cells.TryGetValue(device, out var cell) && cell.IsHeard ? cell.Heard() : null;
    }

    /// <inheritdoc/>
    public (double Value, long MeasuredAt)? Newest(string device, string metric)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _lane.Cells.TryGetValue(device, out var cell) && cell.IsHeard ? cell.Newest(metric) : null;
    }

    /// <inheritdoc/>
    public bool Acknowledge(string alertId, long atNs) => Enqueue(new Request(ZoneSignalKind.Acknowledged, alertId, atNs));

    /// <inheritdoc/>
    public bool Reset(string alertId, long atNs) => Enqueue(new Request(ZoneSignalKind.Reset, alertId, atNs));

    /// <inheritdoc/>
    public void Adopt(GrainAdoption adoption)
    {
        ArgumentNullException.ThrowIfNull(adoption);
        _words.Enqueue(() =>
        {
            if (_adopted.GetValueOrDefault(adoption.Gateway, -1) != adoption.Epoch)
            {
                _adopted[adoption.Gateway] = adoption.Epoch;
                foreach (var row in adoption.Snapshots)
                {
                    Take(row);
                }

                AskAll(adoption.Gateway);
            }

            adoption.Taken?.Invoke();
        });
    }

    /// <inheritdoc/>
    public void Lose(string gateway)
    {
        // Nothing to give up: its devices move when its new server calls them, and are not asked while another holds them.
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyList<GrainSnapshot> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        foreach (var zone in zones)
        {
            TakeZone(zone);
        }
    }

    private static string Utf8(ReadOnlySpan<byte> id) => Encoding.UTF8.GetString(id);

    /// <summary>The session that a device's judgement rests on: its gateway's, and of one that nobody registered, that of the gateway it is heard through.</summary>
    private GrainHold? HoldOf(DeviceInfo? info, string source)
    {
        var gateway = info?.Gateway ?? source;
        return _sessions is { } sessions ? new GrainHold(gateway, sessions.EpochOf(gateway, Lane)) : null;
    }

    private void Take(GrainSnapshot row)
    {
        if (row.Grain.StartsWith(GrainSnapshots.DevicePrefix, StringComparison.Ordinal))
        {
            _lane.Inherited[row.Grain[GrainSnapshots.DevicePrefix.Length..]] = row;
        }
        else if (row.Grain.StartsWith(GrainSnapshots.CircuitPrefix, StringComparison.Ordinal))
        {
            TakeCircuit(row);
        }
        else
        {
            TakeZone(row);
        }
    }

    private void TakeCircuit(GrainSnapshot row)
    {
        if (!GrainSnapshots.TryReadHead(row.State.Span, out var log, out var bytes) || CircuitState.TryRead(bytes) is not { } state)
        {
            Counters.CountUnreadable();
            return;
        }

        var circuit = _lane.CircuitOf(row.Grain[GrainSnapshots.CircuitPrefix.Length..]);
        lock (circuit)
        {
            circuit.Restore(state, new LogCursor(log, Lane, row.Position));
        }
    }

    private void TakeZone(GrainSnapshot row)
    {
        if (row.State.IsEmpty)
        {
            _lane.Zones.TryRemove(row.Grain, out _);
        }
        else if (GrainSnapshots.TryReadHead(row.State.Span, out _, out var bytes) && ZoneState.TryRead(bytes) is { } state)
        {
            _lane.Zones[row.Grain] = state;
        }
        else
        {
            Counters.CountUnreadable();
        }
    }

    private bool Enqueue(Request request)
    {
        ArgumentNullException.ThrowIfNull(request.Alert);
        if (Interlocked.Increment(ref _waiting) > _options.MaximumRequests)
        {
            Interlocked.Decrement(ref _waiting);
            Counters.CountRefusedRequest();
            return false;
        }

        _requests.Enqueue(request);
        return true;
    }

    private readonly record struct Request(ZoneSignalKind Kind, string Alert, long At);
}
