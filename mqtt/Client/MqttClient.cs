namespace SmartCity.Mqtt;

/// <summary>
/// An MQTT client, 3.1.1 or 5.0. Once connected it stays so: after a break it connects again with jittered back-off, resumes its session
/// or makes its subscriptions again, and sends again what was not acknowledged. Thread-safe; everything in it is bounded.
/// </summary>
public sealed partial class MqttClient : IAsyncDisposable
{
    // A connection that held this long shows that the server is well: back-off begins small again.
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly MqttClientOptions _options;
    private readonly PublishWindow _window;
    private readonly ReconnectDelay _delay;
    private readonly CancellationTokenSource _stopping = new();
    private readonly InboundMessages _inbound;
    private ClientConnection? _connection;
    private Task _running = Task.CompletedTask;
    private bool _connectedBefore;
    private bool _failedBefore;
    private bool _disposed;

    /// <summary>Makes a client; nothing is sent before <see cref="ConnectAsync"/> or <see cref="Start"/>.</summary>
    /// <param name="options">Where and as whom.</param>
    public MqttClient(MqttClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _window = new PublishWindow(options.EffectiveWindow);
        _delay = new ReconnectDelay(options.ReconnectMinimum, options.ReconnectMaximum, Random.Shared);
        _inbound = new InboundMessages(this, options.MaximumWaiting);
    }

    /// <summary>A connection was accepted; the argument says whether the server still had the session. As all events here: must be quick and must not throw.</summary>
    public event Action<bool>? Connected;

    /// <summary>A connection ended; unless the client is being disposed it will connect again. Must be quick.</summary>
    public event Action<MqttDisconnection>? Disconnected;

    /// <summary>An attempt to connect again failed; the next one follows after a pause. Must be quick.</summary>
    public event Action<Exception>? ConnectFailed;

    /// <summary><see cref="Received"/> threw for a message. It is acknowledged with 0x83 in MQTT 5, and plainly in 3.1.1, which has no words for it.</summary>
    public event Action<ApplicationMessage, Exception>? ReceiveFailed;

    /// <summary>
    /// What to do with messages, one at a time, in order; a message is acknowledged when this completes. May publish and await it.
    /// Set before connecting. Without it messages are acknowledged and dropped.
    /// </summary>
    public Func<ApplicationMessage, ValueTask>? Received { get; set; }

    /// <summary>Whether there is a connection now.</summary>
    public bool IsConnected => Volatile.Read(ref _connection) is not null;

    /// <summary>The server's CONNACK of the present connection, or null.</summary>
    public ConnAckPacket? Server => Volatile.Read(ref _connection)?.Answer;

    /// <summary>QoS 1 and 2 publishes not acknowledged yet.</summary>
    public int InFlight
    {
        get
        {
            lock (_gate)
            {
                return _window.InFlight;
            }
        }
    }

    /// <summary>QoS 0 messages received and dropped because <see cref="Received"/> was too slow.</summary>
    public long DroppedInbound => _inbound.Dropped;

    /// <summary>Connects, and keeps connecting again from then on until disposed.</summary>
    /// <param name="cancel">Gives up the first connection.</param>
    /// <exception cref="MqttConnectException">The server refused; nothing goes on, call again.</exception>
    /// <exception cref="TimeoutException">The server did not answer in time.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">There is no such server.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">TLS failed.</exception>
    /// <returns>When the server has accepted.</returns>
    public async Task ConnectAsync(CancellationToken cancel = default)
    {
        ThrowIfStarted();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
        var connection = await ClientTransport.OpenAsync(_options, CleanStart, either.Token);
        var taken = false;
        lock (_gate)
        {
            if (!_disposed && _running.IsCompleted)
            {
                taken = true;
                Attach(connection);
                _running = Task.Run(() => RunAsync(connection));
            }
        }

        if (!taken)
        {
            await connection.DisposeAsync();
            ObjectDisposedException.ThrowIf(_disposed, this);
            throw new InvalidOperationException("The client is connected already.");
        }
    }

    /// <summary>Begins to connect and keeps trying until disposed, however often it fails; failures are told by <see cref="ConnectFailed"/>.</summary>
    public void Start()
    {
        ThrowIfStarted();
        lock (_gate)
        {
            _running = Task.Run(() => RunAsync(connection: null));
        }
    }

    /// <summary>
    /// Ends the connection with DISCONNECT and stops connecting. Publishes not acknowledged are abandoned: await
    /// <see cref="FlushAsync"/> first to see them through.
    /// </summary>
    /// <param name="packet">Reason code (0x04 makes the server publish the will) and, in MQTT 5, a new session expiry; null for success.</param>
    /// <returns>When the connection is closed.</returns>
    public async Task DisconnectAsync(DisconnectPacket? packet = null)
    {
        ClientConnection? connection;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            connection = _connection;
        }

        connection?.Close(packet ?? new DisconnectPacket());
        await _stopping.CancelAsync();
        await _running.WaitAsync(CloseTimeout, _options.Time).ContinueWith(static _ => { }, TaskScheduler.Default);
        connection?.Abort();
        await _running;
        await _inbound.StopAsync();
        AbandonAll();
    }

    /// <summary>As <see cref="DisconnectAsync"/> with success, and lets go of everything. Not to be awaited within <see cref="Received"/>, which it waits for.</summary>
    /// <returns>When it is done.</returns>
    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        _stopping.Dispose();
    }

    private static TimeSpan CloseTimeout => TimeSpan.FromSeconds(2);   // a server that does not take DISCONNECT is left without it

    // 3.1.1 knows no expiry: clean session is a property of the client. In 5, a session with an expiry is begun clean once, then resumed.
    private bool CleanStart => _options.CleanStart && !(_connectedBefore && _options.Version == ProtocolVersion.V500 && _options.SessionExpirySeconds > 0);

    private void ThrowIfStarted()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_running.IsCompleted)
            {
                throw new InvalidOperationException("The client is connected already.");
            }
        }
    }

    private async Task RunAsync(ClientConnection? connection)
    {
        while (true)
        {
            connection ??= await ReconnectAsync();
            if (connection is null)
            {
                return;
            }

            var since = _options.Time.GetTimestamp();
            Connected?.Invoke(connection.SessionPresent);
            var current = connection;
            var end = await current.RunAsync(frame => HandleAsync(current, frame));
            lock (_gate)
            {
                _connection = null;
            }

            await connection.DisposeAsync();
            connection = null;
            if (_options.Time.GetElapsedTime(since) >= _settled)
            {
                _delay.Reset();
            }

            Disconnected?.Invoke(end);
        }
    }

    // Connects again after a pause, until it succeeds or the client is stopped (null).
    private async Task<ClientConnection?> ReconnectAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_connectedBefore || _failedBefore)
                {
                    await Task.Delay(_delay.Next(), _options.Time, _stopping.Token);
                }

                var connection = await ClientTransport.OpenAsync(_options, CleanStart, _stopping.Token);
                lock (_gate)
                {
                    Attach(connection);
                }

                return connection;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return null;
            }
#pragma warning disable CA1031 // whatever went wrong, a gateway tries again
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _failedBefore = true;
                ConnectFailed?.Invoke(fault);
            }
        }

        return null;
    }

    // Under the lock: from here on publishes go out on this connection, behind those it has to repeat.
    private void Attach(ClientConnection connection)
    {
        _connectedBefore = true;
        _connection = connection;
        _inbound.Restart(connection.SessionPresent);
        RestartRequests(connection);                                  // first, so that a lost session's subscriptions see what is published again
        RestartPublishing(connection);
        if (_disposed)
        {
            connection.Close(new DisconnectPacket());                 // stopped while it was being opened
        }
    }
}
