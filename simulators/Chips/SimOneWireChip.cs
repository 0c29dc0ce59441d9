namespace SmartCity.Simulators.Chips;

/// <summary>Something simulated on a 1-Wire bus: gives its scratchpad.</summary>
internal abstract class SimOneWireChip
{
    /// <summary>Gone from the bus.</summary>
    public bool Absent { get; set; }

    /// <summary>The nine bytes of a scratchpad after a conversion, CRC last.</summary>
    public abstract byte[] Scratchpad();
}
