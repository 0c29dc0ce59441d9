namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>
    /// Incidents, maintenance windows, escalation; what an alert carries for them. <c>alerts.urgency</c> and <c>incidents.rank</c> are
    /// orders for indexes, see <see cref="AlertUrgency"/>. Alerts that are open when the step runs get their incidents here; those
    /// that were filed before have none.
    /// </summary>
    public const string Version3 = Carried + Moves + Incidents + MovesOfIncidents + Windows;

    /// <summary>The same without the moving of what older versions hold: there are none of them in PostgreSQL.</summary>
    public const string Version3WithoutMoves = Carried + Incidents + Windows;

    private const string Carried = """
        ALTER TABLE alerts ADD COLUMN cause TEXT;
        ALTER TABLE alerts ADD COLUMN occasion TEXT;
        ALTER TABLE alerts ADD COLUMN flapping INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE alerts ADD COLUMN subject TEXT;
        ALTER TABLE alerts ADD COLUMN urgency INTEGER NOT NULL DEFAULT 23;
        ALTER TABLE alerts ADD COLUMN raised_seq INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE alerts ADD COLUMN raised_revision INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE alerts ADD COLUMN waiting_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE transitions ADD COLUMN device TEXT;
        ALTER TABLE transitions ADD COLUMN incident TEXT;

        """;

    private const string Moves = """
        UPDATE alerts SET raised_seq = first_seq, waiting_since = raised_at, occasion = CASE test WHEN 0 THEN NULL ELSE 'test' END,
          urgency = CASE WHEN state = 'raised' THEN 0 WHEN state IN ('resolved', 'closed') THEN 16 ELSE 8 END + 4 * test
            + CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3 END;

        """;

    private const string Incidents = """
        CREATE TABLE incidents(
          id TEXT PRIMARY KEY, place TEXT NOT NULL, category TEXT NOT NULL, zone TEXT, rank INTEGER NOT NULL,
          opened_at INTEGER NOT NULL, last_at INTEGER NOT NULL, closed_at INTEGER, alerts INTEGER NOT NULL, open INTEGER NOT NULL,
          waiting INTEGER NOT NULL, live INTEGER NOT NULL, devices INTEGER NOT NULL, escalation INTEGER NOT NULL DEFAULT 0,
          first_seq INTEGER NOT NULL, raised_seq INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE incident_devices(incident TEXT NOT NULL, device TEXT NOT NULL, PRIMARY KEY(incident, device)) WITHOUT ROWID;
        CREATE TABLE incident_kinds(
          incident TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(incident, kind)) WITHOUT ROWID;

        """;

    private const string MovesOfIncidents = """
        UPDATE alerts SET incident = o.opened_by FROM (
          SELECT id, first_value(id) OVER (PARTITION BY place, category ORDER BY first_seq) AS opened_by FROM (
            SELECT id, first_seq, coalesce('zone/' || zone, 'device/' || device, 'city') AS place, CASE
              WHEN kind IN ('fire', 'fire-prealarm') THEN 'Fire' WHEN kind IN ('flood', 'flood-rise', 'rain', 'weather') THEN 'Met'
              WHEN kind IN ('air', 'gas') THEN 'Env' ELSE 'Infra' END AS category
            FROM alerts WHERE state NOT IN ('resolved', 'closed'))) AS o
          WHERE o.id = alerts.id;
        INSERT INTO incidents
          SELECT a.incident, coalesce('zone/' || f.zone, 'device/' || f.device, 'city'), CASE
              WHEN f.kind IN ('fire', 'fire-prealarm') THEN 'Fire' WHEN f.kind IN ('flood', 'flood-rise', 'rain', 'weather') THEN 'Met'
              WHEN f.kind IN ('air', 'gas') THEN 'Env' ELSE 'Infra' END, f.zone, 7 - min(a.urgency % 8),
            min(a.raised_at), max(a.raised_at), NULL, count(*), count(*), sum(a.state = 'raised'), sum(a.occasion IS NULL),
            count(DISTINCT a.device), 0, min(a.first_seq), max(a.raised_seq), max(a.last_seq)
          FROM alerts a JOIN alerts f ON f.id = a.incident WHERE a.incident IS NOT NULL GROUP BY a.incident;
        INSERT INTO incident_devices SELECT DISTINCT incident, device FROM alerts WHERE incident IS NOT NULL AND device IS NOT NULL;
        INSERT INTO incident_kinds SELECT incident, kind, count(*) FROM alerts WHERE incident IS NOT NULL GROUP BY incident, kind;
        UPDATE transitions SET incident = a.incident FROM alerts a WHERE a.id = transitions.alert AND a.incident IS NOT NULL;

        """;

    private const string Windows = """
        CREATE INDEX alerts_incident ON alerts(incident, urgency, first_seq) WHERE incident IS NOT NULL;
        CREATE INDEX alerts_subject ON alerts(subject, rule, measured_at) WHERE subject IS NOT NULL;
        CREATE INDEX alerts_occasion ON alerts(first_seq) WHERE occasion IS NOT NULL AND state NOT IN ('resolved', 'closed');
        CREATE INDEX transitions_incident ON transitions(incident, seq) WHERE incident IS NOT NULL;
        CREATE INDEX incidents_place ON incidents(place, category, first_seq);
        CREATE INDEX incidents_open ON incidents(rank, raised_seq) WHERE closed_at IS NULL;
        CREATE INDEX incidents_recent ON incidents(first_seq);
        CREATE INDEX incidents_waiting ON incidents(id) WHERE waiting > 0;

        CREATE TABLE maintenance(
          seq INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, target TEXT NOT NULL, mode TEXT NOT NULL,
          from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, note TEXT, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
          ended_at INTEGER, ended_by TEXT, end_note TEXT, settled INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX maintenance_unsettled ON maintenance(to_at) WHERE settled = 0;

        CREATE TABLE escalation(
          id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, rules TEXT NOT NULL, changed_at INTEGER NOT NULL,
          changed_by TEXT NOT NULL);
        """;
}
