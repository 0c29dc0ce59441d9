using SmartCity.City;

namespace SmartCity.Ingest.Cap;

/// <summary>Where a danger stands, as a message tells it.</summary>
internal enum CapPhase
{
    /// <summary>It goes on.</summary>
    Active,

    /// <summary>Responders are at work.</summary>
    Handled,

    /// <summary>The sensors no longer see it; nobody has said that it is over.</summary>
    Quiet,

    /// <summary>A pre-alarm that became a fire: the fire's own messages go on.</summary>
    Grown,

    /// <summary>It is over.</summary>
    Ended,

    /// <summary>It never was.</summary>
    False,
}

/// <summary>CAP status. The names are the standard's words.</summary>
internal enum CapStatus
{
    Actual,
    Exercise,
    Test,
}

/// <summary>CAP message type. The names are the standard's words.</summary>
internal enum CapType
{
    Alert,
    Update,
    Cancel,
}

/// <summary>An earlier message, as <c>references</c> names it.</summary>
internal sealed record CapReference(string Sender, string Identifier, DateTimeOffset Sent, DateTimeOffset Expires);

/// <summary>One message of an alert's chain.</summary>
/// <param name="Identifier">Unique: the alert's id and its revision.</param>
/// <param name="Sender">Who sends.</param>
/// <param name="Sent">When; whole seconds, in the city's offset.</param>
/// <param name="Status">Real, drill or test.</param>
/// <param name="Type">What it does to the earlier ones.</param>
/// <param name="References">The earlier ones that are still valid, oldest first.</param>
/// <param name="Phase">Where the danger stands.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Expires">Until when it holds.</param>
/// <param name="Kind">How its kind is said.</param>
/// <param name="Step">The transition it was made from.</param>
internal sealed record CapMessage(
    string Identifier,
    string Sender,
    DateTimeOffset Sent,
    CapStatus Status,
    CapType Type,
    IReadOnlyList<CapReference> References,
    CapPhase Phase,
    Severity Severity,
    DateTimeOffset Expires,
    CapKind Kind,
    CapStep Step);

/// <summary>Who sends, and for whom.</summary>
internal sealed record CapOptions
{
    /// <summary>Unique in the world, by convention a domain name of the sender's; no spaces, commas, &lt; or &amp;.</summary>
    public string Sender { get; init; } = "smartcity.invalid";

    /// <summary>For people; null takes the language file's.</summary>
    public string? SenderName { get; init; }

    /// <summary>True: the messages are for everybody. False: for the city's own services.</summary>
    public bool Public { get; init; }

    /// <summary>The city's.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;
}
