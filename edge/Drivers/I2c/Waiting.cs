namespace SmartCity.Edge.Drivers.I2c;

/// <summary>Waiting for a chip.</summary>
internal static class Waiting
{
    /// <summary>Waits at least so long: the runtime counts whole milliseconds and may stop up to one early, so one is added.</summary>
    public static Task AtLeastAsync(this TimeProvider time, double milliseconds, CancellationToken cancel) =>
        Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(milliseconds) + 1), time, cancel);
}
