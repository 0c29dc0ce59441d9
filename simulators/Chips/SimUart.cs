namespace SmartCity.Simulators.Chips;

/// <summary>Something simulated at the far end of a serial line. Streams send by the clock, meters when asked.</summary>
internal abstract class SimUart
{
    /// <summary>Puts bytes on the line towards the gateway; set by the board.</summary>
    public Action<ReadOnlyMemory<byte>> Send { get; set; } = static _ => { };

    /// <summary>Cut off: nothing is sent or heard.</summary>
    public bool Absent { get; set; }

    /// <summary>The gateway sent bytes.</summary>
    public virtual void Received(ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>Asked whenever the gateway reads, with the clock's stamp: a streaming sensor sends here what it would have sent meanwhile
    /// (no timer a chip: a city has thousands).</summary>
    public virtual void Poll(long timestamp)
    {
    }

    /// <summary>When a streaming sensor will send next, as a stamp of the clock; null = only when asked.</summary>
    public virtual long? Next => null;
}
