namespace SmartCity.Edge.Clocks;

/// <summary>What a machine can say about its clock. Every member is a look at the moment; none blocks for long.</summary>
internal abstract class ClockEvidence
{
    /// <summary>This start of the machine: 32 hexadecimal digits, another one after each boot, the same for every process of it.</summary>
    public abstract string BootId { get; }

    /// <summary>Whether the kernel is told by a time service (NTP, GPS) that the clock is synchronised.</summary>
    public abstract bool IsSynchronised { get; }

    /// <summary>The time of the real-time clock, when the kernel set the wall clock by it at boot; null when it did not, or there is none.</summary>
    public abstract DateTimeOffset? RealTimeClock { get; }
}
