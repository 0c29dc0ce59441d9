namespace SmartCity.City;

/// <summary>What a step says: alert changes, and signals for the device's zone. Reused from step to step; empty, it costs nothing.</summary>
public sealed class ChangeSink
{
    private readonly List<AlertChange> _changes = [];
    private readonly List<ZoneSignal> _signals = [];

    /// <summary>In the order they were said.</summary>
    public IReadOnlyList<AlertChange> Changes => _changes;

    /// <summary>In the order they were said.</summary>
    public IReadOnlyList<ZoneSignal> Signals => _signals;

    /// <summary>Nothing was said.</summary>
    public bool IsEmpty => _changes.Count == 0 && _signals.Count == 0;

    /// <summary>Forgets everything, keeps the memory.</summary>
    public void Clear()
    {
        _changes.Clear();
        _signals.Clear();
    }

    internal void Add(AlertChange change) => _changes.Add(change);

    internal void Add(in ZoneSignal signal) => _signals.Add(signal);
}
