namespace SmartCity.Mqtt;

/// <summary>
/// Pauses between attempts: drawn at random below a bound that doubles ("full jitter"), so that a thousand gateways do not come back
/// in one second.
/// </summary>
internal sealed class ReconnectDelay(TimeSpan minimum, TimeSpan maximum, Random random)
{
    private int _failures;

    public TimeSpan Next()
    {
        var bound = Math.Min(maximum.Ticks, minimum.Ticks * Math.Pow(2, Math.Min(_failures, 30)));
        _failures++;
        return TimeSpan.FromTicks((long)(bound * random.NextDouble()));
    }

    /// <summary>A connection held: begin small again.</summary>
    public void Reset() => _failures = 0;
}
