using SmartCity.Edge.Buses;

namespace SmartCity.Simulators.Chips;

/// <summary>A simulated chip on an I²C bus, byte by byte as its datasheet has it. Faults are part of it: tests and scenarios set them.</summary>
internal abstract class SimI2cChip
{
    /// <summary>Nothing acknowledges its address (a pulled plug).</summary>
    public bool Absent { get; set; }

    /// <summary>It stops acknowledging after this many bytes of a transfer; null = never.</summary>
    public int? BreaksAfter { get; set; }

    /// <summary>It answers, but its converter stands still: the last raw value again and again.</summary>
    public bool Stuck { get; set; }

    /// <summary>The checksums it sends are wrong (a chip without any ignores this).</summary>
    public bool BadCrc { get; set; }

    /// <summary>Its supply breaks down and comes back: it is as after power-up.</summary>
    public abstract void BrownOut();

    /// <summary>Bytes written to it in one transfer.</summary>
    public abstract void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes read from it in one transfer, after whatever was written last.</summary>
    public abstract void Read(Span<byte> into);

    /// <summary>What the bus says when the chip does not acknowledge.</summary>
    protected static BusException NotAcknowledged() => new(BusFault.NoAnswer, "the chip does not acknowledge");
}
