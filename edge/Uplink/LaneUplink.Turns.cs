using System.Net.Sockets;
using System.Security.Authentication;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <content>Whose turn it is: which server is served, when it loses its turn, and when a preferred one gets it back.</content>
internal sealed partial class LaneUplink
{
    /// <summary>How often it is looked whether a server has kept us waiting too long.</summary>
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>One server's turn.</summary>
    private async Task ServeAsync(int number, CancellationToken stop)
    {
        var server = _options.Servers[number];
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
                TurnAway(server, why.Reason, session);
            }
        };
        client.ConnectFailed += e =>
        {
            // Once an outage is enough; it is tried again every few seconds.
            if (!Interlocked.Exchange(ref _failureTold, true))
            {
                Notice($"{_topic}: {e.Message}");
            }

            TurnAway(server, (e as MqttConnectException)?.Reason, session);
        };
        lock (_gate)
        {
            _flights.Clear();
            _refused = false;
            _sentAway = false;
            _then = null;
            _server = number;
            _session = session;
        }

        var reader = _keeper.Rewind();
        Volatile.Write(ref _disconnectedSince, _time.GetTimestamp());
        Volatile.Write(ref _client, client);
        Prepared?.Invoke(client);
        client.Start();
        var probing = ReturnAsync(number, turn);
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

            await session.CancelAsync();
            await probing;

            // A server that does not answer may not take our leave either: the next one does not wait for that.
            await _closing;
            _closing = client.DisposeAsync().AsTask();
        }
    }

    /// <summary>Ends the turn of a server that says itself that it is no use just now: there is no need to wait until it has been away for long.</summary>
    private void TurnAway(ServerEndpoint server, ReasonCode? reason, CancellationTokenSource session)
    {
        if (_options.Servers.Count < 2
            || reason is not (ReasonCode.ServerUnavailable or ReasonCode.ServerShuttingDown or ReasonCode.UseAnotherServer or ReasonCode.ServerMoved))
        {
            return;
        }

        lock (_gate)
        {
            if (_session == session && !session.IsCancellationRequested)
            {
                _sentAway = true;
                Notice($"{_topic}: {server} sends us away ({reason}); the next server's turn");
                _ = session.CancelAsync();
            }
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

    /// <summary>Looks from time to time whether a server that is preferred to this one takes connections again, and goes back to it when
    /// nothing is in flight: an alarm under way is never held up by that.</summary>
    private async Task ReturnAsync(int current, CancellationToken turn)
    {
        try
        {
            while (current > 0)
            {
                await Task.Delay(_probePause, _time, turn);
                _probePause = _probePause * 2 < _options.ProbeMaximum ? _probePause * 2 : _options.ProbeMaximum;
                for (var preferred = 0; preferred < current && IsQuiet; preferred++)
                {
                    if (await ReachesAsync(_options.Servers[preferred], turn) && TryReturn(preferred))
                    {
                        Notice($"{_topic}: {_options.Servers[preferred]} takes connections again; back to it");
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (turn.IsCancellationRequested)
        {
            // This server's turn is over.
        }
    }

    private async Task<bool> ReachesAsync(ServerEndpoint server, CancellationToken turn)
    {
        using var patience = new CancellationTokenSource(_options.AlarmPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, turn);
        await using var probe = MakeProbe(server);
        try
        {
            await probe.ConnectAsync(either.Token);
            return true;
        }
        catch (MqttConnectException e) when (e.Reason == ReasonCode.ClientIdentifierNotValid)
        {
            // It knows us, takes no session for having been asked, and would judge an alarm: one that cannot says ServerUnavailable.
            return true;
        }
        catch (Exception e) when (!turn.IsCancellationRequested
            && e is OperationCanceledException or MqttConnectException or TimeoutException or IOException or SocketException or AuthenticationException)
        {
            return false;
        }
    }

    private bool TryReturn(int preferred)
    {
        lock (_gate)
        {
            return _flights.Count == 0 && TurnTo(preferred);
        }
    }

    /// <summary>Under the gate: ends this turn, for the sake of that server's.</summary>
    private bool TurnTo(int server)
    {
        if (_session is not { IsCancellationRequested: false } session)
        {
            return false;
        }

        _then = server;
        _ = session.CancelAsync();
        return true;
    }
}
