using System.Buffers;
using SmartCity.Edge.Clocks;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <summary>Sends one lane's log to a server, batch by batch, and goes on at the first batch that was not acknowledged whatever
/// happens in between: a broken link, another server, a restart.</summary>
internal sealed partial class LaneUplink : IPublishReceipt, IDisposable
{
    /// <summary>Pause after a server refused a publish, or all of them sent us away: they will not think better of it at once.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(2);

    /// <summary>How long the telemetry of a backlog gives way to an alarm under way.</summary>
    private static readonly TimeSpan Urgency = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks whether it still has to.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly GatewayOptions _options;
    private readonly GatewayHooks _hooks;
    private readonly GatewayStatistics _statistics;
    private readonly TimeProvider _time;
    private readonly LogLane _lane;
    private readonly EdgeClock _clock;
    private readonly BatchLines _lines;
    private readonly CursorKeeper _keeper;
    private readonly Flights _flights;
    private readonly Pace? _pace;
    private readonly string _topic;
    private readonly SemaphoreSlim _landed = new(0, 1);
    private readonly ArrayBufferWriter<byte> _payload = new();
    private CancellationTokenSource? _session;
    private MqttClient? _client;
    private long _disconnectedSince;
    private bool _refused;
    private bool _sentAway;
    private int _sentAwayInTurn;
    private int _server;
    private int? _then;
    private TimeSpan _probePause;
    private bool _failureTold;
    private Task _closing = Task.CompletedTask;

    /// <summary>An uplink for a lane of this gateway.</summary>
    public LaneUplink(GatewayOptions options, GatewayHooks hooks, GatewayStatistics statistics, LogLane lane, EdgeClock clock, TimeProvider time)
    {
        _options = options;
        _hooks = hooks;
        _statistics = statistics;
        _lane = lane;
        _clock = clock;
        _time = time;
        _flights = new Flights(options.Window);
        _pace = lane.Lane == Lane.Alarm ? null : new Pace(options.Window, options.BatchBytes);
        _probePause = options.ProbeMinimum;
        var alarm = lane.Lane == Lane.Alarm;
        _lines = new BatchLines(clock, new UnstampedFile(options.Directory, options.UnstampedBytes), statistics, Notice, alarm);
        _topic = CityTopic.Of(options.Gateway, alarm ? CityTopicKind.Alarm : CityTopicKind.Telemetry);
        var file = new CursorFile(Path.Combine(options.Directory, alarm ? "uplink-alarm.cursor" : "uplink-telemetry.cursor"));
        _keeper = new CursorKeeper(lane, file, Notice);
    }

    /// <summary>A new client is about to be started; it may be given handlers.</summary>
    public Action<MqttClient>? Prepared { get; init; }

    /// <summary>Makes the client for a server.</summary>
    public required Func<ServerEndpoint, MqttClient> MakeClient { get; init; }

    /// <summary>Makes a client that only tries whether a server takes connections.</summary>
    public required Func<ServerEndpoint, MqttClient> MakeProbe { get; init; }

    /// <summary>Whether this lane's next publish has to wait, for another's sake; null when it never has.</summary>
    public Func<bool>? GivesWay { get; init; }

    /// <summary>Whether something was sent a moment ago and is not acknowledged. What a server keeps waiting for longer stands in
    /// nobody's way any more.</summary>
    public bool IsUrgent
    {
        get
        {
            lock (_gate)
            {
                return _flights.Oldest is { } sent && _time.GetElapsedTime(sent) < Urgency;
            }
        }
    }

    /// <summary>Place of the server whose turn it is, in the order of preference.</summary>
    public int Server
    {
        get
        {
            lock (_gate)
            {
                return _server;
            }
        }
    }

    /// <summary>Whether everything logged on this lane is acknowledged.</summary>
    public bool IsEmpty => _keeper.IsEmpty;

    /// <summary>Bytes logged and not acknowledged.</summary>
    public long Backlog => _keeper.Backlog;

    /// <summary>Whether there is a connection now.</summary>
    public bool IsConnected => Volatile.Read(ref _client)?.IsConnected ?? false;

    private bool IsQuiet
    {
        get
        {
            lock (_gate)
            {
                return _flights.Count == 0;
            }
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var saving = SaveAsync(stop);
        try
        {
            var server = 0;
            while (!stop.IsCancellationRequested)
            {
                await ServeAsync(server, stop);
                if (_then is { } wanted)
                {
                    server = wanted;
                    continue;
                }

                server = (server + 1) % _options.Servers.Count;
                if (!stop.IsCancellationRequested)
                {
                    _statistics.CountFailover(_options.Servers.Count > 1);
                    _sentAwayInTurn = _sentAway ? _sentAwayInTurn + 1 : 0;
                    if (_refused || _sentAwayInTurn >= _options.Servers.Count)
                    {
                        _sentAwayInTurn = 0;
                        await Task.Delay(RefusedPause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    }
                }
            }
        }
        finally
        {
            await _closing;
            await saving;
            _keeper.Save();
        }
    }

    /// <summary>Ends the connection and makes it again, to the same server: with another certificate.</summary>
    public void ConnectAnew()
    {
        lock (_gate)
        {
            TurnTo(_server);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _landed.Dispose();

    void IPublishReceipt.Completed(long token, ReasonCode reason)
    {
        lock (_gate)
        {
            if ((byte)reason >= 0x80)
            {
                // Refused is not lost: the reading stays in the log, and is sent again, perhaps elsewhere.
                _statistics.CountRefused();
                Notice($"{_topic}: the server refused a publish: {reason}");
                _refused = true;
                _ = _session?.CancelAsync();
                return;
            }

            if (_server == 0)
            {
                _probePause = _options.ProbeMinimum;
            }

            _flights.Complete(token);
            while (_flights.TryLand(out var flight))
            {
                _keeper.Acknowledge(flight.End);
                _pace?.Landed(_time.GetElapsedTime(flight.SentAt), _time.GetElapsedTime(0));
                _statistics.CountAcknowledged(flight.Readings, _lane.Lane == Lane.Alarm);
                if (flight.Readings > 0)
                {
                    _hooks.Acknowledged?.Invoke(_lane.Lane, flight.Lines);
                }
            }

            if (_landed.CurrentCount == 0)
            {
                _landed.Release();
            }
        }
    }

    void IPublishReceipt.Abandoned(long token)
    {
        // Its client is gone; the next session rewinds and sends it again.
    }

    private async Task SaveAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(_options.CursorInterval, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _keeper.Save();
        }
    }

    private void Notice(string text) => _hooks.Notice?.Invoke(text);
}
