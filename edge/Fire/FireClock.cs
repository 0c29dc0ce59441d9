namespace SmartCity.Edge.Fire;

/// <summary>
/// The time that fire rules go by: it starts at the time of day, or after everything remembered if that is later, and then follows the
/// monotonic clock. A gateway whose time of day is wrong, or is set back in the middle of a fire, must not take a new alarm for an old one.
/// Nothing of this time leaves the gateway.
/// </summary>
internal sealed class FireClock
{
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly long _start;

    /// <summary>A clock that begins after <paramref name="remembered"/>, Unix ns.</summary>
    public FireClock(TimeProvider time, long remembered)
    {
        _time = time;
        _start = time.GetTimestamp();
        _origin = Math.Max((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick, remembered + 1_000_000_000);
    }

    /// <summary>Now, Unix ns.</summary>
    public long Now => Of(_time.GetTimestamp());

    /// <summary>A stamp, Unix ns.</summary>
    public long Of(long stamp) => _origin + (long)((Int128)(stamp - _start) * 1_000_000_000 / _time.TimestampFrequency);

    /// <summary>A duration, ns.</summary>
    public static long Ns(TimeSpan duration) => duration.Ticks * TimeSpan.NanosecondsPerTick;
}
