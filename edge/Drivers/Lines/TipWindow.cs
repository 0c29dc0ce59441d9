namespace SmartCity.Edge.Drivers.Lines;

/// <summary>Tips of the last ten minutes by their stamps. Bounded: tips cannot follow each other faster than the smallest gap allows.</summary>
/// <param name="time">Clock of the stamps.</param>
internal sealed class TipWindow(TimeProvider time)
{
    /// <summary>How far it looks back.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    /// <summary>Shortest gap between two tips that it can hold ten minutes of.</summary>
    public static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(150);

    private const int Capacity = 4_096;

    private readonly Queue<long> _tips = new();

    /// <summary>Adds a tip.</summary>
    public void Add(long stamp)
    {
        if (_tips.Count == Capacity)
        {
            _tips.Dequeue();
        }

        _tips.Enqueue(stamp);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _tips.Clear();

    /// <summary>Tips not older than ten minutes.</summary>
    public int Count(long now)
    {
        while (_tips.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) >= Length)
        {
            _tips.Dequeue();
        }

        return _tips.Count;
    }
}
