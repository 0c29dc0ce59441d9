namespace SmartCity.Edge.Drivers;

/// <summary>What is wrong with a device, as the metric <c>fault_code</c> of every kind says it. The numbers are a contract: never reuse one.</summary>
internal enum DeviceFault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Nothing answers at the address, or no frame comes.</summary>
    NoAnswer = 1,

    /// <summary>The bus failed in the middle of a transfer.</summary>
    Bus = 2,

    /// <summary>A checksum is wrong.</summary>
    Checksum = 3,

    /// <summary>A frame is not what the datasheet says (length, header, function code).</summary>
    Frame = 4,

    /// <summary>A value is outside what the sensor can measure, or the sensor says so itself.</summary>
    Range = 5,

    /// <summary>The value has not moved for longer than a living sensor can stand still.</summary>
    Stuck = 6,

    /// <summary>It has been powered and is not yet fit to measure (warm-up, burn-in): no value, and nobody need come.</summary>
    WarmingUp = 7,

    /// <summary>The chip has lost its settings (a brown-out); it is set up again.</summary>
    Reset = 8,

    /// <summary>The chip is not the one that is configured.</summary>
    WrongChip = 9,

    /// <summary>A wire is cut: a 4–20 mA loop below 3.6 mA (NAMUR NE 43).</summary>
    OpenCircuit = 10,

    /// <summary>A wire is shorted: a 4–20 mA loop above 21 mA (NAMUR NE 43).</summary>
    ShortCircuit = 11,

    /// <summary>It cannot be opened: missing, denied or held by another program.</summary>
    Unavailable = 12,
}

/// <summary>A device could not measure; nothing of this measurement is reported. The message is for a technician: which part, what is
/// wrong, what to do.</summary>
internal sealed class DriverException(DeviceFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What is wrong.</summary>
    public DeviceFault Fault { get; } = fault;
}
