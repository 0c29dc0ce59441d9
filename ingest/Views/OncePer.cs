namespace SmartCity.Ingest.Views;

/// <summary>Something that many ask for and that is computed at most once in a while: one at a time, never while nobody asks.</summary>
/// <param name="time">The clock.</param>
/// <param name="every">How old an answer may be.</param>
/// <param name="make">Makes the next from the one before (null at first).</param>
internal sealed class OncePer<T>(TimeProvider time, TimeSpan every, Func<T?, CancellationToken, ValueTask<T>> make)
    where T : class
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Made? _made;

    /// <summary>How often it was computed.</summary>
    public long Computed { get; private set; }

    /// <summary>The newest, not older than the while. A failure is the asker's alone: the next one tries again.</summary>
    public ValueTask<T> GetAsync(CancellationToken cancel) => GetAsync(static _ => true, cancel);

    /// <summary>The newest, not older than the while, that also is good: whoever has just changed something asks for one that shows it.</summary>
    public async ValueTask<T> GetAsync(Func<T, bool> good, CancellationToken cancel)
    {
        if (Fresh() is { } fresh && good(fresh))
        {
            return fresh;
        }

        await _turn.WaitAsync(cancel);
        try
        {
            if (Fresh() is { } made && good(made))
            {
                return made;
            }

            var at = time.GetTimestamp();
            var next = await make(_made?.Value, cancel);
            Computed++;
            Volatile.Write(ref _made, new Made(next, at));
            return next;
        }
        finally
        {
            _turn.Release();
        }
    }

    private T? Fresh() => Volatile.Read(ref _made) is { } made && time.GetElapsedTime(made.At) < every ? made.Value : null;

    private sealed record Made(T Value, long At);
}
