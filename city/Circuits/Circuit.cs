namespace SmartCity.City;

/// <summary>A device as its circuit sees it.</summary>
public interface ICircuitMember
{
    /// <summary>What the city knows about it.</summary>
    DeviceContext Context { get; }

    /// <summary>What its rules remember, the batch under way included.</summary>
    DeviceState Newest { get; }
}

/// <summary>
/// The lamps of one gateway and the cabinet that feeds them: what has one cause for all of them is one alert. A host keeps it; the rules
/// of its devices look at it and change it in the same step, and the same transaction, as their own memory.
/// </summary>
public abstract class Circuit
{
    /// <summary>A circuit.</summary>
    /// <param name="id">Its gateway.</param>
    protected Circuit(string id)
    {
        Id = id;
        Subject = string.Concat("circuit/", id);
    }

    /// <summary>Its gateway.</summary>
    public string Id { get; }

    /// <summary><c>circuit/GATEWAY</c>: who, in an alert's identifier.</summary>
    public string Subject { get; }

    /// <summary>Its devices, in the order of their identifiers.</summary>
    public abstract IReadOnlyList<ICircuitMember> Members { get; }

    /// <summary>
    /// What is being read is in its state already: a restart reads again what some of its devices have not seen, and until they have, they
    /// do not show what the circuit knows. It decides nothing then.
    /// </summary>
    public bool IsBehind { get; protected set; }

    /// <summary>What it remembers, the batch under way included. Read only.</summary>
    public abstract CircuitState Current { get; }

    /// <summary>The copy to change; it is saved with the step that asked for it.</summary>
    public abstract CircuitState Work();
}
