namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>Incidents, maintenance windows, escalation; what an alert carries for them.</summary>
    public const string Version3 = """
        SELECT 1;
        """;
}
