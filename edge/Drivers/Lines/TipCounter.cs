using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>
/// Counts tips of a bucket from the kernel's events: a tip is the magnet closing the reed, and every later closure within the smallest
/// gap is the same one (a reed that rings, a bucket that rebounds). Closures that the kernel had to drop are known by the gap in the
/// events' numbers, and counted.
/// </summary>
/// <param name="gap">Least time between two tips.</param>
/// <param name="time">Clock of the stamps.</param>
internal sealed class TipCounter(TimeSpan gap, TimeProvider time)
{
    private uint _sequence;
    private bool _level;
    private long? _last;

    /// <summary>Tips of which the kernel had dropped the events, since the program began.</summary>
    public long Lost { get; private set; }

    /// <summary>Begins again with a line just opened, whose events count from 1.</summary>
    public void Open(bool level)
    {
        _sequence = 0;
        _level = level;
    }

    /// <summary>Takes an event.</summary>
    /// <returns>Tips that it says, 0 for a line that opens again.</returns>
    public int Take(GpioEdge edge)
    {
        var missed = unchecked(edge.Sequence - _sequence - 1);
        var since = _last is { } last ? time.GetElapsedTime(last, edge.Timestamp) : TimeSpan.MaxValue;
        var tips = 0;
        if (missed is > 0 and < int.MaxValue)
        {
            // Dropped events alternate as all do: of an odd number the one more is a closure when the line was open before.
            var closures = (missed + (_level ? 0u : 1u)) / 2;
            var room = since == TimeSpan.MaxValue ? long.MaxValue : (long)(since / gap) - (edge.Level ? 1 : 0);
            tips = (int)Math.Max(0, Math.Min(closures, room));
            Lost += tips;
        }

        _sequence = edge.Sequence;
        var closed = edge.Level && (!_level || missed > 0);
        _level = edge.Level;
        if (closed && since >= gap)
        {
            tips++;
        }

        if (tips > 0)
        {
            _last = edge.Timestamp;
        }

        return tips;
    }
}
