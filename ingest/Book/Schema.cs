namespace SmartCity.Ingest.Book;

/// <summary>The tables. Times are nanoseconds since 1970; secrets are kept as SHA-256 or the framework's password hash only.</summary>
internal static partial class Schema
{
    public const string Version1 = """
        CREATE TABLE zones(
          id TEXT PRIMARY KEY, name TEXT, kind TEXT, ward TEXT, lat REAL, lon REAL, settings TEXT,
          state TEXT NOT NULL, revision INTEGER NOT NULL, changed_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE streets(
          id TEXT PRIMARY KEY, name TEXT, ward TEXT, line TEXT,
          state TEXT NOT NULL, revision INTEGER NOT NULL, changed_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE gateways(
          id TEXT PRIMARY KEY, name TEXT, zone TEXT, street TEXT, lat REAL, lon REAL,
          state TEXT NOT NULL, revision INTEGER NOT NULL, changed_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE devices(
          id TEXT PRIMARY KEY, kind TEXT NOT NULL, gateway TEXT, zone TEXT, street TEXT, name TEXT,
          lat REAL, lon REAL, thresholds TEXT, registered INTEGER NOT NULL, replaced_by TEXT,
          state TEXT NOT NULL, revision INTEGER NOT NULL, changed_at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE audit(
          seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL,
          target TEXT NOT NULL, detail TEXT);
        CREATE INDEX audit_target ON audit(target, seq);

        CREATE TABLE alerts(
          id TEXT PRIMARY KEY, kind TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
          device TEXT, zone TEXT, location TEXT, rule TEXT NOT NULL, value REAL, threshold REAL, detail TEXT,
          measured_at INTEGER NOT NULL, received_at INTEGER NOT NULL, raised_at INTEGER NOT NULL,
          historical INTEGER NOT NULL, test INTEGER NOT NULL DEFAULT 0, incident TEXT, assignee TEXT,
          acknowledged_by TEXT, acknowledged_at INTEGER, cleared_at INTEGER,
          escalation INTEGER NOT NULL DEFAULT 0, escalated_at INTEGER,
          revision INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL);
        CREATE INDEX alerts_recent ON alerts(first_seq DESC);
        CREATE INDEX alerts_open ON alerts(first_seq DESC) WHERE state NOT IN ('resolved', 'closed');
        CREATE INDEX alerts_device ON alerts(device, first_seq DESC);

        CREATE TABLE transitions(
          seq INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL REFERENCES alerts(id), cause TEXT NOT NULL,
          what TEXT NOT NULL, at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, who TEXT, note TEXT,
          revision INTEGER NOT NULL, kind TEXT NOT NULL, event BLOB NOT NULL, UNIQUE(alert, cause));

        CREATE TABLE grains(
          lane INTEGER NOT NULL, grain TEXT NOT NULL, position INTEGER NOT NULL, state BLOB NOT NULL,
          PRIMARY KEY(lane, grain)) WITHOUT ROWID;
        CREATE TABLE cursors(lane INTEGER PRIMARY KEY, log TEXT NOT NULL, position INTEGER NOT NULL);

        CREATE TABLE users(
          name TEXT PRIMARY KEY, password TEXT, roles TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
          created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE sessions(
          token BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE, created_at INTEGER NOT NULL,
          seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, remote TEXT) WITHOUT ROWID;
        CREATE INDEX sessions_user ON sessions(user, seen_at);
        CREATE TABLE login_codes(
          code BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
          expires_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE api_keys(
          id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL UNIQUE, scopes TEXT NOT NULL, created_by TEXT NOT NULL,
          created_at INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER, revoked_at INTEGER) WITHOUT ROWID;

        CREATE TABLE enrolments(
          code BLOB PRIMARY KEY, gateway TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
          expires_at INTEGER NOT NULL, used_at INTEGER, wrong INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE INDEX enrolments_gateway ON enrolments(gateway);
        CREATE TABLE certificates(
          serial TEXT PRIMARY KEY, gateway TEXT NOT NULL, fingerprint TEXT NOT NULL, issued_at INTEGER NOT NULL,
          expires_at INTEGER NOT NULL, revoked_at INTEGER, revoked_by TEXT) WITHOUT ROWID;
        CREATE INDEX certificates_gateway ON certificates(gateway);

        CREATE TABLE commands(
          seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, device TEXT NOT NULL, gateway TEXT NOT NULL,
          command TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, issued_by TEXT NOT NULL,
          status TEXT NOT NULL, detail TEXT, finished_at INTEGER);
        CREATE INDEX commands_device ON commands(device, seq DESC);
        CREATE INDEX commands_waiting ON commands(gateway, seq) WHERE status IN ('stored', 'sent');
        """;

    /// <summary>What each gateway reported last of its lamps and its desired version.</summary>
    public const string Version2 = """
        CREATE TABLE reports(
          gateway TEXT PRIMARY KEY, version INTEGER NOT NULL, refused INTEGER, refused_why TEXT,
          received_at INTEGER NOT NULL, lamps TEXT NOT NULL) WITHOUT ROWID;
        """;
}
