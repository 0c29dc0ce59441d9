namespace SmartCity.Telemetry;

/// <summary>The unit of a line's timestamp (the <c>precision</c> of InfluxDB's write API).</summary>
public enum Precision : byte
{
    /// <summary>Nanoseconds, the default and the only unit in the log.</summary>
    Nanosecond,

    /// <summary>Microseconds.</summary>
    Microsecond,

    /// <summary>Milliseconds.</summary>
    Millisecond,

    /// <summary>Seconds.</summary>
    Second,
}

/// <summary>Conversion of timestamps to nanoseconds.</summary>
public static class Precisions
{
    /// <summary>Nanoseconds in one unit of <paramref name="precision"/>.</summary>
    public static long Factor(this Precision precision) => precision switch
    {
        Precision.Microsecond => 1_000,
        Precision.Millisecond => 1_000_000,
        Precision.Second => 1_000_000_000,
        _ => 1,
    };

    /// <summary>Turns a line's timestamp into nanoseconds since 1970; false when the result does not fit 64 bits.</summary>
    public static bool TryToNanoseconds(this Precision precision, long timestamp, out long nanoseconds)
    {
        var high = Math.BigMul(timestamp, precision.Factor(), out nanoseconds);
        return high == nanoseconds >> 63;
    }
}
