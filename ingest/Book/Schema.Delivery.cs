namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>
    /// Webhooks, their cursors and dead letters; on-call rotas. There is no outbox beside the transitions: a webhook's cursor over them
    /// is its outbox, so what is in the book is due by construction. No secret is here, only which generation of it is in force.
    /// </summary>
    public const string Version4 = """
        CREATE TABLE webhooks(
          id TEXT PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, kinds TEXT, severities TEXT, steps TEXT,
          enabled INTEGER NOT NULL, generation INTEGER NOT NULL DEFAULT 1, rotated_at INTEGER,
          position INTEGER NOT NULL, delivered INTEGER NOT NULL DEFAULT 0, evicted INTEGER NOT NULL DEFAULT 0,
          last_delivered_at INTEGER, last_status INTEGER, last_error TEXT, failing_since INTEGER,
          created_by TEXT NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE dead_letters(
          webhook TEXT NOT NULL REFERENCES webhooks(id) ON DELETE CASCADE, event INTEGER NOT NULL,
          state TEXT NOT NULL, attempts INTEGER NOT NULL, died_at INTEGER NOT NULL, status INTEGER, error TEXT,
          PRIMARY KEY(webhook, event)) WITHOUT ROWID;
        CREATE TABLE rotas(
          id TEXT PRIMARY KEY, name TEXT NOT NULL, members TEXT NOT NULL, start INTEGER NOT NULL, turn_hours INTEGER NOT NULL,
          overrides TEXT NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
        """;
}
