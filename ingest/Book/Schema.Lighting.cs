namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>
    /// Lighting: programmes, calendars, holidays, groups and settings, each a document with its revision (<c>body</c> is null once it is removed: revisions only
    /// grow, and the desired version is made from them), and overrides, which stay as the record of who asked for what.
    /// </summary>
    public const string Version8 = """
        CREATE TABLE lighting(
          kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT, body TEXT, revision INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL,
          PRIMARY KEY(kind, id)) WITHOUT ROWID;
        CREATE TABLE light_overrides(
          seq INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, level REAL NOT NULL, priority INTEGER NOT NULL,
          start_at INTEGER NOT NULL, expires_at INTEGER, reason TEXT, by TEXT NOT NULL, at INTEGER NOT NULL,
          ended_at INTEGER, ended_by TEXT);
        CREATE INDEX light_overrides_current ON light_overrides(seq) WHERE ended_at IS NULL;
        """;
}
