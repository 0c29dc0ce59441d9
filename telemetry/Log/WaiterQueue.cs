namespace SmartCity.Telemetry;

/// <summary>Who waits for which position, in order. Bounded; it grows to its bound by doubling and then allocates no more.</summary>
internal sealed class WaiterQueue(int capacity, Action<Exception> fault)
{
    private readonly Lock _gate = new();
    private readonly Entry[] _taken = new Entry[64]; // the draining thread's
    private Entry[] _entries = new Entry[Math.Min(capacity, 64)];
    private int _head;
    private int _count;
    private long _upTo;
    private bool _draining;

    /// <summary>Whether another waiter would be one too many.</summary>
    public bool IsFull => Volatile.Read(ref _count) >= capacity;

    /// <summary>Whether there is room for a good many again.</summary>
    public bool HasRoom => Volatile.Read(ref _count) <= capacity - (capacity / 4);

    /// <summary>Positions up to here are acknowledged.</summary>
    public long UpTo => Volatile.Read(ref _upTo);

    /// <summary>Adds a waiter; only when not <see cref="IsFull"/>, and only with rising positions.</summary>
    public void Add(ILogWaiter waiter, long token, long position)
    {
        lock (_gate)
        {
            if (_count == _entries.Length)
            {
                Grow();
            }

            var at = _head + _count;
            _entries[at < _entries.Length ? at : at - _entries.Length] = new Entry(waiter, token, position);
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>
    /// Acknowledges up to <paramref name="position"/> and calls whoever waited for it, in order. A second thread that comes
    /// meanwhile, or a waiter that acknowledges more, leaves the calls to the first.
    /// </summary>
    public void Acknowledge(long position)
    {
        lock (_gate)
        {
            _upTo = Math.Max(_upTo, position);
            if (_draining)
            {
                return;
            }

            _draining = true;
        }

        // Many at a time: whoever appends takes this lock too, for each publish.
        while (Take() is > 0 and var taken)
        {
            foreach (ref var entry in _taken.AsSpan(0, taken))
            {
                try
                {
                    entry.Waiter.Durable(entry.Token);
                }
#pragma warning disable CA1031 // Whatever a waiter throws, the ones behind it must be called.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    fault(error);
                }

                entry = default;
            }
        }
    }

    private int Take()
    {
        lock (_gate)
        {
            var taken = 0;
            while (taken < _taken.Length && _count > 0 && _entries[_head].Position <= _upTo)
            {
                ref var entry = ref _entries[_head];
                _taken[taken++] = entry;
                entry = default;
                _head = _head + 1 == _entries.Length ? 0 : _head + 1;
                _count--;
            }

            _draining = taken > 0;
            return taken;
        }
    }

    private void Grow()
    {
        var larger = new Entry[Math.Min(capacity, _entries.Length * 2)];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _entries[(_head + i) % _entries.Length];
        }

        _entries = larger;
        _head = 0;
    }

    private readonly record struct Entry(ILogWaiter Waiter, long Token, long Position);
}
