namespace SmartCity.Ingest.Serve;

/// <summary>A trouble that comes again and again is said at once and then every ten seconds: a log that says it each time hides what else is wrong. Any thread.</summary>
/// <param name="time">The clock.</param>
internal sealed class SaidSeldom(TimeProvider time)
{
    /// <summary>How often it is said while it goes on.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long? _said;
    private int _unsaid;

    /// <summary>It has come once more.</summary>
    /// <param name="unsaid">How often it came since it was last said, without this time.</param>
    /// <returns>It is to be said now.</returns>
    public bool IsDue(out int unsaid)
    {
        lock (_gate)
        {
            var due = _said is not { } at || time.GetElapsedTime(at) >= Every;
            unsaid = due ? _unsaid : 0;
            (_said, _unsaid) = due ? (time.GetTimestamp(), 0) : (_said, _unsaid + 1);
            return due;
        }
    }

    /// <summary>It is over: the next one is news.</summary>
    public void Over()
    {
        lock (_gate)
        {
            (_said, _unsaid) = (null, 0);
        }
    }
}
