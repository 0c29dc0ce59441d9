using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Runtime;

/// <summary>What an exception of a driver means for its device.</summary>
internal static class Faults
{
    /// <summary>The fault's number, and its words.</summary>
    public static (DeviceFault Fault, string Words) Of(Exception exception) => exception switch
    {
        DriverException e => (e.Fault, e.Message),
        BusException e => (OfBus(e.Fault), e.Message),
        OperationCanceledException => (DeviceFault.NoAnswer, "it gave up waiting for an answer"),
        TimeoutException e => (DeviceFault.NoAnswer, e.Message),
        IOException or UnauthorizedAccessException => (DeviceFault.Unavailable, exception.Message),

        // A driver that computes nonsense (a NaN, too many values) has read something that is no frame of its sensor.
        _ => (DeviceFault.Frame, $"{exception.GetType().Name}: {exception.Message}"),
    };

    /// <summary>Does the part have to be started again? Not when it answers well and only what it measures is out of bounds, nor
    /// when it warms up: a new start would begin the warm-up again.</summary>
    public static bool NeedsRestart(DeviceFault fault) =>
        fault is not (DeviceFault.None or DeviceFault.Range or DeviceFault.WarmingUp or DeviceFault.OpenCircuit or DeviceFault.ShortCircuit);

    private static DeviceFault OfBus(BusFault fault) => fault switch
    {
        BusFault.NoAnswer or BusFault.Timeout => DeviceFault.NoAnswer,
        BusFault.Broken or BusFault.Failed => DeviceFault.Bus,
        _ => DeviceFault.Unavailable,
    };
}
