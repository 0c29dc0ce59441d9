using System.Security.Authentication;
using System.Text;

namespace SmartCity.Simulators.Load;

/// <summary>One MQTT connection of the load: sends its publishes by schedule, in a window, and after a lost connection begins again
/// at the first publish that was not acknowledged.</summary>
internal sealed class LoadConnection(LoadOptions options, LoadTransport transport, string clientId, LoadReadings readings, TimeProvider time)
{
    private const ushort KeepAliveSeconds = 60;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    private readonly byte[] _topic = Encoding.UTF8.GetBytes($"city/v1/{clientId}/telemetry");
    private readonly long[] _scheduled = new long[options.Window];
    private readonly Signal _moved = new();
    private byte[] _buffer = [];
    private int _window = options.Window;
    private long _next;
    private long _everSent;
    private long _acknowledged;
    private volatile bool _broken;

    /// <summary>Publish → PUBACK, from the moment the schedule wanted it sent, in µs.</summary>
    public Histogram Latency { get; } = new();

    /// <summary>Publishes acknowledged, in order from the first.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Publishes sent a second time.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Publishes acknowledged with an error (MQTT 5).</summary>
    public long Refused { get; private set; }

    /// <summary>Connections lost or not made, and the last reason.</summary>
    public long Failures { get; private set; }

    /// <summary>Why the last connection failed.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>When the last acknowledgement came, as a stamp of the time provider.</summary>
    public long LastAcknowledgement { get; private set; }

    /// <summary>What was acknowledged, by device.</summary>
    public IEnumerable<LedgerRow> Ledger() => readings.Ledger(Acknowledged * options.ReadingsPerPublish);

    /// <summary>Runs until everything that was due before the end is acknowledged, or until cancelled.</summary>
    /// <param name="start">Stamp at which the schedule begins, this connection's phase included.</param>
    /// <param name="end">After which nothing new is made.</param>
    /// <param name="deadline">Ends the wait for acknowledgements.</param>
    public async Task RunAsync(long start, LoadEnd end, CancellationToken deadline)
    {
        using var wake = deadline.Register(_moved.Set);
        var backoff = FirstBackoff;
        while (!deadline.IsCancellationRequested)
        {
            var before = Acknowledged;
            try
            {
                await using var stream = await OpenAsync(deadline);
                if (await ConverseAsync(stream, start, end, deadline))
                {
                    await stream.WriteAsync(Frames.Disconnect, CancellationToken.None);
                    return;
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or AuthenticationException or InvalidDataException)
            {
                Failures++;
                LastFailure = e.Message;
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                return;
            }

            backoff = Acknowledged > before ? FirstBackoff : TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, LongestBackoff.Ticks));
            await Task.Delay(backoff, time, CancellationToken.None);
        }
    }

    private async Task<Stream> OpenAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var stream = await transport.ConnectAsync(clientId, both.Token);
            await stream.WriteAsync(Frames.Connect(clientId, options.Version5, KeepAliveSeconds), both.Token);
            return stream;
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new IOException("no connection within 10 s", e);
        }
    }

    /// <summary>True when all is said; false or an exception when the connection ended before.</summary>
    private async Task<bool> ConverseAsync(Stream stream, long start, LoadEnd end, CancellationToken deadline)
    {
        _broken = false;
        _next = Acknowledged;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var incoming = new LoadReceiver(stream, options.Version5);
        _window = Math.Min(options.Window, await incoming.ConnectedAsync(stop.Token));
        var receiving = ReceiveAsync(incoming, stop.Token);
        try
        {
            if (await SendAsync(stream, start, end, deadline))
            {
                return true;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await receiving;
        return false;
    }

    private async Task<bool> SendAsync(Stream stream, long start, LoadEnd end, CancellationToken deadline)
    {
        while (!_broken && !deadline.IsCancellationRequested)
        {
            var now = time.GetTimestamp();
            var last = end.Stamp;
            var used = Fill(now, start, last);
            if (used > 0)
            {
                await stream.WriteAsync(_buffer.AsMemory(0, used), deadline);
                if (options.QualityOfService == 0)
                {
                    Complete(_next);
                }

                continue;
            }

            var due = Due(_next, start, now);
            if (due >= last && Acknowledged == _next)
            {
                return true;
            }

            if (due >= last || _next - Acknowledged >= _window)
            {
                await _moved.WaitAsync();
                continue;
            }

            var wait = time.GetElapsedTime(now, due);
            if (wait > TimeSpan.FromSeconds(KeepAliveSeconds / 2))
            {
                await stream.WriteAsync(Frames.Ping, deadline);
                wait = TimeSpan.FromSeconds(KeepAliveSeconds / 2);
            }

            // The runtime's timer counts in milliseconds: asking for less would spin.
            await Task.Delay(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, time, deadline);
        }

        return false;
    }

    /// <summary>Writes every publish that is due and fits window and buffer; gives the bytes to send.</summary>
    private int Fill(long now, long start, long end)
    {
        var payloadRoom = readings.LongestLine * options.ReadingsPerPublish;
        var frameRoom = Frames.HeaderRoom + _topic.Length + 5 + payloadRoom;
        if (_buffer.Length < frameRoom)
        {
            _buffer = new byte[Math.Max(16 * 1024, frameRoom)];
        }

        var used = 0;
        while (_buffer.Length - used >= frameRoom && _next - Acknowledged < _window)
        {
            var due = Due(_next, start, now);
            var again = _next < _everSent;
            if (!again && (due > now || due >= end))
            {
                break;
            }

            if (again)
            {
                Duplicates++;
            }
            else
            {
                _scheduled[_next % _scheduled.Length] = due;
            }

            used += WritePublish(_buffer.AsSpan(used), again, payloadRoom);
            _next++;
            _everSent = Math.Max(_everSent, _next);
        }

        return used;
    }

    private int WritePublish(Span<byte> to, bool again, int payloadRoom)
    {
        // The payload is rendered behind the longest possible head, then moved up against the real one.
        var payload = to.Slice(Frames.HeaderRoom + _topic.Length + 5, payloadRoom);
        var length = readings.WritePayload(_next * options.ReadingsPerPublish, options.ReadingsPerPublish, payload);
        var id = options.QualityOfService == 0 ? (ushort)0 : PacketId(_next);
        var head = Frames.WritePublishHead(to, _topic, length, id, again && id != 0, options.Version5);
        payload[..length].CopyTo(to[head..]);
        return head + length;
    }

    private async Task ReceiveAsync(LoadReceiver incoming, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await incoming.ReadAsync(cancel);
                var acknowledged = Acknowledged;
                while (incoming.TryTakeAck(out var id, out var reason))
                {
                    if (acknowledged >= _everSent || id != PacketId(acknowledged))
                    {
                        throw new InvalidDataException($"PUBACK {id} came where {PacketId(acknowledged)} was next (MQTT-4.6.0-2)");
                    }

                    if (reason >= 0x80)
                    {
                        Refused++;
                    }

                    acknowledged++;
                }

                if (acknowledged > Acknowledged)
                {
                    Complete(acknowledged);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && cancel.IsCancellationRequested)
        {
            // The conversation is over and nobody asks for the rest.
        }
        finally
        {
            _broken = true;
            _moved.Set();
        }
    }

    private void Complete(long acknowledged)
    {
        var now = time.GetTimestamp();
        for (var i = Acknowledged; i < acknowledged; i++)
        {
            Latency.Add((long)time.GetElapsedTime(_scheduled[i % _scheduled.Length], now).TotalMicroseconds);
        }

        LastAcknowledgement = now;
        Volatile.Write(ref _acknowledged, acknowledged);
        _moved.Set();
    }

    private long Due(long publish, long start, long now)
    {
        if (options.PublishesPerSecond <= 0)
        {
            return Math.Max(now, start);
        }

        var interval = options.Connections / options.PublishesPerSecond * time.TimestampFrequency;
        return start + (long)(publish * interval);
    }

    private static ushort PacketId(long publish) => (ushort)((publish % 65_535) + 1);
}
