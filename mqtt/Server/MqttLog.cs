using System.Net;
using Microsoft.Extensions.Logging;

namespace SmartCity.Mqtt;

/// <summary>What the endpoint tells people. Client identifiers, addresses, reasons; never credentials or payloads.</summary>
internal static partial class MqttLog
{
    [LoggerMessage(1, LogLevel.Debug, "MQTT client '{ClientId}' ({Version}) connected from {Remote}")]
    internal static partial void Connected(this ILogger log, string clientId, ProtocolVersion version, EndPoint? remote);

    [LoggerMessage(2, LogLevel.Information, "MQTT CONNECT of '{ClientId}' from {Remote} refused: {Reason}")]
    internal static partial void ConnectRefused(this ILogger log, string clientId, EndPoint? remote, ReasonCode reason);

    [LoggerMessage(3, LogLevel.Debug, "MQTT client '{ClientId}' from {Remote} gone: {Reason}")]
    internal static partial void Gone(this ILogger log, string clientId, EndPoint? remote, ReasonCode reason);

    [LoggerMessage(4, LogLevel.Information, "MQTT connection of '{ClientId}' from {Remote} closed: {Reason} after {Cause}")]
    internal static partial void Closed(this ILogger log, string clientId, EndPoint? remote, ReasonCode reason, string cause);

    [LoggerMessage(5, LogLevel.Error, "MQTT connection of '{ClientId}' from {Remote} closed by a fault in this program")]
    internal static partial void Fault(this ILogger log, Exception exception, string clientId, EndPoint? remote);

    [LoggerMessage(6, LogLevel.Warning, "MQTT connections beyond the limit are closed unanswered, {Remote} among them")]
    internal static partial void Overrun(this ILogger log, EndPoint? remote);
}
