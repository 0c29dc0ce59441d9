namespace SmartCity.Mqtt;

/// <summary>The server refused CONNECT, or did not answer as MQTT asks.</summary>
/// <param name="reason">Its reason code; in 3.1.1 the one its return code stands for.</param>
/// <param name="message">What happened, with the server's own words if it gave any.</param>
public sealed class MqttConnectException(ReasonCode reason, string message) : Exception(message)
{
    /// <summary>The server's reason code.</summary>
    public ReasonCode Reason { get; } = reason;
}

/// <summary>Hears what became of publishes, without an allocation for each.</summary>
public interface IPublishReceipt
{
    /// <summary>PUBACK or PUBCOMP came (or a PUBREC that refuses). Called on the client's reading thread; must be quick.</summary>
    /// <param name="token">As given with the publish.</param>
    /// <param name="reason">The server's reason code; below 0x80 it has the message.</param>
    void Completed(long token, ReasonCode reason);

    /// <summary>The client was disposed first: whether the server has the message is not known.</summary>
    /// <param name="token">As given with the publish.</param>
    void Abandoned(long token);
}

/// <summary>Why a connection ended.</summary>
/// <param name="Reason">Reason code of the server's DISCONNECT, or of ours when the server broke the protocol; null when the connection just broke.</param>
/// <param name="Error">What broke it, or null.</param>
public sealed record MqttDisconnection(ReasonCode? Reason, Exception? Error);
