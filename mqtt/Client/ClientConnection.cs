using System.Buffers;
using System.IO.Pipelines;

namespace SmartCity.Mqtt;

/// <summary>The server (or we) ended the connection for a reason the protocol knows.</summary>
internal sealed class MqttProtocolException(ReasonCode reason, bool fromServer) : Exception($"{(fromServer ? "The server disconnected" : "The server broke the protocol")}: {reason}.")
{
    public ReasonCode Reason { get; } = reason;

    public bool FromServer { get; } = fromServer;
}

/// <summary>
/// One accepted connection: a loop that reads frames and one that writes what was appended meanwhile, many packets in
/// one write; and its keep-alive.
/// </summary>
internal sealed class ClientConnection : IAsyncDisposable
{
    // Beyond this much unsent, senders of QoS 0 and of acknowledgements wait.
    private const int HighWater = 256 * 1024;

    private readonly MqttClientOptions _options;
    private readonly Stream _stream;
    private readonly PipeReader _reader;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeSpan _keepAlive;
    private readonly ITimer? _timer;
    private ArrayBufferWriter<byte> _filling = new(4096);
    private ArrayBufferWriter<byte> _writing = new(4096);
    private TaskCompletionSource? _drained;
    private bool _signalled;
    private bool _closing;
    private bool _aborted;
    private long _lastSent;
    private long _lastReceived;
    private long _pingSent;
    private TimeoutException? _late;

    public ClientConnection(MqttClientOptions options, Stream stream, PipeReader reader, ConnAckPacket answer)
    {
        _options = options;
        _stream = stream;
        _reader = reader;
        Answer = answer;
        _keepAlive = answer.ServerKeepAlive is { } seconds ? TimeSpan.FromSeconds(seconds) : options.KeepAlive;   // [MQTT-3.2.2-21]
        _lastSent = _lastReceived = options.Time.GetTimestamp();
        _timer = _keepAlive > TimeSpan.Zero
            ? options.Time.CreateTimer(static connection => ((ClientConnection)connection!).CheckAlive(), this, _keepAlive / 4, _keepAlive / 4)
            : null;
    }

    public ConnAckPacket Answer { get; }

    public bool SessionPresent => Answer.SessionPresent;

    public long MaximumPacketSize => Answer.MaximumPacketSize ?? uint.MaxValue;

    /// <summary>QoS 1 and 2 messages of the server we have not acknowledged. Guarded by the client's lock.</summary>
    public int InboundOpen { get; set; }

    private bool IsClosing
    {
        get
        {
            lock (_gate)
            {
                return _closing;
            }
        }
    }

    /// <summary>Appends packets to what goes out next.</summary>
    public void Send<TState>(TState state, Action<IBufferWriter<byte>, TState> write)
    {
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            write(_filling, state);
            Signal();
        }
    }

    public void Send(ReadOnlySpan<byte> packet)
    {
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            _filling.Write(packet);
            Signal();
        }
    }

    /// <summary>Completes when little is left unsent (or the connection has ended).</summary>
    public Task DrainedAsync()
    {
        lock (_gate)
        {
            if (_filling.WrittenCount < HighWater || _aborted)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    /// <summary>Runs until the connection ends; says why.</summary>
    public async Task<MqttDisconnection> RunAsync(Func<Frame, ValueTask> handle)
    {
        var reading = ReadAsync(handle);
        var writing = WriteAsync();
        var first = await Task.WhenAny(reading, writing);
        if (IsClosing)
        {
            await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1), _options.Time, _ended.Token));   // DISCONNECT is still to be written
        }

        Abort();
        await Task.WhenAll(reading, writing).ContinueWith(static _ => { }, TaskScheduler.Default);
        var fault = first.Exception?.InnerException ?? reading.Exception?.InnerException;
        return new MqttDisconnection((fault as MqttProtocolException)?.Reason, _late ?? fault);
    }

    /// <summary>Sends DISCONNECT behind everything appended so far, and lets the connection end once it is written.</summary>
    public void Close(DisconnectPacket packet)
    {
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            PacketEncoder.WriteDisconnect(_filling, packet, _options.Version);
            _closing = true;                                          // [MQTT-3.14.4-1] nothing after DISCONNECT
            Signal();
        }
    }

    /// <summary>Ends the connection now.</summary>
    public void Abort()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            if (_aborted)
            {
                return;
            }

            _aborted = true;
            _closing = true;
            (drained, _drained) = (_drained, null);
        }

        _ended.Cancel();

        drained?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        Abort();
        if (_timer is not null)
        {
            await _timer.DisposeAsync();                              // waits for a tick that is running
        }

        await _stream.DisposeAsync();
        _signal.Dispose();
        _ended.Dispose();
    }

    private async Task ReadAsync(Func<Frame, ValueTask> handle)
    {
        while (true)
        {
            var read = await _reader.ReadAsync(_ended.Token);
            Volatile.Write(ref _lastReceived, _options.Time.GetTimestamp());
            var rest = read.Buffer;
            while (true)
            {
                var status = FrameReader.Read(rest, _options.Version, _options.MaximumPacketSize, out var frame, out var error);
                if (status == FrameStatus.Invalid)
                {
                    throw new MqttProtocolException(error, fromServer: false);
                }

                if (status == FrameStatus.NeedMore)
                {
                    break;
                }

                if (frame.Type == PacketType.PingResp)
                {
                    Volatile.Write(ref _pingSent, 0);
                }
                else
                {
                    await handle(frame);
                }

                rest = rest.Slice(frame.Length);
            }

            if (read.IsCompleted)
            {
                throw new EndOfStreamException("The server closed the connection.");
            }

            _reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            await _signal.WaitAsync(_ended.Token);
            bool last;
            TaskCompletionSource? drained;
            lock (_gate)
            {
                (_filling, _writing) = (_writing, _filling);
                _signalled = false;
                last = _closing;
                (drained, _drained) = (_drained, null);
            }

            try
            {
                await _stream.WriteAsync(_writing.WrittenMemory, _ended.Token);
            }
            finally
            {
                drained?.TrySetResult();                              // also when the line was cut: nobody else knows of those who wait for this write
            }

            Volatile.Write(ref _lastSent, _options.Time.GetTimestamp());
            if (_writing.Capacity > 4 * HighWater)
            {
                _writing = new ArrayBufferWriter<byte>(4096);
            }
            else
            {
                _writing.ResetWrittenCount();
            }

            if (last)
            {
                return;
            }
        }
    }

    private void CheckAlive()
    {
        var time = _options.Time;
        var ping = Volatile.Read(ref _pingSent);
        if (ping != 0)
        {
            // Anything the server sends shows that it lives; PINGRESP is what it owes [MQTT-3.12.4-1].
            if (time.GetElapsedTime(Math.Max(ping, Volatile.Read(ref _lastReceived))) >= _options.PingTimeout)
            {
                _late = new TimeoutException($"The server was silent for {_options.PingTimeout.TotalSeconds:0.#} s after PINGREQ.");
                Abort();
            }

            return;
        }

        // [MQTT-3.1.2-20] never silent for a whole keep-alive; and a server that is silent is asked whether it is there
        var silent = Math.Min(Volatile.Read(ref _lastSent), Volatile.Read(ref _lastReceived));
        if (time.GetElapsedTime(silent) >= _keepAlive / 2)
        {
            Volatile.Write(ref _pingSent, time.GetTimestamp());
            Send([(byte)PacketType.PingReq << 4, 0]);
        }
    }

    private void Signal()
    {
        if (!_signalled)
        {
            _signalled = true;
            _signal.Release();
        }
    }
}
