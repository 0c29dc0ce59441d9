namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>Boundaries, runbooks and telephone numbers of zones.</summary>
    public const string Version5 = """
        SELECT 1;
        """;
}
