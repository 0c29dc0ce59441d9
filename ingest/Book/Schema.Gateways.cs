namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>The last acts of officers that the gateways of a fire zone must hear of.</summary>
    public const string Version7 = """
        CREATE TABLE zone_acts(
          place TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL, reset INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
        """;
}
