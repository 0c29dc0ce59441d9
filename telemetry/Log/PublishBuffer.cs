namespace SmartCity.Telemetry;

/// <summary>The publish being written into a lane's ring; one a lane, used by whoever holds the lane's lock.</summary>
internal sealed class PublishBuffer(LogLane lane, LogRing ring)
{
    private long _limit;
    private long _pending;
    private long _at;
    private int _open;
    private int _head;
    private bool _completed;
    private bool _isOpen;
    private ILogWaiter? _waiter;
    private long _token;

    /// <summary>Counts publishes, so that a handle of one that is over is recognised.</summary>
    public long Number { get; private set; }

    /// <summary>The lock would let the thread that holds it in again; a second publish within the first would overwrite it.</summary>
    public void ThrowIfOpen()
    {
        if (_isOpen)
        {
            throw new InvalidOperationException("This thread is writing a publish to the lane already: dispose that one first.");
        }
    }

    public LogAppend Begin(long start, int size)
    {
        _isOpen = true;
        _limit = start + size;
        _at = start;
        _pending = -1;
        _open = _head = 0;
        _completed = false;
        return new LogAppend(this, ++Number);
    }

    public Span<byte> BeginFrame(FrameFlags flags, long receivedAt, ReadOnlySpan<byte> source, int maximumPayload)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumPayload);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, Identifier.MaximumLength);
        ThrowIfCompleted();
        var size = Frame.Size(source.Length, maximumPayload);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_at + size, _limit, nameof(maximumPayload));
        var frame = ring.At(_at, size);
        Frame.WriteHead(frame, size, flags, receivedAt, source);
        _head = Frame.HeaderBytes + source.Length;
        _open = size;
        return frame[_head..];
    }

    public void EndFrame(int used, FrameFlags more)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(used);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(used, _open - _head);
        ThrowIfCompleted();
        var size = _head + used;
        var frame = ring.At(_at, _open);
        _open = _head = 0;
        if (used == 0)
        {
            return;
        }

        Frame.SetLengthAndFlags(frame, size, more);
        Seal(moreFollow: true);
        _pending = _at;
        _at += size;
    }

    public long Complete(ILogWaiter? waiter, long token)
    {
        ThrowIfCompleted();
        Seal(moreFollow: false);
        _completed = true;
        _waiter = waiter;
        _token = token;
        return _at;
    }

    public void End()
    {
        Number++;
        _isOpen = false;
        var waiter = _waiter;
        _waiter = null;
        lane.EndAppend(_completed ? _at : null, waiter, _token);
    }

    /// <summary>Finishes the last ended frame, now that it is known whether another one follows.</summary>
    private void Seal(bool moreFollow)
    {
        if (_pending < 0)
        {
            return;
        }

        var size = (int)(_at - _pending);
        Frame.Seal(ring.At(_pending, size), _pending, moreFollow);
        ring.Fold(_pending, size);
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
        {
            throw new InvalidOperationException("The publish is complete: nothing can be added to it.");
        }
    }
}
