using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>
/// The order of an incident's alerts as one number, so that an index finds the one to look at first: 8 for its stage (nobody has
/// seen it, somebody has, it is done), 4 for a test or drill, and 3 − severity.
/// </summary>
internal static class AlertUrgency
{
    /// <summary>Least urgency number of alerts that somebody has seen.</summary>
    public const int Seen = 8;

    /// <summary>Least urgency number of alerts that are resolved or closed.</summary>
    public const int Done = 16;

    private const int Stage = 8;
    private const int NotLive = 4;

    /// <summary>Lower is more urgent, 0–23.</summary>
    public static int Of(AlertRecord alert) =>
        (alert.State == AlertState.Raised ? 0 : alert.IsOpen ? Seen : Done) + (alert.Test ? NotLive : 0) + (Severity.Critical - alert.Severity);

    /// <summary>Of two urgencies, whatever their stage: 7 a live critical alert … 0 an informative one of a test.</summary>
    public static int Rank(long urgency) => (int)(Stage - 1 - (urgency % Stage));

    /// <summary>The severity within a rank.</summary>
    public static Severity SeverityOf(long rank) => (Severity)(rank % NotLive);
}
