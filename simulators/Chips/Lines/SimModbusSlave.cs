namespace SmartCity.Simulators.Chips.Lines;

/// <summary>One unit on a simulated Modbus line.</summary>
/// <param name="unit">Its address, 1 … 247.</param>
internal abstract class SimModbusSlave(byte unit)
{
    /// <summary>Its address.</summary>
    public byte Unit => unit;

    /// <summary>It does not answer (no supply, a cut pair).</summary>
    public bool Absent
    {
        get => field || Supply?.Invoke() == false;
        set;
    }

    /// <summary>Whether there is voltage on what feeds it; null = always.</summary>
    public Func<bool>? Supply { get; set; }

    /// <summary>What is wrong with it.</summary>
    public SimFault Fault { get; set; }

    /// <summary>Answers every request with this exception code; 0 = never.</summary>
    public byte Exception { get; set; }

    /// <summary>Reads registers as they stand now; false when one of them does not exist (exception 2).</summary>
    /// <param name="input">Input registers (function 4), else holding registers (function 3).</param>
    /// <param name="first">Address of the first one.</param>
    /// <param name="into">As many as are asked for.</param>
    public abstract bool Read(bool input, int first, Span<ushort> into);
}
