namespace SmartCity.City;

/// <summary>What a step says: alert changes, and signals for the device's zone. Reused from step to step; empty, it costs nothing.</summary>
public sealed class ChangeSink
{
    private readonly List<AlertChange> _changes = [];
    private readonly List<ZoneSignal> _signals = [];
    private bool _decided;
    private long _wakeAt = long.MaxValue;

    /// <summary>In the order they were said.</summary>
    public IReadOnlyList<AlertChange> Changes => _changes;

    /// <summary>In the order they were said.</summary>
    public IReadOnlyList<ZoneSignal> Signals => _signals;

    /// <summary>Nothing was said, and nothing was decided.</summary>
    public bool IsEmpty => _changes.Count == 0 && _signals.Count == 0 && !_decided;

    /// <summary>Forgets everything, keeps the memory.</summary>
    public void Clear()
    {
        _changes.Clear();
        _signals.Clear();
        _decided = false;
    }

    /// <summary>Something was decided by looking at others, without a word: it must be saved with this step, because read again it might come out otherwise.</summary>
    internal void Decide() => _decided = true;

    /// <summary>
    /// The earliest moment, Unix ns, at which what was applied since this was last asked may fall due by time alone though nothing was expected
    /// then before; <see cref="long.MaxValue"/> = none. Asking begins anew.
    /// </summary>
    public long TakeWake()
    {
        var at = _wakeAt;
        if (at != long.MaxValue)
        {
            _wakeAt = long.MaxValue;
        }

        return at;
    }

    /// <summary>A rule may have something to say then, without another reading.</summary>
    internal void Wake(long at) => _wakeAt = Math.Min(_wakeAt, at);

    internal void Add(AlertChange change) => _changes.Add(change);

    internal void Add(in ZoneSignal signal) => _signals.Add(signal);
}
