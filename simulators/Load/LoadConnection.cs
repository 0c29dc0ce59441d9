using System.Security.Authentication;

namespace SmartCity.Simulators.Load;

/// <summary>One MQTT connection of the load over a stream (TLS, or a system without epoll): sends its publishes by schedule, in a window, and
/// after a lost connection begins again at the first publish that was not acknowledged.</summary>
internal sealed class LoadConnection(LoadOptions options, LoadTransport transport, LoadSequence sequence, LoadStart start, TimeProvider time)
{
    private readonly Signal _moved = new();
    private byte[] _buffer = [];
    private volatile bool _broken;
    private bool _wasOpen;

    /// <summary>Runs until everything that was due before the end is acknowledged, or until cancelled.</summary>
    /// <param name="end">After which nothing new is made.</param>
    /// <param name="deadline">Ends the wait for acknowledgements.</param>
    public async Task RunAsync(LoadEnd end, CancellationToken deadline)
    {
        using var wake = deadline.Register(_moved.Set);
        var backoff = LoadTransport.FirstBackoff;
        while (!deadline.IsCancellationRequested)
        {
            var before = sequence.Acknowledged;
            try
            {
                await using var stream = await OpenAsync(deadline);
                if (await ConverseAsync(stream, end, deadline))
                {
                    await stream.WriteAsync(Frames.Disconnect, CancellationToken.None);
                    return;
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or AuthenticationException or InvalidDataException)
            {
                sequence.Failed(e.Message);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                return;
            }

            backoff = sequence.Acknowledged > before ? LoadTransport.FirstBackoff : LoadTransport.Longer(backoff);
            await Task.Delay(backoff, time, CancellationToken.None);
        }
    }

    private async Task<Stream> OpenAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(LoadTransport.Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var stream = await transport.ConnectAsync(sequence.ClientId, both.Token);
            await stream.WriteAsync(Frames.Connect(sequence.ClientId, options.Version5, LoadTransport.KeepAliveSeconds), both.Token);
            return stream;
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new IOException("no connection within 10 s", e);
        }
    }

    /// <summary>True when all is said; false or an exception when the connection ended before.</summary>
    private async Task<bool> ConverseAsync(Stream stream, LoadEnd end, CancellationToken deadline)
    {
        _broken = false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var incoming = new LoadReceiver(options.Version5);
        sequence.Connected(await incoming.ConnectedAsync(stream, stop.Token));
        if (!_wasOpen)
        {
            _wasOpen = true;
            start.Opened();
        }

        await start.Begun.WaitAsync(deadline);
        var receiving = ReceiveAsync(stream, incoming, stop.Token);
        try
        {
            if (await SendAsync(stream, end, deadline))
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

    private async Task<bool> SendAsync(Stream stream, LoadEnd end, CancellationToken deadline)
    {
        if (_buffer.Length < sequence.FrameRoom)
        {
            _buffer = new byte[Math.Max(16 * 1024, sequence.FrameRoom)];
        }

        while (!_broken && !deadline.IsCancellationRequested)
        {
            var now = time.GetTimestamp();
            var last = end.Stamp;
            var used = sequence.Fill(_buffer, now, last);
            if (used > 0)
            {
                await stream.WriteAsync(_buffer.AsMemory(0, used), deadline);
                if (options.QualityOfService == 0)
                {
                    sequence.CompleteAll(time.GetTimestamp());
                }

                continue;
            }

            var due = sequence.Due(now);
            if (due >= last && sequence.IsEven)
            {
                return true;
            }

            if (due >= last || sequence.IsFull)
            {
                await _moved.WaitAsync();
                continue;
            }

            var wait = time.GetElapsedTime(now, due);
            if (wait > LoadTransport.PingAfter)
            {
                await stream.WriteAsync(Frames.Ping, deadline);
                wait = LoadTransport.PingAfter;
            }

            // The runtime's timer counts in milliseconds: asking for less would spin.
            await Task.Delay(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, time, deadline);
        }

        return false;
    }

    private async Task ReceiveAsync(Stream stream, LoadReceiver incoming, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await incoming.ReadAsync(stream, cancel);
                if (incoming.TakeAll(sequence) is var count and > 0)
                {
                    sequence.Complete(count, time.GetTimestamp());
                    _moved.Set();
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
}
