using SmartCity.Mqtt;

namespace SmartCity.Ingest.Mqtt;

internal static partial class OwnerLog
{
    [LoggerMessage(1, LogLevel.Warning, "MQTT refused {request}: {words}")]
    public static partial void Refused(ILogger logger, ConnectRequest request, string? words);

    [LoggerMessage(7, LogLevel.Warning, "MQTT sent away {count} more since it was last said")]
    public static partial void RefusedToo(ILogger logger, int count);

    [LoggerMessage(8, LogLevel.Warning, "The city's book has been away from this server for {seconds:F0} s and another server has it: telemetry gateways are sent there")]
    public static partial void SentAway(ILogger logger, double seconds);

    [LoggerMessage(2, LogLevel.Warning, "Gateway {gateway} answered command {id}, which it was never sent: ignored")]
    public static partial void ForeignResult(ILogger logger, string gateway, string id);

    [LoggerMessage(3, LogLevel.Warning, "Gateway {gateway} sent a {what} that cannot be read: {error}")]
    public static partial void BadDocument(ILogger logger, string gateway, string what, string error);

    [LoggerMessage(4, LogLevel.Error, "Alert transitions are not published over MQTT: {error}. Trying again.")]
    public static partial void AlertsStopped(ILogger logger, string error);

    [LoggerMessage(5, LogLevel.Error, "{count} new device(s) could not be registered: {error}. Alarms go on without; telemetry waits and tries again.")]
    public static partial void NotRegistered(ILogger logger, int count, string error);

    [LoggerMessage(6, LogLevel.Error, "Desired document {version} of gateway {gateway} was not sent: {fault}. The gateway goes on with the one it has.")]
    public static partial void DesiredNotSent(ILogger logger, string gateway, long version, string fault);
}
