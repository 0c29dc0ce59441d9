using System.Collections.Concurrent;
using System.Net.Sockets;

namespace SmartCity.Simulators.Load;

/// <summary>
/// All plain connections of a load on one thread: what has come is read, what is due is sent, and nothing else wakes anybody. It looks at the
/// schedule once a millisecond, so up to a millisecond of a latency is its own.
/// </summary>
internal sealed class LoadLoop : IDisposable
{
    private const int Openers = 8;
    private const int LongestWait = 50;

    private readonly LoadOptions _options;
    private readonly LoadTransport _transport;
    private readonly LoadStart _start;
    private readonly TimeProvider _time;
    private readonly Epoll _epoll = new();
    private readonly Line[] _lines;
    private readonly PriorityQueue<int, long> _due = new();
    private readonly BlockingCollection<int> _toOpen = [];
    private readonly ConcurrentQueue<(int Line, Socket? Socket, LoadReceiver? Receiver, int Maximum, string? Failure)> _opened = new();
    private readonly byte[] _buffer;
    private int _open;
    private int _opening;
    private long _look;

    /// <summary>A loop for some sequences.</summary>
    public LoadLoop(LoadOptions options, LoadTransport transport, IReadOnlyList<LoadSequence> sequences, LoadStart start, TimeProvider time)
    {
        _options = options;
        _transport = transport;
        _start = start;
        _time = time;
        _lines = [.. sequences.Select(s => new Line(s))];
        _buffer = new byte[Math.Max(64 * 1024, sequences.Max(s => s.FrameRoom))];
    }

    /// <summary>Runs until everything that was due before the end is acknowledged, or until cancelled. Takes the calling thread.</summary>
    /// <param name="end">After which nothing new is made.</param>
    /// <param name="deadline">Ends the wait for acknowledgements.</param>
    public void Run(LoadEnd end, CancellationToken deadline)
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            _toOpen.Add(i, CancellationToken.None);
        }

        for (var i = 0; i < Math.Min(Openers, _lines.Length); i++)
        {
            new Thread(() => Open(deadline)) { IsBackground = true, Name = "load opener" }.Start();
        }

        _open = _opening = _lines.Length;
        try
        {
            while (_open > 0 && !deadline.IsCancellationRequested)
            {
                Turn(end);
            }
        }
        finally
        {
            _toOpen.CompleteAdding();
            foreach (var line in _lines)
            {
                line.Socket?.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _epoll.Dispose();
        while (_opened.TryDequeue(out var late))
        {
            late.Socket?.Dispose();
        }
    }

    private void Turn(LoadEnd end)
    {
        var ready = _epoll.Wait(Patience());
        for (var i = 0; i < ready; i++)
        {
            var (number, what) = _epoll.Ready(i);
            var line = _lines[number];
            if (line.Socket is null)
            {
                continue;
            }

            // One that waits for its time has nothing to send before: sends of one publish each would be most of this loop's cost.
            if (((what & ~Epoll.Out) == 0 || Receive(number, line)) && (line.IsBlocked || !line.IsQueued))
            {
                Send(number, line, end);
            }
        }

        while (_opened.TryDequeue(out var opened))
        {
            Take(opened.Line, opened.Socket, opened.Receiver, opened.Maximum, opened.Failure, end);
        }

        var now = _time.GetTimestamp();
        if (now < _look)
        {
            return;
        }

        _look = now + (_time.TimestampFrequency / 1_000);
        while (_due.TryPeek(out var number, out var due) && due <= now)
        {
            _due.Dequeue();
            var line = _lines[number];
            line.IsQueued = false;
            if (line.Socket is not null)
            {
                Send(number, line, end);
            }
            else if (line.WantsOpening)
            {
                line.WantsOpening = false;
                _toOpen.Add(number, CancellationToken.None);
            }
        }
    }

    private int Patience()
    {
        // A connection that is being opened rings no bell here.
        var most = _opened.IsEmpty ? LongestWait : 0;
        if (_opening > 0)
        {
            most = Math.Min(most, 2);
        }

        if (!_due.TryPeek(out _, out var due))
        {
            return most;
        }

        var wait = _time.GetElapsedTime(_time.GetTimestamp(), Math.Max(due, _look)).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(wait), 0, most);
    }

    /// <summary>False when the connection is over.</summary>
    private bool Receive(int number, Line line)
    {
        try
        {
            var bytes = line.Socket!.Receive(line.Receiver!.Free(), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return true;
            }

            if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }

            line.Receiver.Took(bytes);
            if (line.Receiver.TakeAll(line.Sequence) is var count and > 0)
            {
                line.Sequence.Complete(count, _time.GetTimestamp());
            }

            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidDataException)
        {
            Lose(number, line, e.Message);
            return false;
        }
    }

    private void Send(int number, Line line, LoadEnd end)
    {
        if (!_start.HasBegun)
        {
            return;
        }

        try
        {
            if (!line.Flush())
            {
                return;
            }

            var now = _time.GetTimestamp();
            var last = end.Stamp;
            while (line.Sequence.Fill(_buffer, now, last) is var used and > 0)
            {
                line.LastSent = now;
                var whole = line.Send(_buffer.AsSpan(0, used));
                if (_options.QualityOfService == 0)
                {
                    line.Sequence.CompleteAll(_time.GetTimestamp());
                }

                if (!whole)
                {
                    _epoll.Change(line.Socket!.SafeHandle, Epoll.In | Epoll.Out, number);
                    line.IsBlocked = true;
                    return;
                }

                now = _options.QualityOfService == 0 ? _time.GetTimestamp() : now;
                if (_options.QualityOfService == 0 && _options.PublishesPerSecond <= 0)
                {
                    break; // nothing bounds it but the socket: the others want their turn
                }
            }

            if (line.IsBlocked)
            {
                line.IsBlocked = false;
                _epoll.Change(line.Socket!.SafeHandle, Epoll.In, number);
            }

            After(number, line, now, last);
        }
        catch (SocketException e)
        {
            Lose(number, line, e.Message);
        }
    }

    /// <summary>What comes after everything that may be sent has been sent: the end, an acknowledgement, or the next one's time.</summary>
    private void After(int number, Line line, long now, long last)
    {
        var due = line.Sequence.Due(now);
        if (due >= last && line.Sequence.IsEven)
        {
            line.Send(Frames.Disconnect.Span);
            line.Socket!.Dispose();
            line.Socket = null;
            _open--;
            return;
        }

        if (due >= last || line.Sequence.IsFull || line.IsQueued)
        {
            return;
        }

        var ping = line.LastSent + (long)(LoadTransport.PingAfter.TotalSeconds * _time.TimestampFrequency);
        if (ping <= now)
        {
            line.Send(Frames.Ping.Span);
            line.LastSent = now;
            ping = due;
        }

        line.IsQueued = true;
        _due.Enqueue(number, Math.Min(due, ping));
    }

    private void Lose(int number, Line line, string reason)
    {
        line.Lost();
        line.Sequence.Failed(reason);
        line.Backoff = line.Sequence.Acknowledged > line.Before ? LoadTransport.FirstBackoff : LoadTransport.Longer(line.Backoff);
        line.WantsOpening = true;
        _opening++;
        line.IsQueued = true;
        _due.Enqueue(number, _time.GetTimestamp() + (long)(line.Backoff.TotalSeconds * _time.TimestampFrequency));
    }

    private void Take(int number, Socket? socket, LoadReceiver? receiver, int maximum, string? failure, LoadEnd end)
    {
        var line = _lines[number];
        _opening--;
        if (socket is null)
        {
            Lose(number, line, failure ?? "no connection");
            return;
        }

        line.Began(socket, receiver!);
        line.LastSent = _time.GetTimestamp();
        line.Sequence.Connected(maximum);
        _epoll.Watch(socket.SafeHandle, Epoll.In, number);
        if (!line.WasOpen)
        {
            line.WasOpen = true;
            var held = !_start.HasBegun;
            _start.Opened();
            if (held && _start.HasBegun)
            {
                SendAll(end);
                return;
            }
        }

        Send(number, line, end);
    }

    private void SendAll(LoadEnd end)
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            if (_lines[i].Socket is not null)
            {
                Send(i, _lines[i], end);
            }
        }
    }

    // Connecting may wait, so it has threads of its own.
    private void Open(CancellationToken deadline)
    {
        try
        {
            foreach (var number in _toOpen.GetConsumingEnumerable(deadline))
            {
                try
                {
                    var receiver = new LoadReceiver(_options.Version5);
                    var socket = _transport.Connect(_lines[number].Sequence.ClientId, _options.Version5, receiver, out var maximum);
                    _opened.Enqueue((number, socket, receiver, maximum, null));
                }
                catch (Exception e) when (e is IOException or SocketException or InvalidDataException)
                {
                    _opened.Enqueue((number, null, null, 0, e.Message));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // the load is over
        }
    }

    /// <summary>One connection.</summary>
    private sealed class Line(LoadSequence sequence)
    {
        private byte[] _left = [];
        private int _from;
        private int _to;

        public LoadSequence Sequence => sequence;

        public Socket? Socket { get; set; }

        public LoadReceiver? Receiver { get; private set; }

        public TimeSpan Backoff { get; set; } = LoadTransport.FirstBackoff;

        /// <summary>Acknowledged when this connection began.</summary>
        public long Before { get; private set; }

        public long LastSent { get; set; }

        /// <summary>There has been a connection before.</summary>
        public bool WasOpen { get; set; }

        /// <summary>In the queue of what is due.</summary>
        public bool IsQueued { get; set; }

        /// <summary>The socket takes nothing more for now.</summary>
        public bool IsBlocked { get; set; }

        /// <summary>Waits in the queue to be opened.</summary>
        public bool WantsOpening { get; set; }

        public void Began(Socket socket, LoadReceiver receiver)
        {
            Socket = socket;
            Receiver = receiver;
            Before = sequence.Acknowledged;
            (_from, _to) = (0, 0);
        }

        public void Lost()
        {
            Socket?.Dispose();
            Socket = null;
            IsBlocked = false;
        }

        /// <summary>True when nothing is left of what was sent before.</summary>
        public bool Flush()
        {
            while (_from < _to)
            {
                if (Some(_left.AsSpan(_from.._to)) is not (var sent and > 0))
                {
                    return false;
                }

                _from += sent;
            }

            return true;
        }

        /// <summary>Sends; what the socket does not take is kept. False then.</summary>
        public bool Send(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                if (Some(bytes) is not (var sent and > 0))
                {
                    if (_left.Length < bytes.Length)
                    {
                        _left = new byte[bytes.Length];
                    }

                    bytes.CopyTo(_left);
                    (_from, _to) = (0, bytes.Length);
                    return false;
                }

                bytes = bytes[sent..];
            }

            return true;
        }

        private int Some(ReadOnlySpan<byte> bytes)
        {
            var sent = Socket!.Send(bytes, SocketFlags.None, out var error);
            return error switch
            {
                SocketError.Success => sent,
                SocketError.WouldBlock => 0,
                _ => throw new SocketException((int)error),
            };
        }
    }
}
