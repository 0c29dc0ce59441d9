namespace SmartCity.Ingest.Cluster;

internal static partial class ClusterLog
{
    [LoggerMessage(70, LogLevel.Information, "Server {name}, incarnation {incarnation}{leads}; {count} server(s) in the book")]
    public static partial void Joined(ILogger logger, string name, long incarnation, string leads, int count);

    [LoggerMessage(71, LogLevel.Critical, "{words}. The process ends, so that it can be started again.")]
    public static partial void Superseded(ILogger logger, string words);

    [LoggerMessage(72, LogLevel.Warning, "Server {name} was not heard for {seconds:F0} s: it is fenced, and its {sessions} session(s) are taken over")]
    public static partial void Fenced(ILogger logger, string name, double seconds, int sessions);

    [LoggerMessage(78, LogLevel.Information, "Server {name} was stopped; its {sessions} session(s) are taken over")]
    public static partial void Left(ILogger logger, string name, int sessions);

    [LoggerMessage(73, LogLevel.Information, "Server {name} {leads}")]
    public static partial void Leads(ILogger logger, string name, string leads);

    [LoggerMessage(74, LogLevel.Error, "Server {name} cannot say that it lives: {error}. Trying again every second.")]
    public static partial void NotHeard(ILogger logger, string name, string error);

    [LoggerMessage(75, LogLevel.Warning, "What {count} session(s) left in the book could not be read: {error}. Trying again.")]
    public static partial void NotAdopted(ILogger logger, int count, string error);

    [LoggerMessage(76, LogLevel.Warning, "Server {name} could not say that it leaves: {error}. The others notice by its silence.")]
    public static partial void NotLeft(ILogger logger, string name, string error);

    [LoggerMessage(77, LogLevel.Warning, "Server {name} {what}")]
    public static partial void Drained(ILogger logger, string name, string what);
}
