namespace SmartCity.Edge.Buses;

/// <summary>Why a bus did not do what was asked.</summary>
internal enum BusFault
{
    /// <summary>The bus, chip or line is not there (no such file, no such line).</summary>
    Missing,

    /// <summary>This user may not open it; the message names the group to join.</summary>
    Denied,

    /// <summary>Somebody else holds it; the message names who, where the kernel says.</summary>
    Busy,

    /// <summary>The address was not acknowledged: nothing answers there.</summary>
    NoAnswer,

    /// <summary>The chip stopped acknowledging in the middle of a transfer, or the bus lost arbitration.</summary>
    Broken,

    /// <summary>Nothing came in time.</summary>
    Timeout,

    /// <summary>The bus or adapter cannot do this (a transfer type, a rate, a pull).</summary>
    Unsupported,

    /// <summary>Any other error of the kernel; the message has its own word.</summary>
    Failed,
}

/// <summary>A bus did not do what was asked. The message says which line or address, what is wrong and what to do about it.</summary>
internal sealed class BusException(BusFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>What kind of trouble.</summary>
    public BusFault Fault { get; } = fault;
}
