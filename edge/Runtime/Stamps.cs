namespace SmartCity.Edge.Runtime;

/// <summary>Arithmetic with stamps of a clock (<see cref="TimeProvider.GetTimestamp"/>): they never go back, whatever happens to the time of day.</summary>
internal static class Stamps
{
    /// <summary>Later than every stamp.</summary>
    public const long Never = long.MaxValue;

    /// <summary>A duration as a difference of stamps.</summary>
    public static long Of(TimeProvider time, TimeSpan duration) => (long)((Int128)duration.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);

    /// <summary>The wait until a stamp, rounded up to a millisecond (a timer knows no less), or no wait at all for one that has come.</summary>
    public static TimeSpan Until(TimeProvider time, long now, long stamp)
    {
        if (stamp <= now)
        {
            return TimeSpan.Zero;
        }

        var milliseconds = ((Int128)(stamp - now) * 1_000 + time.TimestampFrequency - 1) / time.TimestampFrequency;
        return TimeSpan.FromMilliseconds((long)Int128.Min(milliseconds, LongestWait));
    }

    /// <summary>The next place of a rhythm after <paramref name="now"/>: it keeps its phase, and what was missed is not made up for.</summary>
    public static long Next(long due, long period, long now) => due > now ? due : due + (((now - due) / period) + 1) * period;

    /// <summary>Timers take 49 days at most; a day is plenty.</summary>
    private const long LongestWait = 86_400_000;
}
