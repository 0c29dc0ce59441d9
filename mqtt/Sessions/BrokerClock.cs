namespace SmartCity.Mqtt;

/// <summary>
/// Wall time at start plus monotonic time since: what sessions, wills and messages expire by, so that a corrected system
/// clock neither ends every session nor keeps them for ever.
/// </summary>
internal sealed class BrokerClock(TimeProvider time)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private readonly long _stamp = time.GetTimestamp();

    public DateTimeOffset Now => _start + time.GetElapsedTime(_stamp);
}
