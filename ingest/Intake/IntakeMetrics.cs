namespace SmartCity.Ingest.Intake;

/// <summary>What the intake did, counted since the start.</summary>
internal sealed class IntakeMetrics
{
    private readonly Dictionary<string, long[]> _rejected = Reasons.All.ToDictionary(r => r, _ => new long[1], StringComparer.Ordinal);
    private long _lines;
    private long _publishes;
    private long _tagsIgnored;
    private long _arrivalStamped;
    private long _unlisted;

    public long Lines => Volatile.Read(ref _lines);

    public long Publishes => Volatile.Read(ref _publishes);

    public long TagsIgnored => Volatile.Read(ref _tagsIgnored);

    public long ArrivalStamped => Volatile.Read(ref _arrivalStamped);

    /// <summary>Bad lines counted, but not listed in the quarantine, because one publish held too many of them.</summary>
    public long Unlisted => Volatile.Read(ref _unlisted);

    public IEnumerable<(string Reason, long Count)> Rejected => _rejected.Select(p => (p.Key, Volatile.Read(ref p.Value[0])));

    public void Took(int lines, int tagsIgnored, int arrivalStamped)
    {
        Interlocked.Increment(ref _publishes);
        Interlocked.Add(ref _lines, lines);
        if (tagsIgnored > 0)
        {
            Interlocked.Add(ref _tagsIgnored, tagsIgnored);
        }

        if (arrivalStamped > 0)
        {
            Interlocked.Add(ref _arrivalStamped, arrivalStamped);
        }
    }

    public void Refused(string reason) => Interlocked.Increment(ref _rejected[reason][0]);

    public void LeftUnlisted(int lines) => Interlocked.Add(ref _unlisted, lines);
}
