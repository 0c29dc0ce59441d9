namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>
    /// Servers of one city, and which of them holds a gateway's connection (<c>client</c>: its ClientID). <c>epoch</c> is a number that grows with every change of holder, over all
    /// sessions. A position counts within the log of one server, so cursors and grains say whose; '' is a server that is alone.
    /// </summary>
    public const string Version10 = """
        CREATE TABLE servers(
          name TEXT PRIMARY KEY, incarnation INTEGER NOT NULL, url TEXT, ca TEXT NOT NULL, log TEXT NOT NULL, program TEXT NOT NULL,
          started_at INTEGER NOT NULL, beat_at INTEGER NOT NULL, fenced INTEGER NOT NULL DEFAULT 0, leader INTEGER NOT NULL DEFAULT 0,
          draining INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE gateway_sessions(
          client TEXT PRIMARY KEY, server TEXT NOT NULL, epoch INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX gateway_sessions_epoch ON gateway_sessions(epoch);

        ALTER TABLE cursors RENAME TO cursors_of_one;
        CREATE TABLE cursors(
          server TEXT NOT NULL, lane INTEGER NOT NULL, log TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY(server, lane)) WITHOUT ROWID;
        INSERT INTO cursors(server, lane, log, position) SELECT '', lane, log, position FROM cursors_of_one;
        DROP TABLE cursors_of_one;

        ALTER TABLE ledger_cursor RENAME TO ledger_cursor_of_one;
        CREATE TABLE ledger_cursor(
          server TEXT PRIMARY KEY, log TEXT NOT NULL, position INTEGER NOT NULL, since INTEGER NOT NULL, read_to INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO ledger_cursor(server, log, position, since, read_to) SELECT '', log, position, since, read_to FROM ledger_cursor_of_one;
        DROP TABLE ledger_cursor_of_one;

        ALTER TABLE grains ADD COLUMN server TEXT NOT NULL DEFAULT '';
        ALTER TABLE grains ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
        """;

    /// <summary>Where the grains of a server live; NULL: of a program that did not say it.</summary>
    public const string Version12 = "ALTER TABLE servers ADD COLUMN flavour TEXT;";
}
