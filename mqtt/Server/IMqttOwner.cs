using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Mqtt;

/// <summary>
/// The program that owns the endpoint: who may come in, what they may do, and where a message goes. Called from many
/// connections at once, for one connection one call at a time (but <see cref="Disconnected"/>).
/// </summary>
public interface IMqttOwner
{
    /// <summary>Judges a CONNECT.</summary>
    /// <param name="request">Who says they are there.</param>
    /// <param name="cancel">Cancelled when the connection is gone; the CONNECT timeout runs meanwhile.</param>
    /// <returns>The answer.</returns>
    ValueTask<ConnectReply> ConnectAsync(ConnectRequest request, CancellationToken cancel);

    /// <summary>
    /// Takes a PUBLISH. On the hot path it completes synchronously and allocates nothing. While it does not complete, this
    /// connection is not read from and its keep alive rests; no other connection notices.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="publish">The packet; its sequences are valid until the returned task completes.</param>
    /// <param name="topic">The topic with its alias resolved; valid as long.</param>
    /// <param name="ticket">What acknowledges it, if the verdict is taken; may be completed before this returns.</param>
    /// <returns>What becomes of it.</returns>
    ValueTask<PublishReply> PublishAsync(MqttConnection connection, PublishPacket publish, ReadOnlySequence<byte> topic, PublishTicket ticket);

    /// <summary>May this client have this subscription?</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="filter">A well-formed topic filter, with its $share prefix if it has one.</param>
    /// <param name="requested">The QoS asked for.</param>
    /// <returns>GrantedQos0 to 2 (at most the one asked for), or a refusal of SUBACK.</returns>
    ReasonCode Subscribe(MqttConnection connection, string filter, QualityOfService requested);

    /// <summary>A subscription is made and its SUBACK on its way: send by <see cref="MqttConnection.Deliver"/> what the client must know now.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>When that is queued.</returns>
    ValueTask SubscribedAsync(MqttConnection connection, string filter);

    /// <summary>May this client have this will? Asked at CONNECT, when the principal is known.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="topic">The will's topic.</param>
    /// <returns>Success, or the reason CONNECT is refused with.</returns>
    ReasonCode Will(MqttConnection connection, string topic);

    /// <summary>
    /// A connection that <see cref="ConnectAsync"/> let in is over, also one whose will or session was refused then. One that took its session
    /// over may have been accepted before this comes.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Why: the client's reason, or the server's.</param>
    void Disconnected(MqttConnection connection, ReasonCode reason);
}

/// <summary>A CONNECT as the owner sees it.</summary>
/// <param name="Version">Protocol version.</param>
/// <param name="ClientId">Client identifier; may be empty.</param>
/// <param name="Username">User name, or null.</param>
/// <param name="Password">Password; empty if none. Never to be logged.</param>
/// <param name="Certificate">The client's certificate as TLS has checked it, or null.</param>
/// <param name="Remote">The client's address.</param>
/// <param name="Local">The address it came to.</param>
/// <param name="IsTls">True if the connection is encrypted.</param>
/// <param name="CleanStart">Clean start, or clean session in 3.1.1.</param>
/// <param name="HasWill">True if it brings a will.</param>
public sealed record ConnectRequest(
    ProtocolVersion Version,
    string ClientId,
    string? Username,
    ReadOnlyMemory<byte> Password,
    X509Certificate2? Certificate,
    EndPoint? Remote,
    EndPoint? Local,
    bool IsTls,
    bool CleanStart,
    bool HasWill)
{
    /// <summary>Without password and user name.</summary>
    /// <returns>A short form that is safe to log.</returns>
    public override string ToString() => $"CONNECT {Version} '{ClientId}' from {Remote}";
}

/// <summary>The owner's answer to CONNECT.</summary>
/// <param name="Reason">Success or why not.</param>
/// <param name="Principal">Whatever the owner wants to find again in <see cref="MqttConnection.Principal"/>.</param>
public sealed record ConnectReply(ReasonCode Reason, object? Principal = null)
{
    /// <summary>Client identifier to use instead of the one sent; null: that one, or a new one if it was empty.</summary>
    public string? AssignedClientId { get; init; }

    /// <summary>
    /// Name under which the session is kept and found; null: the client identifier. 4.1 lets only the client identifier tell sessions apart,
    /// and whoever sends it first takes the other's session over; clients with different rights get names that can never be the same.
    /// </summary>
    public string? SessionName { get; init; }

    /// <summary>For people who read logs; sent in MQTT 5.</summary>
    public string? ReasonString { get; init; }

    /// <summary>False if no session of this client outlives its connection.</summary>
    public bool AllowPersistentSession { get; init; } = true;

    /// <summary>In-flight limit of this connection, 1–65,535; null: <see cref="MqttLimits.InFlight"/>.</summary>
    public ushort? ReceiveMaximum { get; init; }
}

/// <summary>What becomes of a PUBLISH.</summary>
public enum PublishVerdict : byte
{
    /// <summary>The owner has it and will complete the ticket once it is durable.</summary>
    Taken,

    /// <summary>The endpoint routes it to subscribers and acknowledges it.</summary>
    Route,

    /// <summary>Both; the acknowledgement waits for the owner's ticket.</summary>
    TakenAndRoute,

    /// <summary>Not accepted: PUBACK or PUBREC with the reason in MQTT 5; acknowledged and counted in 3.1.1.</summary>
    Refused,

    /// <summary>The connection is closed with the reason.</summary>
    Close,
}

/// <summary>The owner's answer to a PUBLISH.</summary>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Reason">The reason of a refusal or close.</param>
public readonly record struct PublishReply(PublishVerdict Verdict, ReasonCode Reason = ReasonCode.Success)
{
    /// <summary>The owner has it.</summary>
    public static PublishReply Taken => new(PublishVerdict.Taken);

    /// <summary>To subscribers.</summary>
    public static PublishReply Route => new(PublishVerdict.Route);

    /// <summary>The owner has it, and to subscribers.</summary>
    public static PublishReply TakenAndRoute => new(PublishVerdict.TakenAndRoute);

    /// <summary>Not accepted.</summary>
    /// <param name="reason">Why, of the reasons a PUBACK may have.</param>
    /// <returns>The reply.</returns>
    public static PublishReply Refused(ReasonCode reason) => new(PublishVerdict.Refused, reason);

    /// <summary>Close the connection.</summary>
    /// <param name="reason">Why.</param>
    /// <returns>The reply.</returns>
    public static PublishReply Close(ReasonCode reason) => new(PublishVerdict.Close, reason);
}

/// <summary>
/// The acknowledgement of one PUBLISH. A struct of an object and a number, so that it can be kept in an array; its two parts
/// may be kept apart. Completing it is cheap, may be done from any thread, once or more, and does nothing for QoS 0 or for a
/// connection that is gone.
/// </summary>
/// <param name="Connection">The connection, or null for QoS 0.</param>
/// <param name="Token">The place of the acknowledgement in the connection's order.</param>
public readonly record struct PublishTicket(MqttConnection? Connection, long Token)
{
    /// <summary>False for QoS 0, where nobody waits.</summary>
    public bool IsAwaited => Connection is not null;

    /// <summary>The message is durable (or, with a reason of 0x80 and above, refused): PUBACK or PUBREC may go, in its turn.</summary>
    /// <param name="reason">The reason sent in MQTT 5.</param>
    public void Complete(ReasonCode reason = ReasonCode.Success) => Connection?.Complete(Token, reason);
}
