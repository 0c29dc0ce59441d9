namespace SmartCity.Telemetry;

/// <summary>What the intake found out about a frame's lines.</summary>
[Flags]
public enum FrameFlags : ushort
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Lines had no timestamp and were given the time of arrival.</summary>
    ArrivalTime = 1,

    /// <summary>The sender's clock is wrong.</summary>
    ClockFault = 2,

    /// <summary>A value is outside its plausible range.</summary>
    RangeFault = 4,

    /// <summary>The device is not registered.</summary>
    Unregistered = 8,

    /// <summary>The payload is a quarantine record (JSON), not lines.</summary>
    Rejected = 16,

    /// <summary>It came over HTTP.</summary>
    Http = 32,

    /// <summary>Only in a gateway's own log: measured while the time was not known. The lines have no timestamp, the time of receipt
    /// is that of the monotonic clock, and the source is the machine's start that it counts from.</summary>
    Monotonic = 64,
}
