namespace SmartCity.City;

/// <summary>What intake found odd about a reading of the alarm lane. It never refuses the reading; it stands beside the alert.</summary>
[Flags]
public enum ReadingFaults
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The stamp is the time of arrival: the gateway did not know the time.</summary>
    ArrivalTime = 1,

    /// <summary>The stamp cannot be right; rules use the time of arrival instead.</summary>
    Clock = 2,

    /// <summary>A value is outside its plausible range.</summary>
    Range = 4,

    /// <summary>Nobody registered this device.</summary>
    Unregistered = 8,
}

/// <summary>One reading as the rules see it: a value by metric index, <see cref="double.NaN"/> where the reading has none.</summary>
public readonly ref struct ReadingView
{
    /// <summary>A reading.</summary>
    /// <param name="measuredAt">The device's stamp, Unix ns.</param>
    /// <param name="receivedAt">When the server had it, Unix ns.</param>
    /// <param name="values">By metric index of the kind; booleans are 0 or 1, strings are not rule input.</param>
    /// <param name="faults">What intake found odd.</param>
    public ReadingView(long measuredAt, long receivedAt, ReadOnlySpan<double> values, ReadingFaults faults = ReadingFaults.None)
    {
        Stamp = measuredAt;
        ReceivedAt = receivedAt;
        Values = values;
        Faults = faults;
    }

    /// <summary>The stamp as it came, Unix ns.</summary>
    public long Stamp { get; }

    /// <summary>When the server had it, Unix ns.</summary>
    public long ReceivedAt { get; }

    /// <summary>By metric index.</summary>
    public ReadOnlySpan<double> Values { get; }

    /// <summary>What intake found odd.</summary>
    public ReadingFaults Faults { get; }

    /// <summary>
    /// The time the rules use. A stamp that cannot be right must not decide what is newest (one reading from the year 2100 would
    /// make every later fire look old), so with <see cref="ReadingFaults.Clock"/>, or a stamp before 1970, this is the time of arrival.
    /// </summary>
    public long MeasuredAt => Stamp <= 0 || (Faults & ReadingFaults.Clock) != 0 ? ReceivedAt : Stamp;
}

/// <summary>A moment at which time itself is judged.</summary>
/// <param name="Now">Unix ns.</param>
/// <param name="CaughtUp">The reader has no backlog. Without it nothing is judged by time: the answer may be in the backlog.</param>
/// <param name="ListeningSince">
/// Unix ns: since when this host has been caught up without a break. A device is given its time from then too, because after a
/// restart the gateways need a while to come back, and that is no silence of theirs.
/// </param>
public readonly record struct TickView(long Now, bool CaughtUp, long ListeningSince);
