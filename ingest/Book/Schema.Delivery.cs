namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>Webhooks, their cursors and dead letters; on-call rotas.</summary>
    public const string Version4 = """
        SELECT 1;
        """;
}
