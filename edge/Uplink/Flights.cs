using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <summary>One publish on its way.</summary>
/// <param name="End">Behind its last frame.</param>
/// <param name="Readings">Lines in it.</param>
/// <param name="Lines">The lines, when somebody wants to hear of their acknowledgement.</param>
/// <param name="SentAt">Stamp of the clock.</param>
internal readonly record struct Flight(LogCursor End, int Readings, ReadOnlyMemory<byte> Lines, long SentAt);

/// <summary>The publishes of one lane that are not acknowledged, in order. A server may answer out of order; the lane's place
/// moves only over an unbroken run. Not thread-safe: its owner locks.</summary>
internal sealed class Flights(int window)
{
    private readonly Flight[] _ring = new Flight[window];
    private readonly bool[] _done = new bool[window];
    private long _first;
    private long _next;

    /// <summary>How many are on their way.</summary>
    public int Count => (int)(_next - _first);

    /// <summary>Whether another one fits.</summary>
    public bool HasRoom => Count < _ring.Length;

    /// <summary>When the oldest was sent; null when there is none.</summary>
    public long? Oldest => Count == 0 ? null : _ring[_first % _ring.Length].SentAt;

    /// <summary>Adds one; gives its number.</summary>
    public long Add(Flight flight)
    {
        var slot = _next % _ring.Length;
        _ring[slot] = flight;
        _done[slot] = false;
        return _next++;
    }

    /// <summary>Notes an acknowledgement; numbers that are not on their way are ignored.</summary>
    public void Complete(long number)
    {
        if (number >= _first && number < _next)
        {
            _done[number % _ring.Length] = true;
        }
    }

    /// <summary>Takes the oldest off if it is acknowledged.</summary>
    public bool TryLand(out Flight flight)
    {
        var slot = _first % _ring.Length;
        if (Count == 0 || !_done[slot])
        {
            flight = default;
            return false;
        }

        flight = _ring[slot];
        _ring[slot] = default;
        _first++;
        return true;
    }

    /// <summary>Forgets all of them: they will be sent again. Numbers are never used twice.</summary>
    public void Clear()
    {
        Array.Clear(_ring);
        _first = _next;
    }
}
