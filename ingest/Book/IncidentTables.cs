using System.Data.Common;

namespace SmartCity.Ingest.Book;

/// <summary>Incidents in tables.</summary>
internal static class IncidentTables
{
    private const string Columns =
        """
        id, place, category, zone, rank, opened_at, last_at, closed_at, alerts, open, waiting, live, devices, escalation, first_seq,
        raised_seq, revision
        """;

    public static IncidentRecord? FindIncident(this SqlSession sql, string id) => sql.First($"SELECT {Columns} FROM incidents WHERE id = $1", Read, id);

    /// <summary>The one that was opened last at a place, or null.</summary>
    public static IncidentRecord? NewestIncident(this SqlSession sql, string place, string category) => sql.First(
        $"SELECT {Columns} FROM incidents WHERE place = $1 AND category = $2 ORDER BY first_seq DESC LIMIT 1", Read, place, category);

    /// <summary>Open ones, the worst first and of those the newest, behind (rank, raised) of the page before.</summary>
    public static List<IncidentRecord> OpenIncidents(this SqlSession sql, string? zone, (long Rank, long Raised) after, int limit) => sql.Query(
        $"""
        SELECT {Columns} FROM incidents WHERE closed_at IS NULL AND (rank, raised_seq) < ($1, $2) AND (CAST($3 AS TEXT) IS NULL OR zone = $3)
        ORDER BY rank DESC, raised_seq DESC LIMIT $4
        """,
        Read, after.Rank, after.Raised, zone, limit);

    /// <summary>All, newest first, opened before event number <paramref name="before"/>.</summary>
    public static List<IncidentRecord> AllIncidents(this SqlSession sql, string? zone, long before, int limit) => sql.Query(
        $"SELECT {Columns} FROM incidents WHERE first_seq < $1 AND (CAST($2 AS TEXT) IS NULL OR zone = $2) ORDER BY first_seq DESC LIMIT $3", Read, before, zone, limit);

    /// <summary>Its alert to look at first: one that waits before one that somebody has seen, live before test, worst, oldest.</summary>
    public static AlertRecord? Lead(this SqlSession sql, string incident) =>
        sql.Where("incident = $1 ORDER BY urgency, first_seq LIMIT 1", incident).FirstOrDefault();

    /// <summary>Its alerts, the most urgent first.</summary>
    public static List<AlertRecord> AlertsOf(this SqlSession sql, string incident, int limit) =>
        sql.Where("incident = $1 ORDER BY urgency, first_seq LIMIT $2", incident, limit);

    /// <summary>Its alerts that wait and were raised up to event number <paramref name="upTo"/>, the most urgent first.</summary>
    public static List<AlertRecord> WaitingOf(this SqlSession sql, string incident, long upTo, int limit) => sql.Where(
        "incident = $1 AND urgency < $2 AND raised_seq <= $3 ORDER BY urgency, first_seq LIMIT $4", incident, AlertUrgency.Seen, upTo, limit);

    /// <summary>How many alerts of which kind.</summary>
    public static Dictionary<string, long> KindsOf(this SqlSession sql, string incident) => sql
        .Query("SELECT kind, count FROM incident_kinds WHERE incident = $1 ORDER BY count DESC, kind LIMIT 100", r => (r.GetString(0), r.GetInt64(1)), incident)
        .ToDictionary(k => k.Item1, k => k.Item2, StringComparer.Ordinal);

    /// <summary>Devices that its alerts spoke of, by id.</summary>
    public static List<string> DevicesOf(this SqlSession sql, string incident, int limit) => sql.Query(
        "SELECT device FROM incident_devices WHERE incident = $1 ORDER BY device LIMIT $2", r => r.GetString(0), incident, limit);

    /// <summary>The newest <paramref name="limit"/> steps of all its alerts, oldest first.</summary>
    public static List<IncidentStep> TimelineOf(this SqlSession sql, string incident, int limit)
    {
        var steps = sql.Query(
            """
            SELECT alert, kind, device, what, at, who, note, seq FROM transitions WHERE incident = $1 ORDER BY seq DESC LIMIT $2
            """,
            r => new IncidentStep(r.GetString(0), r.GetString(1), r.Text(2), r.GetString(3), Instant.ToMoment(r.GetInt64(4)), r.Text(5), r.Text(6), r.GetInt64(7)),
            incident,
            limit);
        steps.Reverse();
        return steps;
    }

    /// <summary>Who acted on it last: after event number <paramref name="after"/>, or else at all.</summary>
    public static AlertStep? LastAct(this SqlSession sql, string incident, long after) => sql.First(
        """
        SELECT what, at, who, note, revision FROM transitions WHERE incident = $1 AND who IS NOT NULL
        ORDER BY seq > $2 DESC, CASE WHEN seq > $2 THEN seq ELSE -seq END LIMIT 1
        """,
        r => new AlertStep(r.GetString(0), Instant.ToMoment(r.GetInt64(1)), r.Text(2), r.Text(3), r.GetInt64(4)),
        incident,
        after);

    public static void Write(SqlSession sql, IncidentRecord i) => sql.Execute(
        $"""
        INSERT INTO incidents({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT(id) DO UPDATE SET rank = $5, last_at = $7, closed_at = $8, alerts = $9, open = $10, waiting = $11, live = $12,
          devices = $13, escalation = $14, raised_seq = $16, revision = $17
        """,
        i.Id, i.Place, i.Category, i.Zone, i.Rank, i.OpenedAt, i.LastAt, i.ClosedAt, i.Alerts, i.Open, i.Waiting, i.Live, i.Devices,
        i.Escalation, i.FirstSequence, i.RaisedSequence, i.Revision);

    private static IncidentRecord Read(DbDataReader r) => new()
    {
        Id = r.GetString(0),
        Place = r.GetString(1),
        Category = r.GetString(2),
        Zone = r.Text(3),
        Rank = r.GetInt32(4),
        OpenedAt = r.GetInt64(5),
        LastAt = r.GetInt64(6),
        ClosedAt = r.Long(7),
        Alerts = r.GetInt64(8),
        Open = r.GetInt64(9),
        Waiting = r.GetInt64(10),
        Live = r.GetInt64(11),
        Devices = r.GetInt64(12),
        Escalation = r.GetInt64(13),
        FirstSequence = r.GetInt64(14),
        RaisedSequence = r.GetInt64(15),
        Revision = r.GetInt64(16),
    };
}
