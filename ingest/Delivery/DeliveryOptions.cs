using SmartCity.Ingest.History;

namespace SmartCity.Ingest.Delivery;

/// <summary>Every limit of delivery by webhook, its default and why.</summary>
internal sealed record DeliveryOptions
{
    /// <summary>Webhooks of a city: a handful of gateways and partners, each with a task and a connection of its own.</summary>
    public int MaximumWebhooks { get; init; } = 50;

    /// <summary>From the first byte of the connection to the last of the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of an answer that are read; whoever says more is cut off, and the status counts.</summary>
    public int MaximumAnswer { get; init; } = 16 * 1024;

    /// <summary>Waits after an answer that promises nothing: 1 s, doubling to 5 min, half of it by chance.</summary>
    public BackoffOptions Backoff { get; init; } = new()
    {
        First = TimeSpan.FromSeconds(1),
        Cap = TimeSpan.FromMinutes(5),
        RetryAfterCap = TimeSpan.FromMinutes(5),
    };

    /// <summary>An event that could not be delivered for so long after it happened becomes a dead letter.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Tries of an event that the receiver refuses (4xx), and the least for one that is too old.</summary>
    public int Refusals { get; init; } = 3;

    /// <summary>Dead letters kept for a webhook; the oldest are evicted and counted. The events themselves stay in the book.</summary>
    public int MaximumDead { get; init; } = 10_000;

    /// <summary>Deliveries after which the cursor is written at the latest; so many are repeated, with the same id, after a kill.</summary>
    public int CursorEvery { get; init; } = 16;

    /// <summary>A webhook that has nothing to do looks into the book so often, whatever it has been told.</summary>
    public TimeSpan LookAgain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Rows of the book that are looked through at once.</summary>
    public int Window { get; init; } = 2_000;

    /// <summary>Events in memory of one webhook.</summary>
    public int Page { get; init; } = 32;

    /// <summary>After a new secret the old one signs beside it for so long (Standard Webhooks, "multiple signatures").</summary>
    public TimeSpan OldSecretFor { get; init; } = TimeSpan.FromHours(24);
}
