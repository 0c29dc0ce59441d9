namespace SmartCity.Grains;

/// <content>Which circuit a device hangs on.</content>
public sealed partial class EmbeddedHost
{
    private readonly List<CircuitGrain> _touchedCircuits = [];

    /// <summary>Brings a grain to the circuit of its gateway, away from the one where it was.</summary>
    private void Join(DeviceGrain grain)
    {
        var gateway = grain.Info is { Registered: true, Gateway.Length: > 0 } info && grain.Context.Kind.IsOfCircuit ? info.Gateway : null;
        if (string.Equals(grain.Circuit?.Id, gateway, StringComparison.Ordinal))
        {
            return;
        }

        Leave(grain);
        if (gateway is not null)
        {
            grain.Circuit = CircuitOf(gateway);
            grain.Circuit.Add(grain);
        }
    }

    private void Leave(DeviceGrain grain)
    {
        if (grain.Circuit is not { } circuit)
        {
            return;
        }

        circuit.Remove(grain);
        grain.Circuit = null;
        if (circuit.Members.Count == 0 && !_touchedCircuits.Contains(circuit))
        {
            _grains.RemoveCircuit(circuit.Id);
            if (IsOurs(circuit))
            {
                _forgotten.Add(new(new GrainSnapshot(circuit.Key, 0, default), _holds.GetValueOrDefault(circuit.Id)));
            }
        }
    }

    private CircuitGrain CircuitOf(string gateway)
    {
        if (!_grains.TryFindCircuit(gateway, out var circuit))
        {
            circuit = new CircuitGrain(gateway, Touch);
            Remember(circuit.Key);
            _grains.Add(circuit);
        }

        return circuit;
    }

    private void Touch(CircuitGrain circuit)
    {
        _touchedCircuits.Add(circuit);
        _mustSave = true;
    }
}
