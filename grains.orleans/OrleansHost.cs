using System.Collections.Concurrent;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// The grains of one lane in the cluster, for the reader of this server's log. A batch is sorted by grain; each is called once with all its lines, a bounded
/// number of calls at a time (so a slow grain holds the reader back, and through the log the gateways). Zones are asked what their devices' words make of them. Then all of it,
/// what was said and the rows of those who said it, goes into the book in one transaction that names the sessions and the zones' revisions it rests on, as the embedded host's does;
/// and the grains are told. Whatever fails is said again, and comes to the same.
/// </summary>
internal sealed partial class OrleansHost : IGrainHost
{
    /// <summary>Bytes of lines that may wait for grains which cannot be reached, or for the book: with as many the host stands, and the log keeps the rest.</summary>
    private const long MaximumBytes = 32 << 20;

    private readonly LaneSilo _lane;
    private readonly IGrainFactory _grains;
    private readonly IGrainSessions? _sessions;
    private readonly TimeProvider _time;
    private readonly HostOptions _options;
    private readonly Guid _life = Guid.NewGuid();
    private readonly Dictionary<string, Spot> _spots = new(IdentifierComparer.Instance);
    private readonly Dictionary<string, Seat> _circuits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Epoch, long Since)> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _adopted = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly ConcurrentQueue<Action> _words = new();
    private readonly LateLines? _late;
    private LogCursor? _position;
    private long _lastReceived;
    private long _listeningSince;
    private int _waiting;

    /// <summary>A host without grains; <see cref="LoadAsync"/> gives it those of the book.</summary>
    /// <param name="lane">What it shares with the grains of its lane in this process.</param>
    /// <param name="grains">The silo's.</param>
    /// <param name="sessions">Who holds which gateway; null: this server holds all.</param>
    /// <param name="time">The clock.</param>
    public OrleansHost(LaneSilo lane, IGrainFactory grains, IGrainSessions? sessions, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(lane);
        _lane = lane;
        _grains = grains;
        _sessions = sessions;
        _time = time;
        _options = lane.Options;
        _late = sessions is not null && lane.Lane == Lane.Telemetry ? new LateLines(lane, time, sessions) : null;
        _checkpointTime = time.GetTimestamp();
        lane.IsShared = sessions is not null;
        lane.Watch = gateway => _words.Enqueue(() => AskAll(gateway));
    }

    /// <inheritdoc/>
    public Lane Lane => _lane.Lane;

    /// <inheritdoc/>
    public LogCursor? Cursor { get; private set; }

    /// <inheritdoc/>
    public LogCursor? Position => _position;

    /// <inheritdoc/>
    public LogCursor? Backlog { get; set; }

    /// <inheritdoc/>
    public HostCounters Counters { get; } = new();

    /// <inheritdoc/>
    public int Devices => _lane.Cells.Count(c => c.Value.IsHeard);

    /// <inheritdoc/>
    public IReadOnlyList<AlertChange> Pending { get; private set; } = [];

    /// <inheritdoc/>
    public bool MayApply => Pending.Count < _options.MaximumPending && _round.Count < _options.MaximumPending && _roundBytes < MaximumBytes;

    /// <inheritdoc/>
    public Action<IReadOnlyList<AlertChange>>? Committed { get; set; }

    /// <inheritdoc/>
    public Action<string>? Refused { get; set; }

    /// <inheritdoc/>
    public async Task LoadAsync(CancellationToken cancel)
    {
        // Before the rows are read: what is taken later is adopted later.
        foreach (var gateway in _sessions is null ? [] : _lane.Directory.InService.Select(d => d.Gateway).Concat(_sessions.Held(Lane)).Prepend(""))
        {
            _held[gateway] = (_adopted[gateway] = _sessions!.EpochOf(gateway, Lane), 0);
        }

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
                if (_held.GetValueOrDefault(adoption.Gateway, (Epoch: -1, 0)).Epoch != adoption.Epoch)
                {
                    _held[adoption.Gateway] = (adoption.Epoch, _lane.Now());
                }

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
        // Nothing to give up: its grains are not asked while another holds them, and begin with their rows when they are called in a new session.
    }

    /// <inheritdoc/>
    public void Refresh(IReadOnlyList<GrainSnapshot> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        foreach (var zone in zones)
        {
            TakeZone(zone);
        }

        _hasNews = true;
    }

    private static string Utf8(ReadOnlySpan<byte> id) => Encoding.UTF8.GetString(id);

    /// <summary>The session that a grain's judgement rests on: its gateway's; of a device that nobody registered, that of the gateway it is heard through.</summary>
    private GrainHold HoldOf(Seat seat)
    {
        if (_sessions is not { } sessions)
        {
            return new GrainHold("", 0); // there is one session, and it never ends
        }

        var gateway = seat.Gateway ?? (seat.Only is { IsStranger: true } stranger ? stranger.HeardFrom : seat.Only!.Info!.Gateway);
        var epoch = sessions.EpochOf(gateway, Lane);
        if (epoch >= 0 && (!_held.TryGetValue(gateway, out var held) || held.Epoch != epoch))
        {
            _held[gateway] = (epoch, _lane.Now());
            _words.Enqueue(() => AskAll(gateway)); // whoever was due while another held it was passed over
        }

        return new GrainHold(gateway, epoch);
    }

    /// <summary>Since when this server holds it, Unix ns; 0: since it began.</summary>
    private long SinceOf(in GrainHold hold) => _held.GetValueOrDefault(hold.Gateway).Since;

    private CallTerms TermsOf(Seat seat, in GrainHold hold) => new(
        _life, hold.Gateway, hold.Epoch, _position?.LogId ?? Backlog?.LogId ?? Cursor?.LogId ?? default, Backlog?.Position ?? -1, seat.Said, seat.Heard, seat.Turn, seat.Turn > 0 || SinceOf(hold) != 0);

    /// <summary>Devices begin with their rows when they are called; until then those who look on see what the rows say.</summary>
    private void Take(GrainSnapshot row)
    {
        if (row.Grain.StartsWith(GrainSnapshots.DevicePrefix, StringComparison.Ordinal))
        {
            if (_lane.Read(row) is not { } cell)
            {
                Counters.CountUnreadable();
            }
            else if (_sessions is null || _sessions.EpochOf(row.HeardFrom ?? cell.Info?.Gateway ?? "", Lane) >= 0)
            {
                _lane.Cells.TryAdd(cell.Id, cell);
                if (row.HeardFrom is { } through && !_spots.ContainsKey(cell.Id))
                {
                    Enter(cell.Id, cell.Info).HeardFrom = through; // so that it counts among the strangers
                }
            }
        }
        else if (!row.Grain.StartsWith(GrainSnapshots.CircuitPrefix, StringComparison.Ordinal))
        {
            TakeZone(row);
        }
    }

    private void TakeZone(GrainSnapshot row)
    {
        if (row.State.IsEmpty)
        {
            _lane.Zones.TryRemove(row.Grain, out _); // what goes on there its devices say again
        }
        else if (GrainSnapshots.TryReadHead(row.State.Span, out _, out var bytes) && ZoneState.TryRead(bytes) is { } state)
        {
            _lane.Hear(row.Grain, state, row.Revision);
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
