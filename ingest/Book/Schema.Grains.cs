namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>
    /// What servers that share a book need to know of each other's grains: the number of the last commit of a server's lane, so that one whose answer was lost is known; and
    /// through which gateway a device is heard that nobody has registered, so that who takes the gateway finds it.
    /// </summary>
    public const string Version11 = """
        ALTER TABLE cursors ADD COLUMN said INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE grains ADD COLUMN heard_from TEXT;
        CREATE INDEX grains_heard ON grains(lane, heard_from) WHERE heard_from IS NOT NULL;
        """;
}
