using System.Buffers;
using System.Text;
using SmartCity.Edge.Clocks;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <summary>Sends one lane's log to a server, batch by batch, and goes on at the first batch that was not acknowledged whatever
/// happens in between: a broken link, another server, a restart.</summary>
internal sealed class LaneUplink : IPublishReceipt, IDisposable
{
    /// <summary>How often it is looked whether a server has kept us waiting too long.</summary>
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Pause after a server refused a publish: it will not think better of it at once.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(2);

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
    private readonly string _topic;
    private readonly SemaphoreSlim _landed = new(0, 1);
    private readonly ArrayBufferWriter<byte> _payload = new();
    private CancellationTokenSource? _session;
    private MqttClient? _client;
    private long _disconnectedSince;
    private bool _refused;
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

    /// <summary>Whether everything logged on this lane is acknowledged.</summary>
    public bool IsEmpty => _keeper.IsEmpty;

    /// <summary>Bytes logged and not acknowledged.</summary>
    public long Backlog => _keeper.Backlog;

    /// <summary>Whether there is a connection now.</summary>
    public bool IsConnected => Volatile.Read(ref _client)?.IsConnected ?? false;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var saving = SaveAsync(stop);
        try
        {
            for (var server = 0; !stop.IsCancellationRequested; server++)
            {
                await ServeAsync(_options.Servers[server % _options.Servers.Count], stop);
                if (!stop.IsCancellationRequested)
                {
                    _statistics.CountFailover(_options.Servers.Count > 1);
                    if (_refused)
                    {
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

            _flights.Complete(token);
            while (_flights.TryLand(out var flight))
            {
                _keeper.Acknowledge(flight.End);
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

    /// <summary>One server's turn.</summary>
    private async Task ServeAsync(ServerEndpoint server, CancellationToken stop)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var turn = session.Token;
        var client = MakeClient(server);
        client.Connected += _ =>
        {
            Volatile.Write(ref _disconnectedSince, 0);
            Volatile.Write(ref _failureTold, false);
            _statistics.CountConnection();
        };
        client.Disconnected += why =>
        {
            Volatile.Write(ref _disconnectedSince, _time.GetTimestamp());
            if (!turn.IsCancellationRequested)
            {
                Notice($"{_topic}: connection to {server} lost: {why.Reason?.ToString() ?? why.Error?.Message ?? "closed"}");
            }
        };
        client.ConnectFailed += e =>
        {
            // Once an outage is enough; it is tried again every few seconds.
            if (!Interlocked.Exchange(ref _failureTold, true))
            {
                Notice($"{_topic}: {e.Message}");
            }
        };
        lock (_gate)
        {
            _flights.Clear();
            _refused = false;
            _session = session;
        }

        var reader = _keeper.Rewind();
        Volatile.Write(ref _disconnectedSince, _time.GetTimestamp());
        Volatile.Write(ref _client, client);
        Prepared?.Invoke(client);
        client.Start();
        var watch = _time.CreateTimer(_ => Watch(server, session), null, WatchInterval, WatchInterval);
        try
        {
            await SendAsync(client, reader, session.Token);
        }
        catch (OperationCanceledException) when (session.IsCancellationRequested)
        {
            // Stopped, or another server's turn.
        }
        finally
        {
            await watch.DisposeAsync();
            lock (_gate)
            {
                _session = null;
            }

            // A server that does not answer may not take our leave either: the next one does not wait for that.
            await _closing;
            _closing = client.DisposeAsync().AsTask();
        }
    }

    private async Task SendAsync(MqttClient client, LogReader reader, CancellationToken cancel)
    {
        while (true)
        {
            var batch = await reader.ReadAsync(_options.BatchBytes, cancel);
            for (var from = batch.Start.Position; from < batch.End.Position;)
            {
                await RoomAsync(cancel);
                var ready = await MakeReadyAsync(batch, from, cancel);
                from = ready.End;
                await PublishAsync(client, batch.Start with { Position = ready.End }, ready.Readings, cancel);
            }

            if (_lane.Lane == Lane.Telemetry && reader.CaughtUp && batch.Bytes < _options.BatchBytes / 2)
            {
                // What is measured meanwhile travels together.
                await Task.Delay(_options.BatchAge, _time, cancel);
            }
        }
    }

    /// <summary>Fills the payload with what can be sent; waits for the clock when that is nothing.</summary>
    private async ValueTask<ReadyLines> MakeReadyAsync(LogBatch batch, long from, CancellationToken cancel)
    {
        while (true)
        {
            _payload.ResetWrittenCount();
            try
            {
                var ready = _lines.Write(batch, from, _payload);
                if (ready.End > from)
                {
                    return ready;
                }

                await _clock.Known.WaitAsync(cancel);
                if (_clock.Offset(Encoding.ASCII.GetBytes(_clock.BootId), out _) is not null)
                {
                    continue;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Notice($"{_topic}: readings could not be set aside: {e.Message}");
            }

            await Task.Delay(RefusedPause, _time, cancel);
        }
    }

    private async ValueTask PublishAsync(MqttClient client, LogCursor end, int readings, CancellationToken cancel)
    {
        long number;
        lock (_gate)
        {
            ReadOnlyMemory<byte> lines = _hooks.Acknowledged is null ? default : _payload.WrittenSpan.ToArray();
            number = _flights.Add(new Flight(end, readings, lines, _time.GetTimestamp()));
        }

        if (readings == 0)
        {
            // All of them were set aside: nothing is sent, and the place moves on in its turn.
            ((IPublishReceipt)this).Completed(number, ReasonCode.Success);
            return;
        }

        await client.PublishAsync(new ApplicationMessage(_topic, _payload.WrittenMemory, QualityOfService.AtLeastOnce), this, number, cancel);
    }

    private async Task RoomAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_flights.HasRoom)
                {
                    return;
                }
            }

            await _landed.WaitAsync(cancel);
        }
    }

    /// <summary>Ends a server's turn when it keeps an alarm waiting or cannot be reached; with one server there is nobody to turn to.</summary>
    private void Watch(ServerEndpoint server, CancellationTokenSource session)
    {
        if (_options.Servers.Count < 2)
        {
            return;
        }

        long? oldest;
        lock (_gate)
        {
            oldest = _flights.Oldest;
        }

        var since = Volatile.Read(ref _disconnectedSince);
        var late = _lane.Lane == Lane.Alarm && oldest is { } sent && _time.GetElapsedTime(sent) >= _options.AlarmPatience;
        var gone = since != 0 && _time.GetElapsedTime(since) >= _options.ConnectPatience;
        if (late || gone)
        {
            Notice($"{_topic}: {server} {(late ? "does not acknowledge" : "cannot be reached")}; the next server's turn");
            _ = session.CancelAsync();
        }
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
