using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SmartCity.City;

/// <summary>
/// Everything a device's rules remember, flat, in one array: the newest value of each metric, its measured time, and one slice of
/// <c>long</c>s a rule. Copying it is one array copy; nothing in it is shared.
/// </summary>
public sealed partial class DeviceState
{
    private readonly long[] _words;
    private readonly int _metrics;

    /// <summary>A device of which nothing is known yet.</summary>
    public DeviceState(DeviceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Kind = kind;
        _metrics = kind.Metrics.Count;
        _words = new long[(2 * _metrics) + kind.MemorySlots];
        Values.Fill(double.NaN);
    }

    /// <summary>The kind whose metrics and rules this is laid out for.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Measured time of the newest reading, Unix ns; 0 = none yet.</summary>
    public long LastMeasured { get; internal set; }

    /// <summary>When the server last had a reading of it, Unix ns; 0 = never.</summary>
    public long LastReceived { get; internal set; }

    /// <summary>The newest value of each metric.</summary>
    internal Span<double> Values => MemoryMarshal.CreateSpan(ref Unsafe.As<long, double>(ref MemoryMarshal.GetArrayDataReference(_words)), _metrics);

    /// <summary>Measured time of each.</summary>
    internal Span<long> Times => _words.AsSpan(_metrics, _metrics);

    /// <summary>The rules' slices, one after the other.</summary>
    internal Span<long> Memory => _words.AsSpan(2 * _metrics);

    /// <summary>The newest value of a metric; NaN while there is none.</summary>
    public double Value(int metric) => Values[metric];

    /// <summary>Measured time of the newest value of a metric, Unix ns; 0 = none yet.</summary>
    public long MeasuredAt(int metric) => Times[metric];

    /// <summary>Back to nothing known.</summary>
    public void Reset()
    {
        Array.Clear(_words);
        Values.Fill(double.NaN);
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

        other._words.CopyTo(_words, 0);
        LastMeasured = other.LastMeasured;
        LastReceived = other.LastReceived;
    }
}
