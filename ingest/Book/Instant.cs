namespace SmartCity.Ingest.Book;

/// <summary>Times as the book keeps them: nanoseconds since 1970 in UTC, the log's own unit, so that no reading's time is rounded on its way.</summary>
internal static class Instant
{
    private const long NanosecondsPerTick = 100;

    /// <summary>The clock's present moment.</summary>
    public static long Nanoseconds(this TimeProvider time) => From(time.GetUtcNow());

    /// <summary>Nanoseconds since 1970 of a moment (1678–2262).</summary>
    public static long From(DateTimeOffset moment) => (moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * NanosecondsPerTick;

    /// <summary>The moment, to 100 ns (what <see cref="DateTimeOffset"/> can hold).</summary>
    public static DateTimeOffset ToMoment(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick);

    /// <summary>As <see cref="ToMoment(long)"/>, for a time that may be missing.</summary>
    public static DateTimeOffset? ToMoment(long? nanoseconds) => nanoseconds is { } value ? ToMoment(value) : null;

    /// <summary>A span of time in nanoseconds.</summary>
    public static long Of(TimeSpan span) => span.Ticks * NanosecondsPerTick;
}
