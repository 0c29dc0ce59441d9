namespace SmartCity.Ingest.History;

/// <summary>The store cannot take or give points now. Nothing is lost: the log keeps what was not acknowledged.</summary>
/// <param name="reason">What happened, in words, without secrets.</param>
/// <param name="fix">What a person can do about it.</param>
/// <param name="retryAfter">How long the store asked to be left alone, if it did.</param>
/// <param name="inner">The cause, if there is one.</param>
internal sealed class HistoryStoppedException(string reason, string fix, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(reason, inner)
{
    /// <summary>What a person can do about it.</summary>
    public string Fix { get; } = fix;

    /// <summary>How long the store asked to be left alone (Retry-After).</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>A history query that cannot be answered as asked; the message is for the one who asked.</summary>
internal sealed class HistoryQueryException(string message) : Exception(message);
