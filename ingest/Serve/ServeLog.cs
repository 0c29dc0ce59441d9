using SmartCity.Telemetry;

namespace SmartCity.Ingest.Serve;

internal static partial class ServeLog
{
    [LoggerMessage(30, LogLevel.Warning, "OPEN MODE: anybody on this machine may publish and register devices. For trying things only.")]
    public static partial void Open(ILogger logger);

    [LoggerMessage(31, LogLevel.Warning, "The plain ports listen on {address}: passwords and readings cross the network unencrypted. Use the TLS ports, or set plain-bind to 127.0.0.1.")]
    public static partial void Plain(ILogger logger, string address);

    [LoggerMessage(EventId = 32, Message = "log {lane}: {text}")]
    public static partial void Notice(ILogger logger, LogLevel level, Lane lane, string text);

    [LoggerMessage(34, LogLevel.Error, "grains: {text}")]
    public static partial void Grains(ILogger logger, string text);

    [LoggerMessage(35, LogLevel.Warning, "The {lane} lane's log is not the one the book has read: the rules keep their state and read this log from its beginning")]
    public static partial void NewLog(ILogger logger, Lane lane);

    [LoggerMessage(36, LogLevel.Error, "Whether readers' credentials still hold cannot be read: {error}. Trying again.")]
    public static partial void ReadersUnwatched(ILogger logger, string error);

    [LoggerMessage(37, LogLevel.Warning, "The server waits for the city's book and takes nothing until it answers: {why}")]
    public static partial void Waiting(ILogger logger, string why);

    [LoggerMessage(38, LogLevel.Warning, "{file} is not used: the book is in PostgreSQL. Move the file away when it is no longer wanted.")]
    public static partial void TwoBooks(ILogger logger, string file);

    [LoggerMessage(40, LogLevel.Error, "THE CITY'S BOOK IS AWAY: {why}. Readings go on into the log, alerts are provisional, on screens only, alarm connections are sent to the other servers.")]
    public static partial void BookAway(ILogger logger, string why);

    [LoggerMessage(39, LogLevel.Warning, "The city's book is back")]
    public static partial void BookBack(ILogger logger);

    [LoggerMessage(37, LogLevel.Warning, "The book is in PostgreSQL, but each server keeps the history of what came to it for itself, and goes with its disk: name an InfluxDB (influx.url) that all of them write to")]
    public static partial void OwnHistory(ILogger logger);

    [LoggerMessage(33, LogLevel.Critical, "A reader of the log ended; the server stops so that it can be started again")]
    public static partial void ReaderEnded(ILogger logger, Exception error);
}
