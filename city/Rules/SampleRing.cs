namespace SmartCity.City;

/// <summary>The last sixteen samples of a value, thinned so that they reach back at least twice as far as a window.</summary>
internal readonly ref struct SampleRing(Span<long> memory)
{
    public const int Kept = 16;
    public const int Slots = 1 + (2 * Kept);

    private readonly Span<long> _memory = memory;

    /// <summary>How many were ever added.</summary>
    private int Count => (int)((ulong)_memory[0] % (2 * Kept)); // in range whatever a damaged snapshot says

    /// <summary>Keeps a sample unless the last one is nearer than an eighth of the window.</summary>
    public void Add(long at, double value, long window)
    {
        if (Count > 0 && at - TimeOf(0) < window / 8)
        {
            return;
        }

        var place = Count % Kept;
        _memory[1 + (2 * place)] = at;
        _memory[2 + (2 * place)] = BitConverter.DoubleToInt64Bits(value);
        _memory[0] = Count + 1 < 2 * Kept ? Count + 1 : Kept; // the same place, and never out of range
    }

    /// <summary>Units per ns from the oldest sample that is between half and one and a half windows old; NaN without one.</summary>
    public double Rate(long at, double value, long window)
    {
        var (oldest, was) = (0L, 0.0);
        for (var i = 0; i < Math.Min(Count, Kept); i++)
        {
            var age = at - TimeOf(i);
            if (age >= window / 2 && age <= window + (window / 2))
            {
                (oldest, was) = (age, ValueOf(i));
            }
        }

        return oldest > 0 ? (value - was) / oldest : double.NaN;
    }

    /// <summary>The slope of the straight line through the samples of the last window, units per ns; NaN when they are too few or too near.</summary>
    public double Slope(long at, long window)
    {
        var (n, sumT, sumV, sumTT, sumTV, span) = (0, 0.0, 0.0, 0.0, 0.0, 0L);
        for (var i = 0; i < Math.Min(Count, Kept); i++)
        {
            var age = at - TimeOf(i);
            if (age > window)
            {
                continue;
            }

            double t = -age;
            var v = ValueOf(i);
            n++;
            sumT += t;
            sumV += v;
            sumTT += t * t;
            sumTV += t * v;
            span = Math.Max(span, age);
        }

        var spread = (n * sumTT) - (sumT * sumT);
        return n < 2 || span < window / 8 || spread <= 0 ? double.NaN : ((n * sumTV) - (sumT * sumV)) / spread;
    }

    // 0 = the newest.
    private long TimeOf(int back) => _memory[1 + (2 * Place(back))];

    private double ValueOf(int back) => BitConverter.Int64BitsToDouble(_memory[2 + (2 * Place(back))]);

    private int Place(int back) => (Count - 1 - back) % Kept;
}
