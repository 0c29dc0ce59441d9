namespace SmartCity.Edge.Uplink;

/// <summary>
/// How much of a backlog may be on its way. A modem and every queue behind it hold what a link or a server cannot take at once, and
/// an alarm on its own connection stands in those same queues: so the backlog takes what there is to take and fills no queue. The
/// principle is TCP Vegas' (Brakmo and Peterson, 1995): the least time that an acknowledgement took is the way itself, so of
/// <c>n</c> publishes on their way <c>n · (1 − way / age)</c> lie in queues, and that is kept between one and two. On a link where even
/// that takes long the publishes become smaller. Not thread-safe: its owner locks.
/// </summary>
internal sealed class Pace
{
    /// <summary>Smaller publishes are mostly headers.</summary>
    public const int LeastBytes = 4 * 1024;

    private const double LeastQueued = 1;
    private const double MostQueued = 2;

    /// <summary>The way itself may change (another cell): what was measured longer ago than one to two of these is forgotten.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>An alarm shall not wait longer for one publish before it.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);

    private readonly int _window;
    private readonly int _largest;
    private TimeSpan _least = TimeSpan.MaxValue;
    private TimeSpan _leastBefore = TimeSpan.MaxValue;
    private TimeSpan _begun = TimeSpan.MinValue;
    private TimeSpan _held = TimeSpan.MinValue;

    /// <param name="window">Most publishes.</param>
    /// <param name="batchBytes">Most bytes of one.</param>
    public Pace(int window, int batchBytes)
    {
        _window = window;
        _largest = batchBytes;

        // The first one alone, for it measures the way.
        Limit = 1;
        BatchBytes = batchBytes;
    }

    /// <summary>Publishes that may be on their way now; at least 1.</summary>
    public int Limit { get; private set; }

    /// <summary>Bytes that the next publish may have.</summary>
    public int BatchBytes { get; private set; }

    /// <summary>A publish was acknowledged.</summary>
    /// <param name="age">So long after it was sent.</param>
    /// <param name="now">Stamp, from any beginning.</param>
    public void Landed(TimeSpan age, TimeSpan now)
    {
        if (_begun == TimeSpan.MinValue || now - _begun >= Memory)
        {
            _leastBefore = _least;
            _least = TimeSpan.MaxValue;
            _begun = now;
        }

        _least = age < _least ? age : _least;
        if (now < _held)
        {
            // What was on its way already tells of the same queue: a change is given one round trip to show.
            return;
        }

        var way = _leastBefore < _least ? _leastBefore : _least;
        var queued = age > TimeSpan.Zero ? Limit * (1 - (way / age)) : 0;
        var step = queued > MostQueued ? -1 : queued < LeastQueued && age <= Long ? 1 : 0;
        Limit = Math.Clamp(Limit + step, 1, _window);
        _held = now + age;
        if (age > Long && Limit <= 3)
        {
            Resize(BatchBytes / 2);
        }
        else if (age < Short)
        {
            Resize(BatchBytes * 2);
        }
    }

    private void Resize(int bytes)
    {
        bytes = Math.Clamp(bytes, Math.Min(LeastBytes, _largest), _largest);
        if (bytes != BatchBytes)
        {
            // Another size takes another time on the same way.
            BatchBytes = bytes;
            _least = _leastBefore = TimeSpan.MaxValue;
        }
    }
}
