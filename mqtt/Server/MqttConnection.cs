using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace SmartCity.Mqtt;

/// <summary>
/// One client's connection. A reading loop takes packets one after the other; a pump, run by whoever has something to send,
/// writes. What a connection keeps while it is idle is this object, its two loops and its session: buffers come and go.
/// </summary>
public sealed partial class MqttConnection : ISessionSink, IThreadPoolWorkItem
{
    private readonly MqttServer _server;
    private readonly ConnectionContext _context;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private ConnectPacket? _connect;
    private string? _clientId;
    private string? _sessionName;
    private bool _admitted;
    private bool _abandoned;
    private Session? _session;
    private ReasonCode? _clientReason;
    private uint? _clientExpiry;

    internal MqttConnection(MqttServer server, ConnectionContext context)
    {
        _server = server;
        _context = context;
        _input = context.Transport.Input;
        _output = context.Transport.Output;
        _opened = _lastPacket = server.Now;
        Since = server.Time.GetUtcNow();
    }

    /// <summary>The client identifier in force; before CONNECT is accepted the connection's own name.</summary>
    public string ClientId => _clientId ?? _context.ConnectionId;

    /// <summary>What its session is called: the client identifier unless the owner gave it another name.</summary>
    public string SessionName => _sessionName ?? ClientId;

    /// <summary>What the owner answered CONNECT with.</summary>
    public object? Principal { get; private set; }

    /// <summary>Protocol version.</summary>
    public ProtocolVersion Version { get; private set; } = ProtocolVersion.V311;

    /// <summary>The client's address.</summary>
    public EndPoint? Remote => _context.RemoteEndPoint;

    /// <summary>The client's certificate as TLS has checked it, or null.</summary>
    public X509Certificate2? Certificate => _context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    /// <summary>Cancelled when the socket is gone: for an owner that waits in <see cref="IMqttOwner.PublishAsync"/>.</summary>
    public CancellationToken Closed => _context.ConnectionClosed;

    /// <summary>PUBLISH packets received.</summary>
    public long PublishesReceived { get; private set; }

    /// <summary>PUBLISH packets sent.</summary>
    public long PublishesSent { get; private set; }

    /// <summary>When the connection was made.</summary>
    public DateTimeOffset Since { get; }

    internal ReasonCode Refusal { get; private set; }

    /// <summary>Queues a message for this client, subscribed or not, with its own QoS and retain flag. Any thread.</summary>
    /// <param name="message">The message.</param>
    public void Deliver(ApplicationMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_session is { } session)
        {
            _server.Broker.Deliver(session, message);
        }
    }

    /// <summary>Closes the connection: what is written already leaves, then DISCONNECT with the reason (MQTT 5). Any thread; the first call counts.</summary>
    /// <param name="reason">Why.</param>
    public void Disconnect(ReasonCode reason)
    {
        if (Close(reason))
        {
            _server.Log.Closed(ClientId, Remote, reason, "the server's decision");
        }
    }

    /// <summary>Closes it, and what is not acknowledged yet never is: another server has to take it. Any thread.</summary>
    public void Abandon(ReasonCode reason)
    {
        Volatile.Write(ref _abandoned, true);
        Disconnect(reason);
    }

    /// <summary>Says that there may be something to send. Any thread; cheap.</summary>
    public void Wake() => Schedule();

    /// <summary>Completes the ticket with this token; see <see cref="PublishTicket.Complete"/>.</summary>
    /// <param name="token"><see cref="PublishTicket.Token"/>.</param>
    /// <param name="reason">The reason sent in MQTT 5.</param>
    public void Complete(long token, ReasonCode reason = ReasonCode.Success)
    {
        reason = reason == ReasonCode.Success ? reason : ReasonSets.Fit(PacketType.PubAck, reason); // PUBREC has the same
        if (Volatile.Read(ref _abandoned) || _acks is not { } acks || !acks.TryComplete(token, reason, out var packetId, out var exactlyOnce))
        {
            return;
        }

        if (!exactlyOnce)
        {
            Schedule();
        }
        else if (reason >= ReasonCode.UnspecifiedError)
        {
            _session!.AbandonInbound(packetId); // 4.3.3: a PUBREC of 0x80 and above frees the identifier
            Answer(token, reason);
        }
        else
        {
            Keep(packetId, token, reason);
        }
    }

    // apart from Complete, whose parameters a lambda in it would put on the heap for every QoS 1 publish too
    private void Keep(ushort packetId, long token, ReasonCode reason) =>
        _session!.KeepInbound(packetId, () => Answer(token, reason)); // PUBREC only when the identifier is safe too

    private void Answer(long token, ReasonCode reason)
    {
        _acks!.Finish(token, reason);
        Schedule();
    }

    internal async Task RunAsync()
    {
        var reason = ReasonCode.UnspecifiedError;
        try
        {
            Refusal = _server.Connections.Enter(this);
            if (Refusal == ReasonCode.ServerBusy)
            {
                _server.Metrics.Add(MqttCounter.ConnectionsRefusedTotal);
                _server.Log.Overrun(Remote);
                _context.Abort();
                return;
            }

            _context.ConnectionClosed.UnsafeRegister(static connection => ((MqttConnection)connection!).Left(), this);
            _server.Metrics.Add(MqttCounter.ConnectionsTotal);
            _server.Metrics.Add(MqttCounter.ConnectionsOpen);
            _stopRequest = _context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
                .UnsafeRegister(static connection => ((MqttConnection)connection!).Disconnect(ReasonCode.ServerShuttingDown), this) ?? default;
            await ReadAsync();
            reason = _clientReason ?? (_closing != 0 ? _closeReason : ReasonCode.UnspecifiedError);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            reason = _closing != 0 ? _closeReason : ReasonCode.UnspecifiedError; // the socket is gone: an end like any other
        }
        catch (Exception error)
        {
            _server.Metrics.Add(MqttCounter.OwnerFaultsTotal);
            _server.Log.Fault(error, ClientId, Remote);
            Close(ReasonCode.UnspecifiedError);
        }
        finally
        {
            await EndAsync(reason);
        }
    }

    private async Task EndAsync(ReasonCode reason)
    {
        await _stopRequest.DisposeAsync();
        if (_closing == 0)
        {
            Volatile.Write(ref _silent, true); // the client is gone or has said goodbye: no DISCONNECT
            Close(reason);
        }

        await _stopped.WaitAsync(); // the pump's last round; a client that does not take it is cut off by the sweep
        if (_session is { } session)
        {
            _server.Connections.Forget(this);
            _server.Broker.Close(session, this, _clientReason, _clientExpiry);
            _server.Log.Gone(ClientId, Remote, reason);
        }

        if (!_admitted)
        {
            return;
        }

        // Also when its will or its session was refused after the owner had let it in: the owner counts it.
        try
        {
            _server.Owner.Disconnected(this, reason);
        }
        catch (Exception error)
        {
            _server.Metrics.Add(MqttCounter.OwnerFaultsTotal);
            _server.Log.Fault(error, ClientId, Remote);
        }
    }

    private void Left()
    {
        if (_server.Connections.Leave(this))
        {
            _server.Metrics.Add(MqttCounter.ConnectionsOpen, -1);
        }
    }
}
