namespace SmartCity.Edge.Uplink;

/// <summary>
/// How many publishes of a backlog may be on their way. A modem and every queue behind it hold what a link cannot take, and an alarm
/// on its own connection stands in that same queue: so the backlog takes what the link gives and fills no queue. The principle is
/// LEDBAT's (RFC 6817): the least time an acknowledgement took is the way itself, whatever it takes longer is queue, and at too
/// much of it the window is halved. Not thread-safe: its owner locks.
/// </summary>
/// <param name="window">Most publishes.</param>
/// <param name="target">Queue that is borne.</param>
internal sealed class Pace(int window, TimeSpan target)
{
    /// <summary>The way itself may change (another cell): what was measured longer ago than one to two of these is forgotten.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private TimeSpan _least = TimeSpan.MaxValue;
    private TimeSpan _leastBefore = TimeSpan.MaxValue;
    private TimeSpan _begun = TimeSpan.MinValue;
    private TimeSpan _held = TimeSpan.MinValue;

    /// <summary>Publishes that may be on their way now; at least 1.</summary>
    public int Limit { get; private set; } = Math.Min(2, window);

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
        var way = _leastBefore < _least ? _leastBefore : _least;
        if (age - way <= target)
        {
            Limit = Math.Min(window, Limit + 1);
        }
        else if (now >= _held)
        {
            // What is on its way already will tell of the same queue: once is enough.
            Limit = Math.Max(1, Limit / 2);
            _held = now + age;
        }
    }
}
