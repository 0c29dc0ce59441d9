using System.Diagnostics.CodeAnalysis;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>One circuit: committed state, working copy, and the grains of its devices. Only the host's caller touches it.</summary>
/// <param name="gateway">Its gateway.</param>
/// <param name="touched">Told when a working copy was made.</param>
internal sealed class CircuitGrain(string gateway, Action<CircuitGrain> touched) : Circuit(gateway)
{
    private readonly List<DeviceGrain> _members = [];
    private CircuitState _state = new();
    private CircuitState? _working;
    private LogCursor _applied;

    /// <summary>Its name in the book.</summary>
    public string Key { get; } = GrainSnapshots.CircuitPrefix + gateway;

    public override IReadOnlyList<ICircuitMember> Members => _members;

    public override CircuitState Current => _working ?? _state;

    public override CircuitState Work()
    {
        if (_working is null)
        {
            _working = new CircuitState();
            _working.CopyFrom(_state);
            touched(this);
        }

        return _working;
    }

    /// <summary>Takes a saved state and how far it goes.</summary>
    public void Restore(CircuitState state, LogCursor applied) => (_state, _applied) = (state, applied);

    /// <summary>What is read next ends here.</summary>
    public void ReadsAt(LogCursor end) => IsBehind = end.LogId == _applied.LogId && end.Position <= _applied.Position;

    public void Install() => (_state, _working) = (_working ?? _state, null);

    /// <summary>In the order of the identifiers, so that nothing depends on who reported first.</summary>
    public void Add(DeviceGrain grain)
    {
        var place = _members.BinarySearch(grain, ByIdentifier.Instance);
        if (place < 0)
        {
            _members.Insert(~place, grain);
        }
    }

    public void Remove(DeviceGrain grain) => _members.Remove(grain);

    private sealed class ByIdentifier : IComparer<DeviceGrain>
    {
        public static readonly ByIdentifier Instance = new();

        public int Compare([AllowNull] DeviceGrain x, [AllowNull] DeviceGrain y) => string.CompareOrdinal(x?.Id, y?.Id);
    }
}
