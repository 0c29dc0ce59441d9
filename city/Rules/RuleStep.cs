namespace SmartCity.City;

/// <summary>All a rule may look at in one step. One is made for all rules of a device; what is each rule's own is set before it.</summary>
internal ref struct RuleStep
{
    public required DeviceContext Device { get; init; }

    public required DeviceState State { get; init; }

    public required ChangeSink Sink { get; init; }

    /// <summary>The circuit of the device; null when it has none.</summary>
    public Circuit? Circuit { get; init; }

    /// <summary>The rule's own slice.</summary>
    public Span<long> Memory { get; set; }

    /// <summary>In the order of <see cref="Rule.Parameters"/>.</summary>
    public ReadOnlySpan<double> Parameters { get; set; }

    /// <summary>The reading's values; empty in a tick.</summary>
    public ReadOnlySpan<double> Values { get; init; }

    /// <summary>Measured time of the newest reading before this one, Unix ns; 0 = none.</summary>
    public long PreviousMeasured { get; init; }

    /// <summary>Bit i: metric i is in this reading and newer than all before.</summary>
    public ulong Fresh { get; init; }

    /// <summary>Bit i: metric i is in this reading, but a newer value, or another of the very same time, is known. (The same value of the same time is a duplicate: neither.)</summary>
    public ulong Late { get; init; }

    public long MeasuredAt { get; init; }

    public long ReceivedAt { get; init; }

    public ReadingFaults Faults { get; init; }

    public readonly bool IsFresh(int metric) => (Fresh >> metric & 1) != 0;

    public readonly bool IsLate(int metric) => (Late >> metric & 1) != 0;
}
