using System.Numerics;

namespace SmartCity.Simulators.Load;

/// <summary>Counts durations in buckets that grow with the value (as HdrHistogram does): 64 steps in every power of two of
/// microseconds, so a percentile is right to 1.6 % from 1 µs to hours, in a fixed 16 KiB and without allocation.</summary>
internal sealed class Histogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;
    private readonly long[] _counts = new long[Steps * 34];

    /// <summary>Durations counted.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in microseconds.</summary>
    public long Maximum { get; private set; }

    /// <summary>Counts one duration in microseconds; a negative one counts as 0.</summary>
    public void Add(long microseconds)
    {
        var value = Math.Max(0, microseconds);
        _counts[Math.Min(Index(value), _counts.Length - 1)]++;
        Count++;
        Maximum = Math.Max(Maximum, value);
    }

    /// <summary>Adds all of another's counts.</summary>
    public void Add(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        Maximum = Math.Max(Maximum, other.Maximum);
    }

    /// <summary>The value that <paramref name="percent"/> of all durations do not exceed, in microseconds; 0 when empty.</summary>
    public long Percentile(double percent)
    {
        var wanted = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && seen > 0)
            {
                return Math.Min(UpperEnd(i), Maximum);
            }
        }

        return 0;
    }

    private static int Index(long value)
    {
        if (value < 2 * Steps)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - StepBits;
        return (shift * Steps) + (int)(value >> shift);
    }

    private static long UpperEnd(int index)
    {
        if (index < 2 * Steps)
        {
            return index;
        }

        var shift = (index / Steps) - 1;
        var mantissa = index - (shift * Steps);
        return ((mantissa + 1L) << shift) - 1;
    }
}
