namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>Boundaries, runbooks and telephone numbers of zones.</summary>
    public const string Version5 = """
        ALTER TABLE zones ADD COLUMN boundary TEXT;
        ALTER TABLE zones ADD COLUMN runbook TEXT;
        ALTER TABLE zones ADD COLUMN phones TEXT;
        """;
}
