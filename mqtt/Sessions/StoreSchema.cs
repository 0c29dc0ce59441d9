namespace SmartCity.Mqtt;

/// <summary>The statements of the session store.</summary>
internal static class StoreSchema
{
    /// <summary>Held in <c>PRAGMA user_version</c>; a file of a later version is refused.</summary>
    public const int Version = 1;

    // synchronous=FULL: a commit is on disk when it returns (WAL with NORMAL is not). EXCLUSIVE: the file belongs to one process.
    public const string Pragmas =
        """
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        """;

    public const string Create =
        """
        CREATE TABLE sessions(
          id INTEGER PRIMARY KEY, client TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, expiry INTEGER NOT NULL,
          closed INTEGER, sent INTEGER NOT NULL DEFAULT 0,
          will_topic TEXT, will_payload BLOB, will_qos INTEGER, will_retain INTEGER, will_delay INTEGER, will_properties BLOB);
        CREATE TABLE subscriptions(
          session INTEGER NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, no_local INTEGER NOT NULL, as_published INTEGER NOT NULL,
          identifier INTEGER NOT NULL, PRIMARY KEY(session, filter)) WITHOUT ROWID;
        CREATE TABLE messages(
          id INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL, retain INTEGER NOT NULL,
          properties BLOB, arrived INTEGER NOT NULL);
        CREATE TABLE deliveries(
          session INTEGER NOT NULL, packet INTEGER NOT NULL, sequence INTEGER NOT NULL, message INTEGER NOT NULL, qos INTEGER NOT NULL,
          retain INTEGER NOT NULL, identifiers BLOB, released INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(session, packet)) WITHOUT ROWID;
        CREATE INDEX deliveries_message ON deliveries(message);
        CREATE TABLE inbound(session INTEGER NOT NULL, packet INTEGER NOT NULL, PRIMARY KEY(session, packet)) WITHOUT ROWID;
        CREATE TABLE retained(topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL, properties BLOB, arrived INTEGER NOT NULL) WITHOUT ROWID;
        PRAGMA user_version = 1;
        """;

    public const string OpenSession =
        """
        INSERT INTO sessions(id, client, version, expiry, closed, will_topic, will_payload, will_qos, will_retain, will_delay, will_properties)
        VALUES($a, $b, $c, $d, NULL, $e, $f, $g, $h, $i, $j)
        ON CONFLICT(id) DO UPDATE SET version = excluded.version, expiry = excluded.expiry, closed = NULL, will_topic = excluded.will_topic,
          will_payload = excluded.will_payload, will_qos = excluded.will_qos, will_retain = excluded.will_retain,
          will_delay = excluded.will_delay, will_properties = excluded.will_properties
        """;

    public const string CloseSession =
        "UPDATE sessions SET closed = $b, expiry = $c, sent = $e, will_topic = CASE $d WHEN 0 THEN NULL ELSE will_topic END WHERE id = $a";

    public const string DropWill = "UPDATE sessions SET will_topic = NULL WHERE id = $a";

    public const string PutSubscription = "INSERT OR REPLACE INTO subscriptions VALUES($a, $b, $c, $d, $e, $f)";

    public const string RemoveSubscription = "DELETE FROM subscriptions WHERE session = $a AND filter = $b";

    public const string PutMessage = "INSERT INTO messages VALUES($a, $b, $c, $d, $e, $f, $g)";

    // A session that ended while the message was on its way has no row any more, and gets none of it.
    public const string PutDelivery =
        "INSERT INTO deliveries(session, packet, sequence, message, qos, retain, identifiers) SELECT $a, $b, $c, $d, $e, $f, $g WHERE EXISTS(SELECT 1 FROM sessions WHERE id = $a)";

    public const string ReleaseDelivery = "UPDATE deliveries SET released = 1 WHERE session = $a AND packet = $b";

    public const string RemoveDelivery = "DELETE FROM deliveries WHERE session = $a AND packet = $b";

    public const string RemoveMessage = "DELETE FROM messages WHERE id = $a AND NOT EXISTS(SELECT 1 FROM deliveries WHERE message = $a)";

    public const string PutInbound = "INSERT OR REPLACE INTO inbound SELECT $a, $b WHERE EXISTS(SELECT 1 FROM sessions WHERE id = $a)";

    public const string RemoveInbound = "DELETE FROM inbound WHERE session = $a AND packet = $b";

    public const string PutRetained = "INSERT OR REPLACE INTO retained VALUES($a, $b, $c, $d, $e)";

    public const string RemoveRetained = "DELETE FROM retained WHERE topic = $a";

    /// <summary>Everything of one session, and the messages only it waited for.</summary>
    public static readonly string[] EndSession =
    [
        "DELETE FROM messages WHERE id IN (SELECT message FROM deliveries WHERE session = $a)"
            + " AND NOT EXISTS(SELECT 1 FROM deliveries d WHERE d.message = messages.id AND d.session <> $a)",
        "DELETE FROM deliveries WHERE session = $a",
        "DELETE FROM inbound WHERE session = $a",
        "DELETE FROM subscriptions WHERE session = $a",
        "DELETE FROM sessions WHERE id = $a",
    ];
}
