namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>Shifts and reports.</summary>
    public const string Version6 = """
        SELECT 1;
        """;
}
