namespace SmartCity.Mqtt;

/// <summary>
/// The live connection of a session. Both calls come on any thread, outside every lock of the broker, and must not block;
/// <see cref="Wake"/> may come more often than there is something to send.
/// </summary>
public interface ISessionSink
{
    /// <summary>There may be something to send: call <see cref="Session.TryNext"/> until it says no.</summary>
    void Wake();

    /// <summary>The session has left this connection (taken over, ended): send DISCONNECT with this reason and close.</summary>
    /// <param name="reason">Why.</param>
    void Disconnect(ReasonCode reason);
}

/// <summary>What an accepted CONNECT asks of the broker.</summary>
/// <param name="ClientId">The client identifier, assigned by the server if the client sent none.</param>
/// <param name="Version">Protocol version of this connection.</param>
/// <param name="CleanStart">Clean start (5) or clean session (3.1.1).</param>
/// <param name="ExpirySeconds">Session expiry interval, 0xFFFFFFFF for never; ignored in 3.1.1, where clean session 0 means never and 1 means 0.</param>
/// <param name="Sink">The connection.</param>
public sealed record SessionRequest(string ClientId, ProtocolVersion Version, bool CleanStart, uint ExpirySeconds, ISessionSink Sink)
{
    /// <summary>The will, or null.</summary>
    public WillMessage? Will { get; init; }

    /// <summary>The client's receive maximum: how many QoS 1 and 2 messages may be unacknowledged, 1–65,535; in 3.1.1 the broker has its own.</summary>
    public ushort ReceiveMaximum { get; init; } = ushort.MaxValue;

    /// <summary>The largest packet the client takes, in bytes; <see cref="uint.MaxValue"/> for no limit.</summary>
    public uint MaximumPacketSize { get; init; } = uint.MaxValue;
}

/// <summary>The broker's answer to <see cref="SessionRequest"/>.</summary>
/// <param name="Reason">Success; QuotaExceeded when no more sessions are held; ServerBusy when the store's disk is far behind.</param>
/// <param name="Session">The session, or null when refused.</param>
/// <param name="SessionPresent">Session present of CONNACK.</param>
/// <param name="ExpirySeconds">The expiry in force; differs from the one asked for when it was beyond the server's maximum (CONNACK then says so).</param>
public sealed record SessionOpening(ReasonCode Reason, Session? Session, bool SessionPresent, uint ExpirySeconds);

/// <summary>What an inbound QoS 2 PUBLISH is to the session.</summary>
public enum InboundState : byte
{
    /// <summary>First seen: take it; then <see cref="Broker.Publish(ApplicationMessage, Session, ushort, Action)"/> or <see cref="Session.KeepInbound"/>.</summary>
    New,

    /// <summary>A resend of one that is still being made durable: drop it, its PUBREC will come.</summary>
    Pending,

    /// <summary>A resend of one that is held: drop it and send PUBREC (success) again.</summary>
    Received,

    /// <summary>More open identifiers than allowed: DISCONNECT 0x93.</summary>
    Exceeded,
}

/// <summary>One packet the session wants sent now: a PUBLISH, or a PUBREL.</summary>
/// <param name="Publish">The PUBLISH, when <paramref name="ReleaseId"/> is 0.</param>
/// <param name="ReleaseId">The packet identifier of the PUBREL (reason success), or 0.</param>
public readonly record struct OutboundPacket(OutboundPublish Publish, ushort ReleaseId)
{
    /// <summary>Whether this is a PUBREL.</summary>
    public bool IsRelease => ReleaseId != 0;
}
