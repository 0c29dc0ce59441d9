using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>
/// Holds the changes of a line until they are reported, each with the kernel's stamp. Bounded: when it is full the oldest change goes
/// together with its return, so that what is left still alternates and ends with the level of now; what went is counted.
/// </summary>
internal sealed class EdgeLatch
{
    /// <summary>Changes it holds.</summary>
    public const int Capacity = 64;

    private readonly Lock _gate = new();
    private readonly Queue<GpioEdge> _edges = new(Capacity);
    private uint _sequence;
    private bool _level;

    /// <summary>Changes that were lost, here or in the kernel, since the program began.</summary>
    public long Lost { get; private set; }

    /// <summary>Begins again with a line just opened, whose events count from 1.</summary>
    public void Open(bool level)
    {
        lock (_gate)
        {
            _edges.Clear();
            _sequence = 0;
            _level = level;
        }
    }

    /// <summary>Takes a change.</summary>
    /// <returns>False when it is none: the level was known.</returns>
    public bool Add(GpioEdge edge)
    {
        lock (_gate)
        {
            var missed = unchecked(edge.Sequence - _sequence - 1);
            if (missed < int.MaxValue)
            {
                Lost += missed;
            }

            _sequence = edge.Sequence;
            if (edge.Level == _level)
            {
                return false;
            }

            if (_edges.Count == Capacity)
            {
                _edges.Dequeue();
                _edges.Dequeue();
                Lost += 2;
            }

            _level = edge.Level;
            _edges.Enqueue(edge);
            return true;
        }
    }

    /// <summary>The next change to report. Without one, <paramref name="read"/> gives the level of now; where it differs from the last
    /// change, that change's own event was lost or is on its way, and is not reported again when it comes.</summary>
    /// <param name="read">Reads the line.</param>
    /// <param name="edge">The change, or the level with stamp 0.</param>
    /// <returns>Changes left.</returns>
    public int Take(Func<bool> read, out GpioEdge edge)
    {
        lock (_gate)
        {
            if (_edges.TryDequeue(out edge))
            {
                return _edges.Count;
            }
        }

        // Not under the lock: a read is a call into the kernel, and the board's thread must not wait for it.
        var level = read();
        lock (_gate)
        {
            if (_edges.TryDequeue(out edge))
            {
                return _edges.Count;
            }

            _level = level;
            edge = new GpioEdge(level, 0, 0);
            return 0;
        }
    }
}
