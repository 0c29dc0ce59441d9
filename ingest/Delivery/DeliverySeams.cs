using SmartCity.Ingest.OnCall;

namespace SmartCity.Ingest.Delivery;

/// <summary>What delivery needs from the rest of the server.</summary>
internal sealed record DeliverySeams
{
    /// <summary>Which addresses may be reached.</summary>
    public AddressPolicy Policy { get; init; } = AddressPolicy.PublicOnly;

    /// <summary>Name of the city, in every body.</summary>
    public string City { get; init; } = "";

    /// <summary>Who is to be told of an escalation; null when the event is none, or nobody is named for it.</summary>
    public Func<OutgoingEvent, CancellationToken, Task<IReadOnlyList<RotaMember>?>> Notify { get; init; } = (_, _) => Task.FromResult<IReadOnlyList<RotaMember>?>(null);

    /// <summary>Whether this server is the one that delivers; null: there is no other.</summary>
    public Func<bool>? Leads { get; init; }

    /// <summary>Whether it is sure of that now: while it is not, nothing leaves, for another may have taken over.</summary>
    public Func<bool> IsSure { get; init; } = static () => true;

    /// <summary>Makes a sender; in its place a test puts its own.</summary>
    public Func<IWebhookSender>? Sender { get; init; }
}
