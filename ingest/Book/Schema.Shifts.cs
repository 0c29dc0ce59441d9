namespace SmartCity.Ingest.Book;

internal static partial class Schema
{
    /// <summary>Kinds of danger whose messages go out as CAP, as the index below has them; a test holds them to the list that the program uses.</summary>
    public const string DangerKinds = "('air', 'fire', 'fire-prealarm', 'flood', 'flood-rise', 'gas', 'rain', 'weather')";

    /// <summary>Shifts and reports.</summary>
    public const string Version6 =
        $"""
        CREATE TABLE shifts(
          id INTEGER PRIMARY KEY AUTOINCREMENT, officer TEXT NOT NULL, began_at INTEGER NOT NULL, ended_at INTEGER,
          note TEXT, took_over INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX shifts_running ON shifts(ended_at IS NULL) WHERE ended_at IS NULL;
        CREATE INDEX transitions_alert ON transitions(alert, seq);
        CREATE INDEX transitions_danger ON transitions(seq, alert) WHERE kind IN {DangerKinds};
        CREATE INDEX transitions_act ON transitions(who, recorded_at) WHERE who IS NOT NULL;
        CREATE INDEX alerts_raised ON alerts(raised_at, first_seq);
        CREATE INDEX alerts_silent ON alerts(cleared_at, first_seq) WHERE kind = 'silence';
        """;
}
