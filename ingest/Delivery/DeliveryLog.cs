namespace SmartCity.Ingest.Delivery;

/// <summary>Words about delivery. Never an address beyond its host, never a secret, never what a receiver answered.</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(1, LogLevel.Warning, "Webhook {name} ({host}) is failing: {error}")]
    public static partial void Failing(ILogger logger, string name, string host, string error);

    [LoggerMessage(2, LogLevel.Information, "Webhook {name} ({host}) delivers again")]
    public static partial void Again(ILogger logger, string name, string host);

    [LoggerMessage(3, LogLevel.Warning, "Webhook {name} ({host}): event {sequence} is a dead letter")]
    public static partial void Dead(ILogger logger, string name, string host, long sequence);

    [LoggerMessage(4, LogLevel.Error, "Webhook {name}: the book cannot be used: {error}. Trying again.")]
    public static partial void BookFailed(ILogger logger, string name, string error);

    [LoggerMessage(5, LogLevel.Error, "The key of the webhooks' secrets was not there and has been made anew: every webhook needs a new secret, because receivers refuse what is signed now.")]
    public static partial void NewKey(ILogger logger);

    [LoggerMessage(6, LogLevel.Error, "Webhook {name} met something unexpected. Trying again.")]
    public static partial void Unexpected(ILogger logger, string name, Exception error);

    [LoggerMessage(7, LogLevel.Error, "Webhooks cannot be read from the book: {error}. Trying again.")]
    public static partial void NotRead(ILogger logger, string error);
}
