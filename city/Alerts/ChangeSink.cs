namespace SmartCity.City;

/// <summary>What a step says: alert changes, and signals for the device's zone. Reused from step to step; empty, it costs nothing.</summary>
public sealed class ChangeSink
{
    private readonly List<AlertChange> _changes = [];
    private readonly List<ZoneSignal> _signals = [];
    private bool _decided;

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

    internal void Add(AlertChange change) => _changes.Add(change);

    internal void Add(in ZoneSignal signal) => _signals.Add(signal);
}
