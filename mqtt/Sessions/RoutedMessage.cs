namespace SmartCity.Mqtt;

/// <summary>A message on its way through the broker, shared by all sessions it waits in.</summary>
/// <param name="message">The message as published.</param>
/// <param name="arrived">When it arrived, on the broker's clock; its expiry interval counts from here.</param>
internal sealed class RoutedMessage(ApplicationMessage message, DateTimeOffset arrived)
{
    // What an entry costs beside its bytes: objects, list links, dictionary slot. Estimated, so that empty messages are bounded too.
    private const int Overhead = 256;

    public ApplicationMessage Message { get; } = message;

    public DateTimeOffset Arrived { get; } = arrived;

    /// <summary>Row in the store, 0 while it has none.</summary>
    public long StoreId { get; set; }

    /// <summary>Bytes this message is charged with.</summary>
    public int Size { get; } = Measure(message);

    /// <summary>When it expires; <see cref="DateTimeOffset.MaxValue"/> for never.</summary>
    public DateTimeOffset Expires { get; } = message.Properties?.MessageExpiryInterval is { } seconds
        ? arrived + TimeSpan.FromSeconds(seconds)
        : DateTimeOffset.MaxValue;

    public bool HasExpired(DateTimeOffset now) => now >= Expires;

    /// <summary>What is left of the expiry interval [MQTT-3.3.2-6], or null when it has none.</summary>
    public uint? SecondsLeft(DateTimeOffset now) =>
        Message.Properties?.MessageExpiryInterval is { } seconds
            ? (uint)Math.Max(0, seconds - (long)Math.Max(0, (now - Arrived).TotalSeconds))
            : null;

    private static int Measure(ApplicationMessage message) => Overhead + (2 * message.Topic.Length) + message.Payload.Length;
}
