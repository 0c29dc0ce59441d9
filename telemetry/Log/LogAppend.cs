namespace SmartCity.Telemetry;

/// <summary>
/// One publish being written straight into the log: several frames that become durable together, or not at all. It holds the
/// lane's lock from <see cref="LogLane.TryBegin"/> to <see cref="Dispose"/>. Without <see cref="Complete"/> nothing is appended.
/// It is a handle: copies mean the same publish, and one that is over refuses everything but being disposed again.
/// </summary>
public readonly ref struct LogAppend
{
    private readonly PublishBuffer? _buffer;
    private readonly long _number;

    internal LogAppend(PublishBuffer buffer, long number)
    {
        _buffer = buffer;
        _number = number;
    }

    private PublishBuffer Buffer =>
        _buffer is { } buffer && buffer.Number == _number ? buffer : throw new ObjectDisposedException(nameof(LogAppend));

    /// <summary>Begins a frame and returns memory for its payload. A frame that was begun and not ended is dropped.</summary>
    /// <param name="flags">What is known about the payload; <see cref="EndFrame(int, FrameFlags)"/> may add to it.</param>
    /// <param name="receivedAt">Nanoseconds since 1970.</param>
    /// <param name="source">The gateway, at most <see cref="Identifier.MaximumLength"/> bytes.</param>
    /// <param name="maximumPayload">The most bytes the payload will have.</param>
    /// <exception cref="ArgumentOutOfRangeException">That is more than <see cref="LogLane.TryBegin"/> was told.</exception>
    public Span<byte> BeginFrame(FrameFlags flags, long receivedAt, ReadOnlySpan<byte> source, int maximumPayload) =>
        Buffer.BeginFrame(flags, receivedAt, source, maximumPayload);

    /// <summary>Ends the frame with the <paramref name="used"/> bytes of payload that were written; 0 drops it.</summary>
    /// <param name="used">Bytes of the memory that <see cref="BeginFrame"/> gave.</param>
    /// <param name="more">Flags found out meanwhile.</param>
    /// <exception cref="ArgumentOutOfRangeException">More bytes than were given, or no frame was begun.</exception>
    public void EndFrame(int used, FrameFlags more = FrameFlags.None) => Buffer.EndFrame(used, more);

    /// <summary>Adds a frame by copying it; an empty payload adds none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">That is more than <see cref="LogLane.TryBegin"/> was told.</exception>
    public void Add(FrameFlags flags, long receivedAt, ReadOnlySpan<byte> source, ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(BeginFrame(flags, receivedAt, source, payload.Length));
        EndFrame(payload.Length);
    }

    /// <summary>
    /// Appends what was written when the publish is disposed; nothing may be added any more. <paramref name="waiter"/> is called
    /// when it is acknowledged; if there are no frames, when everything before is.
    /// </summary>
    /// <returns>The position behind the publish.</returns>
    public long Complete(ILogWaiter? waiter = null, long token = 0) => Buffer.Complete(waiter, token);

    /// <summary>Unlocks the lane; without <see cref="Complete"/> what was written is forgotten.</summary>
    public void Dispose()
    {
        if (_buffer is { } buffer && buffer.Number == _number)
        {
            buffer.End();
        }
    }

    /// <summary>The bytes that a publish of these sizes needs at most.</summary>
    internal static int Bound(int maximumPayload, int maximumFrames)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumPayload);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumFrames);
        return checked(maximumPayload + (maximumFrames * (Frame.HeaderBytes + Identifier.MaximumLength)));
    }
}
