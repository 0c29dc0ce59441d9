namespace SmartCity.City;

/// <summary>
/// Everything a device's rules remember, flat: the newest value of each metric with its measured time, and one slice of
/// <c>long</c>s a rule. Copying it is three array copies; nothing in it is shared.
/// </summary>
public sealed partial class DeviceState
{
    internal readonly double[] Values;
    internal readonly long[] Times;
    internal readonly long[] Memory;

    /// <summary>A device of which nothing is known yet.</summary>
    public DeviceState(DeviceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Kind = kind;
        Values = new double[kind.Metrics.Count];
        Times = new long[kind.Metrics.Count];
        Memory = new long[kind.MemorySlots];
        Reset();
    }

    /// <summary>The kind whose metrics and rules this is laid out for.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Measured time of the newest reading, Unix ns; 0 = none yet.</summary>
    public long LastMeasured { get; internal set; }

    /// <summary>When the server last had a reading of it, Unix ns; 0 = never.</summary>
    public long LastReceived { get; internal set; }

    /// <summary>The newest value of a metric; NaN while there is none.</summary>
    public double Value(int metric) => Values[metric];

    /// <summary>Measured time of the newest value of a metric, Unix ns; 0 = none yet.</summary>
    public long MeasuredAt(int metric) => Times[metric];

    /// <summary>Back to nothing known.</summary>
    public void Reset()
    {
        Array.Fill(Values, double.NaN);
        Array.Clear(Times);
        Array.Clear(Memory);
        LastMeasured = 0;
        LastReceived = 0;
    }

    /// <summary>Becomes a copy of <paramref name="other"/>, which must be of the same kind.</summary>
    public void CopyFrom(DeviceState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!ReferenceEquals(Kind, other.Kind))
        {
            throw new ArgumentException($"a {other.Kind.Name} state does not fit a {Kind.Name}", nameof(other));
        }

        other.Values.CopyTo(Values, 0);
        other.Times.CopyTo(Times, 0);
        other.Memory.CopyTo(Memory, 0);
        LastMeasured = other.LastMeasured;
        LastReceived = other.LastReceived;
    }
}
