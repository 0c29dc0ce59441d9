using System.Data.Common;
using System.Text.Json;
using SmartCity.City;

namespace SmartCity.Ingest.Book;

/// <summary>Alerts and their transitions in tables.</summary>
internal static class AlertTables
{
    private const string Columns =
        """
        id, kind, severity, state, device, zone, location, rule, value, threshold, detail, measured_at, received_at, raised_at,
        historical, test, incident, assignee, acknowledged_by, acknowledged_at, cleared_at, escalation, escalated_at, revision,
        first_seq, last_seq, cause, occasion, flapping, subject, urgency, raised_seq, raised_revision, waiting_since
        """;

    private static readonly string[] SeverityNames = ["info", "minor", "major", "critical"];
    private static readonly string[] StateNames = ["raised", "acknowledged", "in-progress", "resolved", "closed"];

    /// <summary>The word of the contracts.</summary>
    public static string Word(this AlertState state) => StateNames[(int)state];

    /// <inheritdoc cref="Word(AlertState)"/>
    public static string Word(this Severity severity) => SeverityNames[(int)severity];

    /// <summary>The state of a word, or null.</summary>
    public static AlertState? StateOf(string word) => Array.IndexOf(StateNames, word) is >= 0 and var i ? (AlertState)i : null;

    public static AlertRecord? Find(this SqlSession sql, string id) => sql.First($"SELECT {Columns} FROM alerts WHERE id = $1", Read, id);

    /// <summary>Newest first, before event number <paramref name="before"/>.</summary>
    public static List<AlertRecord> List(this SqlSession sql, AlertFilter filter, long before, int limit)
    {
        const string Where =
            """
            first_seq < $1 AND (CAST($2 AS TEXT) IS NULL OR state = $2) AND (CAST($3 AS TEXT) IS NULL OR kind = $3)
            AND (CAST($4 AS TEXT) IS NULL OR device = $4)
            AND (CAST($5 AS TEXT) IS NULL OR zone = $5) ORDER BY first_seq DESC LIMIT $6
            """;
        var state = filter.State?.Word();
        return filter.OnlyOpen
            ? sql.Query($"SELECT {Columns} FROM alerts WHERE state NOT IN ('resolved', 'closed') AND {Where}", Read, before, state, filter.Kind, filter.Device, filter.Zone, limit)
            : sql.Query($"SELECT {Columns} FROM alerts WHERE {Where}", Read, before, state, filter.Kind, filter.Device, filter.Zone, limit);
    }

    /// <summary>The newest <paramref name="limit"/> steps of an alert, oldest first.</summary>
    public static List<AlertStep> Steps(this SqlSession sql, string alert, int limit)
    {
        var steps = sql.Query(
            "SELECT what, at, who, note, revision, device FROM transitions WHERE alert = $1 ORDER BY seq DESC LIMIT $2", ReadStep, alert, limit);
        steps.Reverse();
        return steps;
    }

    /// <summary>The first step by a person after <paramref name="revision"/>, or else the first step at all: who was first.</summary>
    public static AlertStep? FirstAfter(this SqlSession sql, string alert, long revision) => sql.First(
        "SELECT what, at, who, note, revision, device FROM transitions WHERE alert = $1 AND revision > $2 ORDER BY who IS NULL, seq LIMIT 1", ReadStep, alert, revision);

    /// <summary>The last step that brought the alert into its state.</summary>
    public static AlertStep? LastOf(this SqlSession sql, string alert, string what) => sql.First(
        "SELECT what, at, who, note, revision, device FROM transitions WHERE alert = $1 AND what = $2 ORDER BY seq DESC LIMIT 1", ReadStep, alert, what);

    public static bool Knows(this SqlSession sql, string alert, string cause) =>
        sql.Number("SELECT 1 FROM transitions WHERE alert = $1 AND cause = $2", alert, cause) is not null;

    /// <summary>Events after a number, in order.</summary>
    public static List<BookEvent> EventsAfter(this SqlSession sql, long sequence, int limit) => sql.Query(
        "SELECT seq, kind, event FROM transitions WHERE seq > $1 ORDER BY seq LIMIT $2",
        r => new BookEvent(r.GetInt64(0), r.GetString(1), r.GetFieldValue<byte[]>(2)),
        sequence,
        limit);

    /// <summary>Writes the alert as it is now and the step that brought it there, and counts it in its incident; tells the readers after the commit.</summary>
    public static AlertRecord Save(BookTransaction transaction, AlertRecord alert, string cause, AlertStep step, long recordedAt, BookEvents events)
    {
        var sequence = transaction.NextEvent();
        var waits = alert.State == AlertState.Raised && (alert.Was?.State != AlertState.Raised || step.What == "live");
        var saved = alert with
        {
            Revision = alert.Revision + 1,
            FirstSequence = alert.Revision == 0 ? sequence : alert.FirstSequence,
            LastSequence = sequence,
        };
        if (waits)
        {
            saved = saved with { RaisedSequence = sequence, RaisedRevision = saved.Revision, WaitingSince = recordedAt, Escalation = 0, EscalatedAt = null };
        }

        step = step with { Revision = saved.Revision };
        var json = JsonSerializer.SerializeToUtf8Bytes(AlertView.Of(saved) with { Transition = step, Event = sequence }, BookJson.Options);
        var sql = transaction.Sql;
        sql.Execute(
            $"""
            INSERT INTO alerts({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
              $27, $28, $29, $30, $31, $32, $33, $34)
            ON CONFLICT(id) DO UPDATE SET severity = $3, state = $4, value = $9, threshold = $10, detail = $11, historical = $15, test = $16,
              incident = $17, assignee = $18, acknowledged_by = $19, acknowledged_at = $20, cleared_at = $21, escalation = $22,
              escalated_at = $23, revision = $24, last_seq = $26, cause = $27, occasion = $28, flapping = $29, urgency = $31,
              raised_seq = $32, raised_revision = $33, waiting_since = $34
            """,
            saved.Id, saved.Kind, saved.Severity.Word(), saved.State.Word(), saved.Device, saved.Zone,
            saved.Location is null ? null : JsonSerializer.Serialize(saved.Location, BookJson.Options), saved.Rule, saved.Value, saved.Threshold,
            saved.Detail, saved.MeasuredAt, saved.ReceivedAt, saved.RaisedAt, saved.Historical, saved.Test, saved.Incident, saved.Assignee,
            saved.AcknowledgedBy, saved.AcknowledgedAt, saved.ClearedAt, saved.Escalation, saved.EscalatedAt, saved.Revision,
            saved.FirstSequence, saved.LastSequence, saved.Cause, saved.Occasion, saved.Flapping, saved.Subject, AlertUrgency.Of(saved),
            saved.RaisedSequence, saved.RaisedRevision, saved.WaitingSince);
        sql.Execute(
            """
            INSERT INTO transitions(seq, alert, cause, what, at, recorded_at, who, note, revision, kind, event, device, incident)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            sequence, saved.Id, cause, step.What, Instant.From(step.When), recordedAt, step.Who, step.Note, saved.Revision, saved.Kind, json, step.Device,
            saved.Incident);
        if (saved.Incident is not null)
        {
            transaction.Incidents.Count(saved, step, waits, recordedAt);
        }

        ZoneActs.Keep(transaction, saved, step, recordedAt, events);
        transaction.AfterCommit(() => events.Publish(new BookEvent(sequence, saved.Kind, json)));
        return saved with { Was = new AlertStanding(saved.State, saved.Occasion, saved.Incident) };
    }

    /// <summary>One step, of the columns what, at, who, note, revision, device.</summary>
    private static AlertStep ReadStep(DbDataReader r) =>
        new(r.GetString(0), Instant.ToMoment(r.GetInt64(1)), r.Text(2), r.Text(3), r.GetInt64(4)) { Device = r.Text(5) };

    /// <summary>The alerts of a condition over the table: <c>WHERE</c> and what follows.</summary>
    public static List<AlertRecord> Where(this SqlSession sql, string condition, params ReadOnlySpan<object?> values) =>
        sql.Query($"SELECT {Columns} FROM alerts WHERE {condition}", Read, values);

    private static AlertRecord Read(DbDataReader r)
    {
        var read = ReadRow(r);
        return read with { Was = new AlertStanding(read.State, read.Occasion, read.Incident) };
    }

    private static AlertRecord ReadRow(DbDataReader r) => new()
    {
        Id = r.GetString(0),
        Kind = r.GetString(1),
        Severity = Array.IndexOf(SeverityNames, r.GetString(2)) is >= 0 and var severity
            ? (Severity)severity
            : throw new BookException($"The book holds a severity it does not know: {r.GetString(2)}."),
        State = StateOf(r.GetString(3)) ?? throw new BookException($"The book holds a state of alert it does not know: {r.GetString(3)}."),
        Device = r.Text(4),
        Zone = r.Text(5),
        Location = r.Text(6) is { } location ? JsonSerializer.Deserialize<AlertLocation>(location, BookJson.Options) : null,
        Rule = r.GetString(7),
        Value = r.Real(8),
        Threshold = r.Real(9),
        Detail = r.Text(10),
        MeasuredAt = r.GetInt64(11),
        ReceivedAt = r.GetInt64(12),
        RaisedAt = r.GetInt64(13),
        Historical = r.Flag(14),
        Incident = r.Text(16),
        Assignee = r.Text(17),
        AcknowledgedBy = r.Text(18),
        AcknowledgedAt = r.Long(19),
        ClearedAt = r.Long(20),
        Escalation = r.GetInt64(21),
        EscalatedAt = r.Long(22),
        Revision = r.GetInt64(23),
        FirstSequence = r.GetInt64(24),
        LastSequence = r.GetInt64(25),
        Cause = r.Text(26),
        Occasion = r.Text(27),
        Flapping = r.Flag(28),
        Subject = r.Text(29),
        RaisedSequence = r.GetInt64(31),
        RaisedRevision = r.GetInt64(32),
        WaitingSince = r.GetInt64(33),
    };
}

/// <summary>Which alerts are wanted.</summary>
internal sealed record AlertFilter
{
    public bool OnlyOpen { get; init; }

    public AlertState? State { get; init; }

    public string? Kind { get; init; }

    public string? Device { get; init; }

    public string? Zone { get; init; }
}
