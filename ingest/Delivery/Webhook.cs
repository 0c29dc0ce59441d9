using SmartCity.City;

namespace SmartCity.Ingest.Delivery;

/// <summary>A receiver of alert transitions.</summary>
internal sealed record Webhook
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Kinds of alert that it wants; null for all.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }

    /// <summary>It wants alerts from this severity on; null for all.</summary>
    public Severity? MinimumSeverity { get; init; }

    /// <summary>Steps (raised, escalated …) that it wants; null for all.</summary>
    public IReadOnlyList<string>? Steps { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Counts its secrets from 1.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>When the present secret took the place of another (ns since 1970).</summary>
    public long? RotatedAt { get; init; }

    public string CreatedBy { get; init; } = "";

    public long CreatedAt { get; init; }

    public long ChangedAt { get; init; }

    public long Revision { get; init; } = 1;
}

/// <summary>How far a webhook is. Times in ns since 1970.</summary>
/// <param name="Position">The last event that it has dealt with: delivered, dead, or not wanted.</param>
/// <param name="Delivered">Events delivered in its life.</param>
/// <param name="Evicted">Dead letters that gave way to younger ones.</param>
/// <param name="LastDeliveredAt">When the receiver last took one.</param>
/// <param name="LastStatus">HTTP status of the last answer; null when there was none.</param>
/// <param name="LastError">Why the last try failed; null when it did not.</param>
/// <param name="FailingSince">Since when no try has succeeded; null when the last one did.</param>
internal sealed record WebhookProgress(
    long Position, long Delivered, long Evicted, long? LastDeliveredAt, int? LastStatus, string? LastError, long? FailingSince);

/// <summary>An event on its way to a receiver.</summary>
/// <param name="Sequence">Its number in the book.</param>
/// <param name="Kind">Kind of the alert.</param>
/// <param name="What">The step.</param>
/// <param name="Alert">Id of the alert.</param>
/// <param name="RecordedAt">When the book had it (ns since 1970).</param>
/// <param name="Json">Alert and step, as every reader gets them.</param>
internal sealed record OutgoingEvent(long Sequence, string Kind, string What, string Alert, long RecordedAt, byte[] Json);

/// <summary>A stretch of the book as one webhook sees it.</summary>
/// <param name="Events">What it wants of it, in order.</param>
/// <param name="End">Up to here everything has been looked at.</param>
/// <param name="Last">The book's last event.</param>
internal sealed record OutgoingPage(IReadOnlyList<OutgoingEvent> Events, long End, long Last);

/// <summary>One delivery as the console shows it.</summary>
/// <param name="Event">The event's number.</param>
/// <param name="Alert">The alert.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="What">The step.</param>
/// <param name="At">When the book had it.</param>
/// <param name="State">waiting, dead, or retrying (somebody has asked for it again).</param>
/// <param name="Attempts">Tries so far; null for what still waits.</param>
/// <param name="DiedAt">When it was given up.</param>
/// <param name="Status">HTTP status of the last try.</param>
/// <param name="Error">Why the last try failed.</param>
internal sealed record DeliveryRow(
    long Event, string Alert, string Kind, string What, DateTimeOffset At, string State, long? Attempts, DateTimeOffset? DiedAt, int? Status, string? Error);
